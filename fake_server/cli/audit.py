"""The rows that commands leave in the event log.

Commands that only read variables, connections and the like leave none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from fake_server.airflow.deployment import Airflow
from fake_server.cli.installation import ACCOUNT, HOSTNAME, PROGRAM
from fake_server.cli.parser import ParsedCommand

#: Options whose values are not written down.
_SECRET_OPTIONS = ("-p", "--password", "--conn-password")

_EVENTS = {
    "connections add": "connections_add",
    "connections delete": "connections_delete",
    "connections import": "connections_import",
    "dags backfill": "dag_backfill",
    "dags delete": "dag_delete",
    "dags details": "dag_details",
    "dags list": "dag_list_dags",
    "dags list-import-errors": "dag_list_import_errors",
    "dags list-jobs": "dag_list_jobs",
    "dags list-runs": "dag_list_dag_runs",
    "dags next-execution": "dag_next_execution",
    "dags pause": "dag_pause",
    "dags report": "dag_report",
    "dags reserialize": "dag_reserialize",
    "dags state": "dag_state",
    "dags test": "dag_test",
    "dags trigger": "dag_trigger",
    "dags unpause": "dag_unpause",
    "db check": "check",
    "db clean": "cleanup_tables",
    "db migrate": "migratedb",
    "pools delete": "pool_delete",
    "pools import": "pool_import",
    "pools set": "pool_set",
    "roles add-perms": "roles_add_perms",
    "roles create": "roles_create",
    "roles del-perms": "roles_del_perms",
    "roles delete": "roles_delete",
    "roles import": "roles_import",
    "rotate-fernet-key": "rotate_fernet_key",
    "sync-perm": "sync_perm",
    "tasks clear": "task_clear",
    "tasks failed-deps": "task_failed_deps",
    "tasks list": "task_list",
    "tasks render": "task_render",
    "tasks run": "task_run",
    "tasks state": "task_state",
    "tasks states-for-dag-run": "task_states_for_dag_run",
    "tasks test": "task_test",
    "users add-role": "users_manage_role",
    "users create": "users_create",
    "users delete": "users_delete",
    "users import": "users_import",
    "users remove-role": "users_manage_role",
    "users reset-password": "user_reset_password",
    "variables delete": "variables_delete",
    "variables import": "variables_import",
    "variables set": "variables_set",
}


def record(airflow: Airflow, parsed: ParsedCommand, argv: Sequence[str]) -> None:
    """Leave the row of a command, which Airflow writes before the command does anything."""
    event = _EVENTS.get(" ".join(parsed.command.words))
    if event is None:
        return
    arguments = parsed.arguments
    date = getattr(arguments, "execution_date", None)
    airflow.audit.record(
        f"cli_{event}",
        ACCOUNT,
        dag_id=getattr(arguments, "dag_id", None),
        task_id=getattr(arguments, "task_id", None),
        logical_date=date,
        extra=json.dumps({"host_name": HOSTNAME, "full_command": str([PROGRAM, *_without_secrets(argv)])}),
    )


def _without_secrets(argv: Sequence[str]) -> list[str]:
    shown = list(argv)
    for position, word in enumerate(argv):
        option, equals, _ = word.partition("=")
        if option in _SECRET_OPTIONS and equals:
            shown[position] = f"{option}=********"
        elif word in _SECRET_OPTIONS and position + 1 < len(argv):
            shown[position + 1] = "********"
    return shown
