"""``airflow dags pause`` and ``unpause``."""

from __future__ import annotations

from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.patterns import compiled
from fake_server.cli.v2.dag_files import find_dag, log_parsing, stored_dag


def pause(invocation: Invocation) -> None:
    """Pause DAGs."""
    _set_paused(invocation, True)


def unpause(invocation: Invocation) -> None:
    """Let DAGs run again."""
    _set_paused(invocation, False)


def _set_paused(invocation: Invocation, is_paused: bool) -> None:
    arguments, airflow = invocation.arguments, invocation.airflow
    how = airflow.version.command_output.pausing
    if how == "text":
        dag = stored_dag(invocation, arguments.dag_id)
        airflow.set_paused(dag, is_paused)
        invocation.print(f"Dag: {dag.dag_id}, paused: {is_paused}")
        return
    if how == "old rows":
        _look_into_files(invocation)
    verb = "pause" if is_paused else "unpause"
    dags = [
        dag
        for dag in airflow.dags_by_id
        # Where the REST API has set null, the database finds neither.
        if dag.is_paused is (not is_paused)
        and _is_meant(dag.dag_id, arguments.dag_id, as_regex=arguments.treat_dag_id_as_regex)
    ]
    if not dags:
        invocation.print(f"No {'un' if is_paused else ''}paused DAGs were found")
        return
    if arguments.treat_dag_id_as_regex and not arguments.yes:
        ids = ",".join(dag.dag_id for dag in dags)
        question = f"You are about to {verb} {len(dags)} DAGs:\n{ids}\n\nAre you sure? [y/n]"
        if not invocation.confirm(question):
            invocation.print("Operation cancelled by user")
            return
    for dag in dags:
        airflow.set_paused(dag, is_paused)
    shown = is_paused if how == "rows" else not is_paused
    invocation.print_rows([{"dag_id": dag.dag_id, "is_paused": shown} for dag in dags])


def _look_into_files(invocation: Invocation) -> None:
    """Read the DAG files, though only the database is asked afterwards."""
    if invocation.arguments.treat_dag_id_as_regex:
        log_parsing(invocation, invocation.arguments.subdir)
    else:
        find_dag(invocation, invocation.arguments.dag_id)


def _is_meant(dag_id: str, wanted: str, *, as_regex: bool) -> bool:
    return compiled(wanted).search(dag_id) is not None if as_regex else dag_id == wanted


HANDLERS: dict[str, Handler] = {"dags pause": pause, "dags unpause": unpause}
