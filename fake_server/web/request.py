"""A request to the web server, with what becomes known of it on its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import Authorization
from werkzeug.routing import MapAdapter
from werkzeug.utils import cached_property
from werkzeug.wrappers import Request

from fake_server.journal import without_tokens


class WebRequest(Request):
    """A request, and what the journal shall say about it; each room fills in what it finds out."""

    #: The Airflow user who asked, once somebody vouched for them.
    principal: str | None = None
    #: The operation that the path and method stand for, such as ``post_dag_run``.
    operation: str | None = None
    #: The decoded command line, at /aws_mwaa/cli.
    command: str | None = None
    #: Why the request was refused, in words; never with the credential itself.
    refusal: str | None = None
    #: Whether a fault was ordered for it, which answered in place of the environment.
    met_fault: bool = False
    #: What the journal shall keep of the answer, where that is not the answer's body.
    answer: str | None = None
    #: The parts of a page's path that stand for something, such as the DAG's id.
    path_arguments: Mapping[str, Any] = {}
    #: The paths of the pages, to link to them.
    routes: MapAdapter

    @cached_property
    def authorization(self) -> Authorization | None:
        """The Authorization header; None too for one that cannot be read, on which Werkzeug may raise."""
        try:
            return Authorization.from_header(self.headers.get("Authorization"))
        except ValueError:
            return None

    @property
    def path_as_sent(self) -> str:
        """Path and query string, with any token left out; somebody may put one into a URL."""
        target = self.environ.get("REQUEST_URI") or self.full_path.rstrip("?")
        return without_tokens(target)
