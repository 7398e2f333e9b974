"""The WSGI application of one environment's web server: what is checked, in which order, once for every API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.http import http_date
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.security import User
from fake_server.assumptions import Assumptions
from fake_server.faults import CLIENT_TIMEOUT, ClientGaveUp, ConnectionReset, Fault, Faults
from fake_server.journal import Journal, JournalEntry, answer_text, without_passwords
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.web import experimental
from fake_server.web.auth import AuthBackend, Authentication, backends_named
from fake_server.web.auth.google_openid import GoogleIdentity
from fake_server.web.auth.kerberos_stand_in import KerberosStandIn
from fake_server.web.crashes import Crash
from fake_server.web.csrf import CsrfTokens
from fake_server.web.dialects import WebDialect, web_dialect
from fake_server.web.mwaa.command_slots import CommandSlots
from fake_server.web.pages import sign_in
from fake_server.web.request import WebRequest
from fake_server.web.sessions import Sessions
from fake_server.web.url_maps import URL_MAPS, View
from fake_server.web.v1 import api as v1

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: The largest body that is read, in bytes. Airflow itself has no limit; this one keeps a test's mistake from filling
#: the memory.
MAXIMUM_BODY_BYTES = 10 * 1024 * 1024


class WebServer:
    """The web server of one environment: ``/api/v1``, ``/api/experimental``, ``/aws_mwaa/...`` and a few pages.

    Call it as any WSGI application. It may raise :class:`fake_server.faults.ConnectionReset` instead of answering, and
    :class:`fake_server.faults.ClientGaveUp` when a transport in process has told the client's timeout.

    :raises ConfigurationError: when the environment's options name an API auth backend that cannot be had.
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
        self.airflow: Airflow = airflow
        self.tokens = tokens
        self.assumptions = assumptions
        self.journal = journal
        self.faults = faults
        self.options = options
        self.sessions: Sessions = Sessions(environment_name, airflow, assumptions)
        self.csrf_tokens = CsrfTokens(self.sessions, airflow.clock)
        self.command_slots = CommandSlots(airflow.clock)
        #: Digests of the web login tokens that were used, where they may be used once only.
        self.used_web_tokens: set[bytes] = set()
        self.sign_in_attempts = sign_in.Attempts(airflow.clock)
        #: Issues the tokens that the google_openid backend accepts.
        self.google_identity = GoogleIdentity(airflow.clock)
        #: Issues the tickets that the kerberos_auth backend accepts where the real Kerberos is not wanted.
        self.kerberos = KerberosStandIn(airflow.clock)
        #: Changes what a command has printed before it is sent: given the command, stdout and stderr, the two streams.
        self.retouch_streams: Callable[[str, str, str], tuple[str, str]] | None = None
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
    def dialect(self) -> WebDialect:
        """What the web server of this Airflow version does in every answer."""
        return web_dialect(self.airflow.version)

    @property
    def auth_backends(self) -> tuple[AuthBackend, ...]:
        """The API auth backends in force, in order."""
        names = self.airflow.config.auth_backends()
        if names != self._backend_names:
            self._backends = backends_named(names, self)
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
        if result.user is not None:
            request.principal = result.user.username
        return result

    def mint_session_cookie(self, user: User) -> str:
        """The value of a ``session`` cookie with which ``user`` is logged in."""
        return self.sessions.open(user)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = WebRequest(environ)
        request.max_content_length = MAXIMUM_BODY_BYTES
        fault = self.faults.take(request.method, request.path)
        try:
            response = (self._apply(fault, request) if fault is not None else None) or self._respond(request)
        except (ConnectionReset, ClientGaveUp):
            self._record(request)
            raise
        response.headers["Date"] = http_date(self.airflow.clock.time())
        for name, value in self.dialect.headers.items():
            response.headers.setdefault(name, value)
        self._record(request, response)
        return response(environ, start_response)

    def _apply(self, fault: Fault, request: WebRequest) -> Response | None:
        """Do what a fault orders; None lets the request go on."""
        if fault.delay:
            patience = request.environ.get(CLIENT_TIMEOUT)
            if patience is not None and patience < fault.delay:
                self.faults.sleep(patience)
                request.met_fault = True
                request.refusal = f"a fault was ordered: {fault}; the client gave up after {patience:g} s"
                raise ClientGaveUp(request.refusal)
            self.faults.sleep(fault.delay)
        if fault.status is None and not fault.reset:
            return None
        request.met_fault = True
        request.refusal = f"a fault was ordered: {fault}"
        if fault.reset:
            raise ConnectionReset(request.refusal)
        return Response(fault.body, fault.status, fault.headers)

    def _respond(self, request: WebRequest) -> Response:
        try:
            if (request.content_length or 0) > MAXIMUM_BODY_BYTES:
                raise RequestEntityTooLarge
            if request.path.startswith("/api/v1") and self.airflow.version.has_stable_rest_api:
                return v1.respond(request, self)
            if request.path.startswith("/api/experimental") and experimental.is_served(self):
                return experimental.respond(request, self)
            return self._respond_with_page(request)
        except Crash as crash:
            request.refusal = str(crash)
            return self.dialect.crash_page(self.airflow.version, crash)
        except RequestEntityTooLarge as error:
            request.refusal = f"the body is larger than the {MAXIMUM_BODY_BYTES} bytes that this server accepts"
            return self.dialect.error_page(error)

    def _respond_with_page(self, request: WebRequest) -> Response:
        url_map = URL_MAPS[self.airflow.version.web_dialect]
        adapter = request.routes = url_map.rules.bind_to_environ(request.environ)
        try:
            name, request.path_arguments = adapter.match()
        except RequestRedirect as redirect:
            response = redirect.get_response()
            self.dialect.word_redirect(response)
        except (NotFound, MethodNotAllowed) as error:
            response = self.dialect.error_page(error)
        else:
            if request.method != "OPTIONS":
                return self._view(url_map.views[name], request)
            response = Response(content_type="text/html; charset=utf-8")
            response.allow.update(adapter.allowed_methods())
        # Who asks for the health gets no cookie, where that is so, even with a method that is not allowed there.
        if request.path != "/health" or self.dialect.health_has_cookie:
            self.sessions.give_cookie(request, response)
        return response

    def _view(self, view: View, request: WebRequest) -> Response:
        try:
            response = view(request, self)
            if "Location" in response.headers:
                self.dialect.word_redirect(response)
            return response
        except RequestEntityTooLarge:
            raise
        except HTTPException as error:
            request.refusal = error.description
            response = self.dialect.error_page(error)
            self.sessions.give_cookie(request, response)
            return response

    def _record(self, request: WebRequest, response: Response | None = None) -> None:
        """Put the request into the journal; without a ``response`` the connection broke off, which is status 0."""
        status = response.status_code if response is not None else 0
        answer = request.answer
        if answer is None and response is not None:
            answer = answer_text(response.get_data(), response.content_type or "")
        self.journal.record(
            JournalEntry(
                time=self.airflow.clock.now(),
                method=request.method,
                path=request.path_as_sent,
                status=status,
                principal=request.principal,
                operation=request.operation,
                command=None if request.command is None else without_passwords(request.command),
                content_type=request.headers.get("Content-Type"),
                refusal=request.refusal,
                answer=answer or "",
                is_inner="mwaa.invoke_rest_api" in request.environ,
                has_answerer=request.operation is not None or request.met_fault or status not in {404, 405},
            )
        )
