"""Tasks and their instances."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.dags import DAG, Task
from fake_server.airflow.foreground import imagined_run
from fake_server.airflow.rendering import rendered_fields
from fake_server.airflow.runs import DagRun
from fake_server.airflow.task_instances import TaskInstance
from fake_server.airflow.trigger_rules import Upstream, upstream_of
from fake_server.airflow.unmet_dependencies import UnmetDependency, unmet_dependencies
from fake_server.cli.clearing import clear_tasks
from fake_server.cli.failures import Crash
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.patterns import compiled
from fake_server.cli.v1_10.dag_files import find_dag, parsed_dags

_RULE = "# ----------------------------------------------------------"


def list_tasks(invocation: Invocation) -> None:
    """Print the tasks of a DAG by name, or as a tree."""
    dag = find_dag(invocation, invocation.arguments.dag_id)
    if not invocation.arguments.tree:
        invocation.print("\n".join(sorted(dag.tasks)))
        return
    for task_id, task in dag.tasks.items():
        if not task.upstream:
            _print_tree(invocation, dag, task_id, 0)


def task_state(invocation: Invocation) -> None:
    """Print the state of a task instance."""
    arguments = invocation.arguments
    dag = find_dag(invocation, arguments.dag_id)
    dag.task(arguments.task_id)
    instance = find_instance(invocation, dag)
    invocation.print(str(instance.state if instance is not None else None))


def render(invocation: Invocation) -> None:
    """Print the templates of a task, filled in for a date."""
    arguments = invocation.arguments
    dag = find_dag(invocation, arguments.dag_id)
    task = dag.task(arguments.task_id)
    run = invocation.airflow.runs.at(dag.dag_id, arguments.execution_date)
    run = run or imagined_run(dag, arguments.execution_date)
    for name, value in templates(task, run).items():
        invocation.print(f"{_RULE}\n# property: {name}\n{_RULE}\n{value}\n")


def task_failed_deps(invocation: Invocation) -> None:
    """Print why a task instance does not run."""
    arguments = invocation.arguments
    dag = find_dag(invocation, arguments.dag_id)
    dag.task(arguments.task_id)
    instance = find_instance(invocation, dag)
    if instance is None:
        raise Crash("AttributeError", "'NoneType' object has no attribute 'run_id'")
    invocation.print("Task instance dependencies not met:")
    for dependency in _unmet(invocation, instance):
        invocation.print(f"{dependency.name}: {dependency.reason}")


def clear(invocation: Invocation) -> None:
    """Let task instances run again, once the question was answered with yes."""
    arguments = invocation.arguments
    if arguments.dag_regex:
        pattern = compiled(arguments.dag_id)
        dags = [dag for dag in parsed_dags(invocation) if pattern.search(dag.dag_id)]
        if not dags:
            text = f"dag_id could not be found with regex: {arguments.dag_id}. "
            text += "Either the dag did not exist or it failed to parse."
            raise Crash("airflow.exceptions.AirflowException", text)
    else:
        dags = [find_dag(invocation, arguments.dag_id)]
    chosen = [instance for dag in dags for instance in clear_tasks(invocation, dag, dry_run=True)]
    if not chosen:
        invocation.print("Nothing to clear.")
        return
    if not arguments.no_confirm:
        listed = "\n".join(named(instance, instance.run.logical_date.isoformat(sep=" ")) for instance in chosen)
        question = f"You are about to delete these {len(chosen)} tasks:\n{listed}\n\nAre you sure? (yes/no): "
        if not invocation.confirm(question, again="Please respond by yes or no."):
            invocation.print("Bail. Nothing was cleared.")
            return
    for dag in dags:
        clear_tasks(invocation, dag, dry_run=False)
    invocation.airflow.scheduler.catch_up()


def templates(task: Task, run: DagRun) -> dict[str, Any]:
    """The templates of ``task``, filled in for ``run``, with the fields that operators have in 1.10."""
    fields = {name: value for name, value in rendered_fields(task, run).items() if name != "cwd"}
    return {name: list(value) if name == "op_args" else value for name, value in fields.items()}


def find_instance(invocation: Invocation, dag: DAG) -> TaskInstance | None:
    """The task instance of the arguments; None when the DAG has no run of that date."""
    run = invocation.airflow.runs.at(dag.dag_id, invocation.arguments.execution_date)
    return run.task_instance(invocation.arguments.task_id) if run is not None else None


def named(instance: TaskInstance, date: str) -> str:
    """How messages name a task instance; in which form the date stands depends on where it came from."""
    return f"<TaskInstance: {instance.dag_id}.{instance.task_id} {date} [{instance.state}]>"


def _print_tree(invocation: Invocation, dag: DAG, task_id: str, depth: int) -> None:
    invocation.print(f"{' ' * 4 * depth}<Task({dag.tasks[task_id].operator}): {task_id}>")
    for below in dag.downstream[task_id]:
        _print_tree(invocation, dag, below, depth + 1)


def _unmet(invocation: Invocation, instance: TaskInstance) -> list[UnmetDependency]:
    """The reasons, with one that is always there: the command does not look at the state that is stored."""
    state = UnmetDependency(
        "Task Instance State",
        "Task is in the 'None' state which is not a valid state for execution. "
        "The task must be cleared in order to be run.",
    )
    ignored = (state.name, "Task Instance Not Running")
    found = [reason for reason in unmet_dependencies(invocation.airflow, instance) if reason.name not in ignored]
    above = [other.state for name in instance.task.upstream for other in instance.run.instances_of(name)]
    upstream = upstream_of(above)
    counted, shown = f"upstream_states={upstream}", f"upstream_tasks_state={_counts(upstream)}"
    worded = [UnmetDependency(reason.name, reason.reason.replace(counted, shown)) for reason in found]
    return sorted([*worded, state], key=lambda reason: reason.name)


def _counts(upstream: Upstream) -> dict[str, int]:
    return {
        "total": upstream.total,
        "successes": upstream.success,
        "skipped": upstream.skipped,
        "failed": upstream.failed,
        "upstream_failed": upstream.upstream_failed,
        "done": upstream.done,
    }


HANDLERS: dict[str, Handler] = {
    "clear": clear,
    "list_tasks": list_tasks,
    "render": render,
    "task_failed_deps": task_failed_deps,
    "task_state": task_state,
}
