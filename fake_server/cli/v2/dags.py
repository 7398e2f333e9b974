"""``airflow dags …``: DAGs and their runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from fake_server.airflow.dags import DAG
from fake_server.airflow.errors import DagNotFound
from fake_server.airflow.file_tokens import file_token
from fake_server.cli.dag_selection import broken_files, dags_below
from fake_server.cli.failures import Crash
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v2.dag_files import find_dag, log_parsing, stored_dag


def list_dags(invocation: Invocation) -> None:
    """Show the DAGs of the folder, or of the part of it that ``--subdir`` names."""
    arguments, airflow = invocation.arguments, invocation.airflow
    if not airflow.version.command_output.lists_dags_like_api:
        _list_in_own_words(invocation)
        return
    wanted = [name for name in arguments.columns if name in COLUMNS]
    unknown = [name for name in arguments.columns if name not in COLUMNS]
    if unknown:
        invocation.complain(
            f"Error: Ignoring the following invalid columns: {unknown}.  List of valid columns: {list(COLUMNS)}"
        )
    _complain_of_broken_files(invocation)
    rows = []
    for dag in dags_below(invocation, arguments.subdir):
        columns = COLUMNS if dag.dag_id in airflow.dags else UNSTORED_COLUMNS
        rows.append({name: columns[name](dag) for name in wanted})
    invocation.print_rows(rows)


def _list_in_own_words(invocation: Invocation) -> None:
    _complain_of_broken_files(invocation)
    root = invocation.airflow.config.get("core", "dags_folder")
    invocation.print_rows(
        [
            {
                "dag_id": dag.dag_id,
                "filepath": dag.fileloc.removeprefix(f"{root}/"),
                "owner": ", ".join(dag.owners),
                "paused": dag.is_paused if dag.dag_id in invocation.airflow.dags else None,
            }
            for dag in dags_below(invocation, invocation.arguments.subdir)
        ]
    )


def _complain_of_broken_files(invocation: Invocation) -> None:
    if broken_files(invocation, invocation.arguments.subdir):
        invocation.complain("Error: Failed to load all files. For details, run `airflow dags list-import-errors`")


def details(invocation: Invocation) -> None:
    """Show everything that the database has of a DAG."""
    dag = stored_dag(invocation, invocation.arguments.dag_id)
    version = invocation.airflow.version
    row = {
        name: column(dag)
        for name, column in COLUMNS.items()
        if name not in _LATER_COLUMNS or version.is_at_least(_LATER_COLUMNS[name])
    }
    if invocation.arguments.output in ("table", "plain"):
        invocation.print_rows([{"property_name": name, "property_value": value} for name, value in row.items()])
    else:
        invocation.print_rows([row])


def list_import_errors(invocation: Invocation) -> int:
    """Show the files that cannot be imported; exit code 1 when there are some."""
    errors = broken_files(invocation, invocation.arguments.subdir)
    invocation.print_rows([{"filepath": path, "error": error} for path, error in errors.items()])
    return 1 if errors else 0


def report(invocation: Invocation) -> None:
    """Show what each DAG file holds and how long it took to load, which here is a millisecond for each task."""
    folder = invocation.arguments.subdir
    files: dict[str, list[DAG]] = {path: [] for path in broken_files(invocation, folder)}
    for dag in dags_below(invocation, folder):
        files.setdefault(dag.fileloc, []).append(dag)
    root = invocation.airflow.config.get("core", "dags_folder")
    tasks = {path: sum(len(dag.tasks) for dag in dags) for path, dags in files.items()}
    invocation.print_rows(
        [
            {
                "file": path.removeprefix(root),
                "duration": timedelta(microseconds=1_001 * (1 + tasks[path])),
                "dag_num": len(files[path]),
                "task_num": tasks[path],
                "dags": [dag.dag_id for dag in files[path]],
            }
            for path in sorted(files, key=lambda path: tasks[path], reverse=True)
        ]
    )


def reserialize(invocation: Invocation) -> None:
    """Parse the files and store the DAGs anew. What ``--clear-only`` removes has no use here and is not kept."""
    if invocation.arguments.clear_only:
        return
    airflow = invocation.airflow
    log_parsing(invocation, invocation.arguments.subdir)
    dags = dags_below(invocation, invocation.arguments.subdir)
    invocation.log("dag.py:3239", f"Sync {len(dags)} DAGs")
    for dag in dags:
        if dag.dag_id not in airflow.dags:
            airflow.add_dag(dag)
        following = dag.next_interval
        start, end = (following.start, following.end) if following is not None else (None, None)
        shown = [
            moment.isoformat(sep=airflow.version.date_separator) if moment is not None else None
            for moment in (start, end)
        ]
        invocation.log("dag.py:4180", f"Setting next_dagrun for {dag.dag_id} to {shown[0]}, run_after={shown[1]}")


def next_execution(invocation: Invocation) -> None:
    """Print when a DAG runs next, as many times as asked for."""
    dag = find_dag(invocation, invocation.arguments.dag_id)
    if dag.dag_id not in invocation.airflow.dags:
        # Its file is still there.
        raise Crash("sqlalchemy.exc.NoResultFound", "No row was found when one was required")
    if dag.is_paused:
        invocation.warn("[INFO] Please be reminded this DAG is PAUSED now.")
    interval = dag.next_interval
    if invocation.airflow.version.command_output.next_execution_follows_run:
        runs = sorted(invocation.airflow.runs.of(dag.dag_id), key=lambda run: run.logical_date)
        if not runs:
            invocation.warn("[WARN] Only applicable when there is execution record found for the DAG.")
            invocation.print("None")
            return
        interval = dag.timetable.next_interval(runs[-1].data_interval, invocation.airflow.clock.now(), True)
    for _ in range(invocation.arguments.num_executions):
        if interval is None:
            invocation.warn(
                "[WARN] No following schedule can be found. This DAG may have schedule interval '@once' or `None`."
            )
            invocation.print("None")
        else:
            invocation.print(interval.start.isoformat())
            interval = dag.timetable.next_interval(interval, invocation.airflow.clock.now(), True)


def delete(invocation: Invocation) -> None:
    """Remove a DAG with its runs from the database; its file stays."""
    dag_id = invocation.arguments.dag_id
    log_api_client(invocation)
    question = "This will drop all existing records related to the specified DAG. Proceed? (y/n)"
    if not invocation.arguments.yes and invocation.ask(question).upper() != "Y":
        invocation.print("Cancelled")
        return
    invocation.log("delete_dag.py:54", f"Deleting DAG: {dag_id}")
    try:
        count = invocation.airflow.delete_dag(dag_id)
    except DagNotFound as error:
        raise Crash(error.exception_name, f"Dag id {dag_id} not found") from None
    invocation.print(f"Removed {count} record(s)")


def state(invocation: Invocation) -> None:
    """Print the state of the run with a logical date, and its conf if there is one."""
    arguments, airflow = invocation.arguments, invocation.airflow
    dag = stored_dag(invocation, arguments.dag_id)
    run = airflow.runs.at(dag.dag_id, arguments.execution_date)
    conf = f", {json.dumps(run.conf)}" if run is not None and run.conf else ""
    invocation.print(f"{run.state if run is not None else None}{conf}")


def list_runs(invocation: Invocation) -> None:
    """Show the runs of a DAG, newest first."""
    arguments = invocation.arguments
    dag = stored_dag(invocation, arguments.dag_id)
    runs = [
        run
        for run in invocation.airflow.runs.of(dag.dag_id)
        if (arguments.state is None or run.state == arguments.state)
        and not (arguments.no_backfill and run.run_type == "backfill")
        and (arguments.start_date is None or run.logical_date >= arguments.start_date)
        and (arguments.end_date is None or run.logical_date <= arguments.end_date)
    ]
    runs.sort(key=lambda run: run.logical_date, reverse=True)
    invocation.print_rows(
        [
            {
                "dag_id": run.dag_id,
                "run_id": run.run_id,
                "state": run.state,
                "execution_date": run.logical_date.isoformat(),
                "start_date": run.start_date.isoformat() if run.start_date else "",
                "end_date": run.end_date.isoformat() if run.end_date else "",
            }
            for run in runs
        ]
    )


def log_api_client(invocation: Invocation) -> None:
    """What commands log that go through Airflow's own API client: the backends that it loaded."""
    for backend in invocation.airflow.config.auth_backends():
        if invocation.airflow.version.logs_backend_modules:
            file = f"{invocation.installation.packages}/{backend.replace('.', '/')}.py"
            invocation.log("__init__.py:38", f"Loaded API auth backend: <module {backend!r} from {file!r}>")
        else:
            invocation.log("__init__.py:43", f"Loaded API auth backend: {backend}")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _next(dag: DAG, side: Literal["start", "end"]) -> datetime | None:
    return getattr(dag.next_interval, side, None)


#: What is shown of a DAG, in the order of ``dags details``.
COLUMNS: dict[str, Callable[[DAG], Any]] = {
    "dag_id": lambda dag: dag.dag_id,
    "dag_display_name": lambda dag: dag.display_name or dag.dag_id,
    "root_dag_id": lambda _: None,
    "is_paused": lambda dag: dag.is_paused,
    "is_active": lambda dag: dag.is_active,
    "is_subdag": lambda _: False,
    "last_parsed_time": lambda dag: _iso(dag.last_parsed_time),
    "last_pickled": lambda _: None,
    "last_expired": lambda _: None,
    "scheduler_lock": lambda _: None,
    "pickle_id": lambda _: None,
    "default_view": lambda dag: dag.default_view,
    "fileloc": lambda dag: dag.fileloc,
    "file_token": lambda dag: file_token(dag.fileloc),
    "owners": lambda dag: list(dag.owners),
    "description": lambda dag: dag.description,
    "schedule_interval": lambda dag: dag.timetable.as_json(),
    "timetable_description": lambda dag: dag.timetable.description,
    "tags": lambda dag: [{"name": tag} for tag in dag.tags],
    "max_active_tasks": lambda dag: dag.max_active_tasks,
    "max_active_runs": lambda dag: dag.max_active_runs,
    "max_consecutive_failed_dag_runs": lambda dag: dag.max_consecutive_failed_dag_runs,
    "has_task_concurrency_limits": lambda _: False,
    "has_import_errors": lambda dag: dag.has_import_errors,
    "next_dagrun": lambda dag: _iso(_next(dag, "start")),
    "next_dagrun_data_interval_start": lambda dag: _iso(_next(dag, "start")),
    "next_dagrun_data_interval_end": lambda dag: _iso(_next(dag, "end")),
    "next_dagrun_create_after": lambda dag: _iso(dag.next_dagrun_create_after),
}

#: Columns of ``dags details`` to the version that has them first.
_LATER_COLUMNS = {"dag_display_name": "2.9.2", "max_consecutive_failed_dag_runs": "2.9.2"}

#: What is shown of a DAG that stands in a file but not in the database.
UNSTORED_COLUMNS: dict[str, Callable[[DAG], Any]] = {
    **COLUMNS,
    "is_paused": lambda _: None,
    "is_active": lambda _: None,
    "owners": lambda dag: ", ".join(dag.owners),
}

HANDLERS: dict[str, Handler] = {
    "dags delete": delete,
    "dags details": details,
    "dags list": list_dags,
    "dags list-import-errors": list_import_errors,
    "dags list-runs": list_runs,
    "dags next-execution": next_execution,
    "dags report": report,
    "dags reserialize": reserialize,
    "dags state": state,
}
