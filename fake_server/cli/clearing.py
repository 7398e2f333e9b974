"""Which task instances a command clears."""

from __future__ import annotations

from fake_server.airflow.dags import DAG
from fake_server.airflow.task_instances import TaskInstance
from fake_server.cli.invocation import Invocation
from fake_server.cli.patterns import compiled


def clear_tasks(invocation: Invocation, dag: DAG, *, dry_run: bool) -> list[TaskInstance]:
    """Clear what the arguments ask for in ``dag``, and return it; with ``dry_run`` only return it.

    :raises Crash: when the pattern of task ids is no regular expression.
    """
    arguments = invocation.arguments
    tasks = None
    if arguments.task_regex is not None:
        tasks = [task_id for task_id in dag.tasks if compiled(arguments.task_regex).search(task_id)]
    return invocation.airflow.clear_task_instances(
        dag,
        tasks=tasks,
        start_date=arguments.start_date,
        end_date=arguments.end_date,
        include_upstream=arguments.upstream,
        include_downstream=arguments.downstream,
        only_failed=arguments.only_failed,
        only_running=arguments.only_running,
        dry_run=dry_run,
    )
