"""The command line of Airflow 2."""

from __future__ import annotations

from collections.abc import Iterable

from fake_server.cli.dialect import Dialect
from fake_server.cli.failures import Frame
from fake_server.cli.installation import Installation
from fake_server.cli.invocation import Invocation
from fake_server.cli.v2 import (
    config,
    connections,
    dag_graphs,
    dag_pausing,
    dag_triggering,
    dags,
    database,
    foreground,
    jobs,
    pools,
    providers,
    roles,
    tasks,
    top_level,
    users,
    variables,
)

_FAMILIES = (
    config, connections, dag_graphs, dag_pausing, dag_triggering, dags, database, foreground, jobs, pools, providers,
    roles, tasks, top_level, users, variables,
)  # fmt: skip

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


def _frames(installation: Installation) -> Iterable[Frame]:
    yield installation.program, 8, "<module>"
    for path, line, function in (
        ("__main__.py", 62, "main"),
        ("cli/cli_config.py", 49, "command"),
        ("utils/cli.py", 116, "wrapper"),
        ("utils/providers_configuration_loader.py", 55, "wrapped_function"),
    ):
        yield f"{installation.packages}/airflow/{path}", line, function


def _warn_of_missing_graphviz(invocation: Invocation) -> None:
    if invocation.command.startswith("dags ") and not invocation.has_graphviz:
        invocation.warn(
            f"{invocation.installation.packages}/airflow/cli/commands/dag_command.py:48 UserWarning: "
            "Could not import graphviz. Rendering graph to the graphical format will not be possible."
        )


DIALECT = Dialect(
    handlers={name: handler for family in _FAMILIES for name, handler in family.HANDLERS.items()},
    events=_EVENTS,
    frames=_frames,
    prologue=_warn_of_missing_graphviz,
)
