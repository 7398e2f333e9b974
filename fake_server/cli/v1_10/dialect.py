"""The command line of Airflow 1.10."""

from __future__ import annotations

from collections.abc import Iterable

from fake_server.cli.dialect import Dialect
from fake_server.cli.failures import Frame
from fake_server.cli.installation import Installation
from fake_server.cli.v1_10 import (
    connections,
    dag_graphs,
    dags,
    database,
    foreground,
    pools,
    tasks,
    top_level,
    users,
    variables,
)

_FAMILIES = (connections, dag_graphs, dags, database, foreground, pools, tasks, top_level, users, variables)
_HANDLERS = {name: handler for family in _FAMILIES for name, handler in family.HANDLERS.items()}
#: Commands that leave no row in the event log.
_SILENT = ("config", "info", "initdb", "resetdb", "version")


def _frames(installation: Installation) -> Iterable[Frame]:
    yield installation.program, 37, "<module>"
    yield f"{installation.packages}/airflow/utils/cli.py", 76, "wrapper"


DIALECT = Dialect(
    handlers=_HANDLERS,
    events={name: name for name in _HANDLERS if name not in _SILENT},
    frames=_frames,
)
