"""The WSGI application of one environment's web server: what is checked, in which order, once for every API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.security import User
from fake_server.assumptions import Assumptions
from fake_server.faults import ConnectionReset, Faults
from fake_server.journal import Journal, JournalEntry
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.web.auth import AuthBackend, Authentication, backends_named
from fake_server.web.request import WebRequest
from fake_server.web.sessions import Sessions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: The largest body that is read, in bytes. Airflow itself has no limit; this one keeps a test's mistake from filling
#: the memory.
MAXIMUM_BODY_BYTES = 10 * 1024 * 1024


class WebServer:
    """The web server of one environment: ``/api/v1``, ``/api/experimental``, ``/aws_mwaa/...`` and a few pages.

    Call it as any WSGI application.

    :raises ConfigurationError: when the environment's options name an API auth backend that does not exist.
    """

    def __init__(
        self,
        *,
        environment_name: str,
        hostname: str,
        airflow: Airflow,
        tokens: TokenAuthority,
        assumptions: Assumptions,
        journal: Journal,
        faults: Faults,
        options: EnvironmentOptions,
    ) -> None:
        self.environment_name = environment_name
        self.hostname = hostname
        self.airflow = airflow
        self.tokens = tokens
        self.assumptions = assumptions
        self.journal = journal
        self.faults = faults
        self.options = options
        self.sessions = Sessions(environment_name, airflow, assumptions)
        #: What went wrong in a way that the test itself shall fail for, not only the request.
        self.failures: list[str] = []
        self._backend_names: tuple[str, ...] | None = None
        self._backends: tuple[AuthBackend, ...] = ()
        self.check_configuration()

    def __repr__(self) -> str:
        return f"<WebServer of {self.environment_name} at {self.hostname}>"

    def check_configuration(self) -> None:
        """Check the options that the web server reads when it starts; to be called when they have changed.

        :raises ConfigurationError: see the class.
        """
        _ = self.auth_backends

    @property
    def auth_backends(self) -> tuple[AuthBackend, ...]:
        """The API auth backends in force, in order."""
        names = self.airflow.config.auth_backends()
        if names != self._backend_names:
            self._backends = backends_named(names, self.airflow, self.sessions)
            self._backend_names = names
        return self._backends

    def authenticate(self, request: WebRequest) -> Authentication:
        """Who asks, for ``/api/v1``: every backend in turn, and the first that accepts wins.

        When none does, the last one words the refusal, its challenge included.
        """
        result = Authentication(accepted=False, status=401)
        for backend in self.auth_backends:
            result = backend.authenticate(request)
            if result.accepted:
                break
        request.principal = result.user.username if result.user is not None else None
        return result

    def mint_session_cookie(self, user: User) -> str:
        """The value of a ``session`` cookie with which ``user`` is logged in."""
        return self.sessions.open(user)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = WebRequest(environ)
        response = self._respond(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        self._record(request, response)
        return response(environ, start_response)

    def _respond(self, request: WebRequest) -> Response:
        if request.path.startswith("/api/v1"):
            from fake_server.web.v1.api import respond

            return respond(request, self)
        return NotFound().get_response()

    def _record(self, request: WebRequest, response: Response) -> None:
        self.journal.record(
            JournalEntry(
                time=self.airflow.clock.now(),
                method=request.method,
                path=request.full_path.rstrip("?"),
                status=response.status_code,
                principal=request.principal,
                operation=request.operation,
                command=request.command,
                refusal=request.refusal,
            )
        )


__all__ = ["ConnectionReset", "WebServer"]
