"""``airflow tasks …``: tasks and their instances."""

from __future__ import annotations

from collections.abc import Iterable

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.errors import DagRunNotFound, TaskInstanceNotFound
from fake_server.airflow.foreground import imagined_run
from fake_server.airflow.rendering import rendered_fields
from fake_server.airflow.run_creation import BUILT_IN_RUN_ID_PATTERN, is_allowed_run_id
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.unmet_dependencies import unmet_dependencies
from fake_server.cli.clearing import clear_tasks
from fake_server.cli.dag_selection import dags_below
from fake_server.cli.dates import parse_date
from fake_server.cli.failures import Cause, Crash
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.patterns import compiled
from fake_server.cli.v2.dag_files import find_dag, log_parsing

_RULE = "# ----------------------------------------------------------"


def list_tasks(invocation: Invocation) -> None:
    """Print the tasks of a DAG by name, or as a tree."""
    dag = find_dag(invocation, invocation.arguments.dag_id, quiet=True)
    if not invocation.arguments.tree:
        invocation.print("\n".join(sorted(dag.tasks)))
        return
    for task_id in sorted(task_id for task_id, task in dag.tasks.items() if not task.upstream):
        _print_tree(invocation, dag, task_id, 0)


def state(invocation: Invocation) -> None:
    """Print the state of a task instance."""
    dag = find_dag(invocation, invocation.arguments.dag_id, quiet=True)
    invocation.print(str(_instance(invocation, dag).state))


def states_for_dag_run(invocation: Invocation) -> None:
    """Show the states of all task instances of a run."""
    dag_id, wanted = invocation.arguments.dag_id, invocation.arguments.execution_date_or_run_id
    run = invocation.airflow.runs.get(dag_id, wanted)
    if run is None:
        try:
            date = parse_date(wanted, invocation.airflow.clock.now())
        except ValueError as error:
            raise _not_a_date(wanted, error) from None
        run = invocation.airflow.runs.at(dag_id, date)
    if run is None:
        raise DagRunNotFound(dag_id, wanted)
    mapped = any(instance.map_index >= 0 for instance in run.task_instances.values())
    invocation.print_rows(
        [
            {
                "dag_id": run.dag_id,
                "execution_date": run.logical_date.isoformat(),
                "task_id": instance.task_id,
                "state": instance.state,
                "start_date": instance.start_date.isoformat() if instance.start_date else "",
                "end_date": instance.end_date.isoformat() if instance.end_date else "",
                **({"map_index": str(instance.map_index) if instance.map_index >= 0 else ""} if mapped else {}),
            }
            for instance in run.task_instances.values()
        ]
    )


def render(invocation: Invocation) -> None:
    """Print the templates of a task, filled in for a run or for a date without one."""
    arguments = invocation.arguments
    dag = find_dag(invocation, arguments.dag_id, quiet=True)
    task = _task(invocation, dag)
    run = _run(invocation, dag, arguments.execution_date_or_run_id)
    if run is None:
        run = _imagined_run(invocation, dag, arguments.execution_date_or_run_id)
    elif not task.is_mapped:
        # Airflow makes the instance that it needs for this, and keeps it.
        run.task_instances.setdefault((task.task_id, -1), TaskInstance(task=task, run=run, max_tries=task.retries))
    for name, value in rendered_fields(task, run).items():
        invocation.print(f"{_RULE}\n# property: {name}\n{_RULE}\n{value}\n")


def failed_deps(invocation: Invocation) -> None:
    """Print why a task instance does not run."""
    dag = find_dag(invocation, invocation.arguments.dag_id)
    unmet = unmet_dependencies(invocation.airflow, _instance(invocation, dag))
    if not unmet:
        invocation.print("Task instance dependencies are all met.")
        return
    invocation.print("Task instance dependencies not met:")
    for dependency in unmet:
        invocation.print(f"{dependency.name}: {dependency.reason}")


def clear(invocation: Invocation) -> None:
    """Let task instances run again, once the question was answered with yes."""
    arguments, airflow = invocation.arguments, invocation.airflow
    if arguments.dag_regex:
        log_parsing(invocation, arguments.subdir)
        pattern = compiled(arguments.dag_id)
        dags = [dag for dag in dags_below(invocation, arguments.subdir) if pattern.search(dag.dag_id)]
        if not dags:
            raise Crash(
                "airflow.exceptions.AirflowException",
                f"dag_id could not be found with regex: {arguments.dag_id}. Either the dag did not exist or it failed "
                "to parse.",
            )
    else:
        dags = [find_dag(invocation, arguments.dag_id)]
    chosen = [instance for dag in dags for instance in _by_date(clear_tasks(invocation, dag, dry_run=True))]
    if not chosen:
        invocation.print("Nothing to clear.")
        return
    if not arguments.yes:
        listed = "\n".join(map(str, chosen))
        question = f"You are about to delete these {len(chosen)} tasks:\n{listed}\n\nAre you sure? [y/n]"
        if not invocation.confirm(question):
            invocation.print("Cancelled, nothing was cleared.")
            return
    for dag in dags:
        clear_tasks(invocation, dag, dry_run=False)
    airflow.scheduler.catch_up()


def _by_date(instances: Iterable[TaskInstance]) -> list[TaskInstance]:
    """Run by run, as the database finds them."""
    return sorted(instances, key=lambda each: (each.run.logical_date, each.task_id, each.map_index))


def _print_tree(invocation: Invocation, dag: DAG, task_id: str, depth: int) -> None:
    task = dag.tasks[task_id]
    kind = "Mapped" if task.is_mapped else "Task"
    invocation.print(f"{' ' * 4 * depth}<{kind}({task.operator}): {task_id}>")
    for below in sorted(dag.downstream[task_id]):
        _print_tree(invocation, dag, below, depth + 1)


def find_run(invocation: Invocation, dag: DAG, wanted: str) -> DagRun:
    """The run of a DAG by its id or its logical date.

    :raises DagRunNotFound: when there is none.
    """
    run = _run(invocation, dag, wanted)
    if run is None:
        raise DagRunNotFound(dag.dag_id, wanted)
    return run


def _run(invocation: Invocation, dag: DAG, wanted: str) -> DagRun | None:
    runs = invocation.airflow.runs
    run = runs.get(dag.dag_id, wanted)
    if run is not None:
        return run
    try:
        return runs.at(dag.dag_id, parse_date(wanted, invocation.airflow.clock.now()))
    except ValueError:
        return None


def _imagined_run(invocation: Invocation, dag: DAG, wanted: str) -> DagRun:
    """A run that exists only for this command, under what was asked for as its id; the date is now if that is none."""
    now = invocation.airflow.clock.now()
    try:
        date = parse_date(wanted, now)
    except ValueError:
        date = now
    pattern = invocation.airflow.config.get("scheduler", "allowed_run_id_pattern")
    if not is_allowed_run_id(wanted, pattern):
        raise Crash(
            "ValueError",
            f"The run_id provided '{wanted}' does not match the pattern '{pattern}' or '{BUILT_IN_RUN_ID_PATTERN}'",
        )
    return imagined_run(dag, date)


def _task(invocation: Invocation, dag: DAG) -> Task:
    """The task of the arguments, which are to name an index if it is mapped, and none if it is not."""
    task = dag.task(invocation.arguments.task_id)
    if task.is_mapped and invocation.arguments.map_index < 0:
        raise Crash("RuntimeError", "No map_index passed to mapped task")
    if not task.is_mapped and invocation.arguments.map_index >= 0:
        raise Crash("RuntimeError", "map_index passed to non-mapped task")
    return task


def _instance(invocation: Invocation, dag: DAG) -> TaskInstance:
    _task(invocation, dag)
    return find_instance(invocation, dag)


def find_instance(invocation: Invocation, dag: DAG) -> TaskInstance:
    """The task instance of the arguments, in the run that they name by its id or its logical date.

    :raises DagRunNotFound: when there is no such run.
    :raises TaskInstanceNotFound: when the run has no such instance.
    """
    arguments = invocation.arguments
    wanted = arguments.execution_date_or_run_id
    instance = find_run(invocation, dag, wanted).task_instance(arguments.task_id, arguments.map_index)
    if instance is None:
        raise TaskInstanceNotFound(dag.dag_id, wanted, arguments.task_id, arguments.map_index)
    return instance


def _not_a_date(text: str, error: ValueError) -> Crash:
    deeper = [Cause("ValueError", str(error.__cause__), directly=True)] if error.__cause__ is not None else []
    return Crash(
        "airflow.exceptions.AirflowException",
        f"Error parsing the supplied execution_date. Error: Invalid date string: {text}",
        causes=[
            *deeper,
            Cause("dateutil.parser._parser.ParserError", str(error)),
            Cause("pendulum.parsing.exceptions.ParserError", f"Invalid date string: {text}"),
        ],
    )


HANDLERS: dict[str, Handler] = {
    "tasks clear": clear,
    "tasks failed-deps": failed_deps,
    "tasks list": list_tasks,
    "tasks render": render,
    "tasks state": state,
    "tasks states-for-dag-run": states_for_dag_run,
}
