"""DAGs and their runs."""

from __future__ import annotations

import json

from fake_server.airflow.dags import DAG
from fake_server.airflow.errors import DagNotFound
from fake_server.cli.dag_selection import broken_files
from fake_server.cli.failures import Crash
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v1_10.dag_files import (
    dags_folder,
    find_dag,
    log_executor,
    log_parsing,
    parsed_dags,
    subdir,
)

_RULE = "-" * 67
_LONG_RULE = "-" * 120
#: "state_date" is Airflow's own slip.
_RUN_COLUMNS = ("id", "run_id", "state", "execution_date", "state_date")


def list_dags(invocation: Invocation) -> None:
    """Print the ids of the DAGs below a folder, and with ``--report`` what each file holds."""
    dags = parsed_dags(invocation)
    ids = "\n".join(dag.dag_id for dag in dags)
    invocation.print(f"\n\n{_RULE}\nDAGS\n{_RULE}\n{ids}\n")
    if invocation.arguments.report:
        _report(invocation, dags)


def list_dag_runs(invocation: Invocation) -> None:
    """Print the runs of a DAG, newest first."""
    arguments, airflow = invocation.arguments, invocation.airflow
    dag_id = arguments.dag_id
    log_parsing(invocation, dags_folder(airflow))
    if dag_id not in airflow.dag_folder:
        raise Crash("airflow.exceptions.AirflowException", f"Dag id {dag_id} not found")
    state = arguments.state.lower() if arguments.state else None
    runs = [
        run
        for run in sorted(airflow.runs.of(dag_id), key=lambda run: run.logical_date, reverse=True)
        if (state is None or run.state == state) and not (arguments.no_backfill and run.run_id.startswith("backfill_"))
    ]
    if not runs:
        invocation.print(f"No dag runs for {dag_id}")
    invocation.print(f"\n\n{_LONG_RULE}\nDAG RUNS\n{_LONG_RULE}\n{_run_row(*_RUN_COLUMNS)}\n")
    for run in runs:
        start = run.start_date.isoformat() if run.start_date else ""
        invocation.print(_run_row(str(run.id), run.run_id, str(run.state), run.logical_date.isoformat(), start))


def dag_state(invocation: Invocation) -> None:
    """Print the state of the run with a date."""
    arguments = invocation.arguments
    dag = find_dag(invocation, arguments.dag_id)
    run = invocation.airflow.runs.at(dag.dag_id, arguments.execution_date)
    invocation.print(str(run.state if run is not None else None))


def next_execution(invocation: Invocation) -> None:
    """Print the date of the schedule that follows the latest run."""
    dag = find_dag(invocation, invocation.arguments.dag_id)
    if dag.is_paused:
        invocation.print("[INFO] Please be reminded this DAG is PAUSED now.")
    latest = max((run.logical_date for run in invocation.airflow.runs.of(dag.dag_id)), default=None)
    following = None
    if latest is None:
        invocation.print("[WARN] Only applicable when there is execution record found for the DAG.")
    else:
        following = dag.timetable.following(latest)
        if following is None:
            invocation.print(
                "[WARN] No following schedule can be found. This DAG may have schedule interval '@once' or `None`."
            )
    invocation.print(str(following))


def trigger_dag(invocation: Invocation) -> None:
    """Make a run."""
    arguments, airflow = invocation.arguments, invocation.airflow
    airflow.get_dag(arguments.dag_id)
    log_executor(invocation)
    given = arguments.exec_date
    moment = (given or airflow.clock.now()).replace(microsecond=0)
    try:
        run = airflow.trigger_dag(arguments.dag_id, run_id=arguments.run_id, logical_date=moment, conf=arguments.conf)
    except json.JSONDecodeError as error:
        raise Crash("json.decoder.JSONDecodeError", str(error)) from None
    # A date that was given is shown as it came out of the parser, with a "T".
    shown = moment.isoformat(sep=" " if given is None else "T")
    invocation.print(f"Created {run.text_1_10(shown)}")


def pause(invocation: Invocation) -> None:
    """Pause a DAG."""
    _set_paused(invocation, True)


def unpause(invocation: Invocation) -> None:
    """Let a DAG run again."""
    _set_paused(invocation, False)


def delete_dag(invocation: Invocation) -> None:
    """Remove a DAG with its runs from the database; its file stays."""
    dag_id = invocation.arguments.dag_id
    question = "This will drop all existing records related to the specified DAG. Proceed? (y/n)"
    if not invocation.arguments.yes and invocation.ask(question).upper() != "Y":
        invocation.print("Bail.")
        return
    invocation.log("delete_dag.py:44", f"Deleting DAG: {dag_id}")
    try:
        count = invocation.airflow.delete_dag(dag_id)
    except DagNotFound as error:
        raise Crash(error.exception_name, f"Dag id {dag_id} not found") from None
    invocation.print(f"Removed {count} record(s)")


def _set_paused(invocation: Invocation, is_paused: bool) -> None:
    dag_id, airflow = invocation.arguments.dag_id, invocation.airflow
    dag = airflow.dags.get(dag_id)
    if dag is None:
        raise Crash("AttributeError", "'NoneType' object has no attribute 'set_is_paused'")
    log_parsing(invocation, dag.fileloc)
    airflow.set_paused(dag, is_paused)
    invocation.print(f"Dag: {dag_id}, paused: {is_paused}")


def _run_row(number: str, run_id: str, state: str, date: str, start: str) -> str:
    return f"{number:<3} | {run_id:<20} | {state:<10} | {date:<20} | {start:<20} |"


def _report(invocation: Invocation, dags: list[DAG]) -> None:
    """Print what each DAG file holds and how long it took to load, which here is a millisecond for each task."""
    place = subdir(invocation)
    files: dict[str, list[DAG]] = {path: [] for path in broken_files(invocation, place)}
    for dag in dags:
        files.setdefault(dag.fileloc, []).append(dag)
    tasks = {path: sum(len(dag.tasks) for dag in found) for path, found in files.items()}
    durations = {path: round(0.001001 * (1 + count), 6) for path, count in tasks.items()}
    root = dags_folder(invocation.airflow)
    rows = [
        (path.replace(root, ""), durations[path], len(found), tasks[path], str([dag.dag_id for dag in found]))
        for path, found in sorted(files.items(), key=lambda item: durations[item[0]], reverse=True)
    ]
    invocation.print(
        f"\n\n{_RULE}\nDagBag loading stats for {place}\n{_RULE}\nNumber of DAGs: {len(dags)}\n"
        f"Total task number: {sum(tasks.values())}\nDagBag parsing time: {round(sum(durations.values()), 6)}\n"
        f"{_columns(rows)}\n"
    )


def _columns(rows: list[tuple[str, float, int, int, str]]) -> str:
    """The table of the report; numbers of things stand to the right."""
    titles = ("file", "duration", "dag_num", "task_num", "dags")
    if not rows:
        # What Airflow's function for tables returns then.
        return "None"
    widths = [max(len(str(cell)) for cell in column) for column in zip(titles, *rows, strict=True)]
    rule = "-+-".join("-" * width for width in widths)
    lines = [rule, " | ".join(f"{title:<{width}}" for title, width in zip(titles, widths, strict=True)), rule]
    for row in rows:
        cells = zip(row, widths, strict=True)
        lines.append(" | ".join(f"{c!s:>{width}}" if isinstance(c, int) else f"{c!s:<{width}}" for c, width in cells))
    return "\n".join([*lines, rule, ""])


HANDLERS: dict[str, Handler] = {
    "dag_state": dag_state,
    "delete_dag": delete_dag,
    "list_dag_runs": list_dag_runs,
    "list_dags": list_dags,
    "next_execution": next_execution,
    "pause": pause,
    "trigger_dag": trigger_dag,
    "unpause": unpause,
}
