"""One checked request, as the handlers of operations see it, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from fake_server.web.v1.history import known_fields

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow
    from fake_server.airflow.security import User
    from fake_server.web.app import WebServer
    from fake_server.web.request import WebRequest
    from fake_server.web.v1.operations import Operation


Value = TypeVar("Value")


@dataclass(frozen=True)
class Answer:
    """An answer that is more than JSON with status 200."""

    body: str = ""
    status: int = 200
    content_type: str = "application/json"


#: What most DELETE operations answer.
NO_CONTENT = Answer(status=204)
#: What those DELETE operations answer that do not say what they return.
NO_CONTENT_HTML = Answer(status=204, content_type="text/html; charset=utf-8")


@dataclass(frozen=True)
class Call:
    """A request that is well-formed and permitted; the deployment's lock is held while it is handled."""

    operation: Operation
    server: WebServer
    request: WebRequest
    #: Whoever asks; operations that are open to all do not look.
    user: User | None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    #: The JSON body; None for operations that take none.
    body: Any = None

    @property
    def airflow(self) -> Airflow:
        """The deployment that the request is about."""
        return self.server.airflow

    @property
    def username(self) -> str:
        """The name of whoever asks, for notes and the event log."""
        return self.user.username if self.user is not None else "anonymous"

    def known(self, kind: str, fields: Mapping[str, Value]) -> Mapping[str, Value]:
        """Those of the fields that the version has; see :func:`~fake_server.web.v1.history.known_fields`."""
        return known_fields(self.airflow.version, kind, fields)

    def readable_dag_ids(self) -> frozenset[str] | None:
        """The DAGs that the user may read; None when these are all."""
        if self.user is not None and self.user.may((("can_read", "DAGs"),)):
            return None
        return frozenset(dag_id for dag_id in self.airflow.dags if self.may("can_read", dag_id))

    def may(self, action: str, dag_id: str) -> bool:
        """Whether the user may do ``action`` with that DAG."""
        return self.user is not None and self.user.may(((action, "DAGs"),), dag_id)
