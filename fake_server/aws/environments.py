"""All environments of all accounts and regions, found by the host name of their web server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from fake_server.aws.models import mwaa_backends

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fake_server.aws.environment import Environment

#: The host names that MWAA gives its web servers: the older kind, and the one of environments made since 2025-08-19.
HOSTNAME_PATTERN = r"[^./]+\.c\d+\.(?:[^./]+\.airflow\.amazonaws\.com|airflow\.[^./]+\.on\.aws)"
_HOSTNAME = re.compile(HOSTNAME_PATTERN, re.IGNORECASE)


def is_web_server_host(host: str) -> bool:
    """Whether ``host``, with or without a port, is a name that MWAA could have given a web server."""
    return _HOSTNAME.fullmatch(host.partition(":")[0]) is not None


def all_environments() -> Iterator[Environment]:
    """Every environment there is."""
    for account in list(mwaa_backends.values()):
        for backend in list(account.values()):
            yield from list(backend.environments.values())


def find_environment(host: str) -> Environment | None:
    """The environment whose WebServerHostname is ``host``, in any account and region; None for nobody's.

    The port that clients add to a name without one is left out of the comparison.
    """
    wanted = host.lower()
    without_port = wanted.partition(":")[0]
    for environment in all_environments():
        if environment.hostname.lower() in {wanted, without_port} and environment.status != "DELETED":
            return environment
    return None


def web_servers(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The web servers of all environments as one WSGI application, told apart by the Host header."""
    environment = find_environment(environ.get("HTTP_HOST", ""))
    if environment is None:
        # Nothing of AWS answers under such a name at all; this says why, to whoever mistyped it.
        answer = Response("No environment has this host name.\n", 502, content_type="text/plain; charset=utf-8")
        return answer(environ, start_response)
    return environment(environ, start_response)
