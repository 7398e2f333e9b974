"""A fake environment on loopback sockets: the servers, and the variables with which others reach them."""

from __future__ import annotations

import os
import re
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from fake_server.aws.environments import HOSTNAME_PATTERN, all_environments, find_environment
from fake_server.aws_endpoint import aws_endpoint, is_for_aws
from fake_server.control import Control
from fake_server.mocked_aws import FAKE_CREDENTIALS
from fake_server.transports.certificates import CertificateAuthority
from fake_server.transports.environment_variables import EnvironmentVariables
from fake_server.transports.host_names import HostNames
from fake_server.transports.sockets import LoopbackServer
from fake_server.transports.urllib_opener import NewDefaultOpener

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Self

    from fake_server.aws.environment import Environment

#: Variables that would lead AWS's SDKs past the fake; they are unset for as long as it runs.
MISLEADING_VARIABLES = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_PROFILE", "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")


class LiveServers:
    """Serves an environment, AWS's API and the control endpoints over HTTPS and HTTP, from ``start()`` to ``stop()``.

    The first server listens on ``port`` and speaks HTTPS (HTTP without ``tls``); its address becomes the environment's
    WebServerHostname. AWS's API is handed out over HTTP, for which no SDK needs a certificate. All other environments
    get a port each, since their names differ in nothing else. With ``aws_hostnames`` they all keep the names that AWS
    gives, which then lead to that server for every library of this process that uses Python's sockets; that is not so
    for uvloop, pycurl, aiohttp with aiodns and other processes. ``reset`` is what the control endpoint of that name
    calls, with the environment at whose address it is. ``middleware`` is put around all that is served.

    :raises OSError: when the port is taken.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        reset: Callable[[Environment], None],
        port: int = 0,
        tls: bool = True,
        aws_hostnames: bool = False,
        middleware: Callable[[WSGIApplication], WSGIApplication] | None = None,
    ) -> None:
        self._environment = environment
        self._reset = reset
        self._port = port
        self._tls = tls
        self._aws_hostnames = aws_hostnames
        self._middleware = middleware
        self._lock = threading.Lock()
        self._running = ExitStack()
        self.env: dict[str, str] = {}

    def start(self) -> None:
        """Answer from now on, and have the variables set in ``os.environ``."""
        with ExitStack() as stack:
            self._authority = stack.enter_context(_shared_authority())
            web = stack.enter_context(self._server(self._environment, self._port, tls=self._tls))
            endpoint = stack.enter_context(self._server(self._environment, tls=False)) if self._tls else web
            if self._aws_hostnames:
                names: list[str | re.Pattern[str]] = [
                    re.compile(HOSTNAME_PATTERN, re.IGNORECASE),
                    self._environment.hostname,
                ]
                stack.enter_context(HostNames(names, web.port))
            else:
                self._environment.hostname = f"localhost:{web.port}"
            self.env = self._variables(f"http://localhost:{endpoint.port}")
            stack.enter_context(NewDefaultOpener())
            stack.enter_context(EnvironmentVariables({**dict.fromkeys(MISLEADING_VARIABLES), **self.env}))
            self._running = stack.pop_all()

    def stop(self) -> None:
        """End all servers, and restore the variables."""
        self._running.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _server(self, environment: Environment, port: int = 0, *, tls: bool) -> LoopbackServer:
        """A server at whose address is ``environment``."""
        control = Control(environment, partial(self._reset, environment))
        application: WSGIApplication = partial(self._respond, environment, control)
        if self._middleware is not None:
            application = self._middleware(application)
        context = self._authority.server_context if tls else None
        return LoopbackServer(application, port=port, tls=context, on_error=self._report)

    def _respond(
        self, environment: Environment, control: Control, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Hand a request to whom it is for."""
        path = environ["PATH_INFO"]
        if path.startswith("/_fake/"):
            return control(environ, start_response)
        if is_for_aws(environ) and not path.startswith("/aws_mwaa/"):
            self.serve_new_environments()
            return aws_endpoint(environ, start_response)
        # A name such as reports.localhost is nobody's, and then the port decides.
        named = find_environment(environ.get("HTTP_HOST", "")) or environment
        return named(environ, start_response)

    def _report(self, error: BaseException, environ: WSGIEnvironment) -> None:
        """Tell of an error in the fake itself, of which the client sees no more than a 500."""
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        self._environment.web_server.failures.append(f"{request} broke the fake: {error!r}")
        traceback.print_exception(error)

    def serve_new_environments(self) -> None:
        """Give a port to every environment that has come since, before anybody can ask for its host name."""
        if self._aws_hostnames:
            return
        with self._lock:
            for environment in all_environments():
                if not environment.hostname.startswith("localhost:"):
                    server = self._running.enter_context(self._server(environment, tls=self._tls))
                    environment.hostname = f"localhost:{server.port}"
                    if not self._tls:
                        # No client would return a cookie that is for secure connections only.
                        environment.assumptions["session_cookie_secure"] = False

    def _variables(self, endpoint_url: str) -> dict[str, str]:
        trust: Mapping[str, str] = self._authority.trust_environment() if self._tls else {}
        credentials = {name: os.environ.get(name) or value for name, value in FAKE_CREDENTIALS.items()}
        unproxied = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
        no_proxy = f"{unproxied},localhost,127.0.0.1" if unproxied else "localhost,127.0.0.1"
        return {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ENDPOINT_URL_MWAA": endpoint_url,
            # Otherwise boto3 puts "api.", "env." or "ops." before the endpoint's host, where nobody is.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            **credentials,
            "AWS_DEFAULT_REGION": self._environment.region,
            "AWS_REGION": self._environment.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
            **trust,
        }


_authority_lock = threading.Lock()
_authority: CertificateAuthority | None = None
_authority_users = 0


@contextmanager
def _shared_authority() -> Iterator[CertificateAuthority]:
    """The one authority of this process; its files are removed when nobody uses it."""
    global _authority, _authority_users  # noqa: PLW0603 - one for the process
    with _authority_lock:
        if _authority is None:
            _authority = CertificateAuthority()
        _authority_users += 1
        authority = _authority
    try:
        yield authority
    finally:
        with _authority_lock:
            _authority_users -= 1
            if _authority_users == 0:
                authority.close()
