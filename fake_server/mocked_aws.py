"""moto's mock of AWS, entered once for all fake environments of this process, with their web servers in reach."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from moto import mock_aws
from moto.core.models import responses_mock

from fake_server import aws
from fake_server.aws.environments import HOSTNAME_PATTERN, is_web_server_host, web_servers
from fake_server.settings import DEFAULT_REGION
from fake_server.transports.environment_variables import EnvironmentVariables
from fake_server.transports.in_process import InProcessBinding
from fake_server.transports.retries import retrying_adapters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responses import RequestsMock

#: What would lead boto3 past moto: an endpoint of the developer's own, or a profile that is not here.
MISLEADING: Mapping[str, str | None] = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_PROFILE": None}
#: Credentials with which nothing can be done anywhere; moto recommends the word.
FAKE_CREDENTIALS: Mapping[str, str] = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def region_in_force(region: str | None = None) -> str:
    """``region``, else that of the environment variables, else the default."""
    return region or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


@contextmanager
def mocked_aws(region: str | None = None) -> Iterator[None]:
    """Have AWS mocked: boto3 reaches moto's services and ours, ``requests`` the web servers of all environments.

    Contexts may overlap in any order, and may stand in a ``mock_aws`` of the caller's own: state is fresh in the
    outermost and common to all. The outermost also has credentials set, and the region: ``region``, if given, else a
    default if the environment has none. Endpoints and profiles that the environment or ``~/.aws`` configures do not
    count meanwhile; an ``endpoint_url=`` of the caller's does.
    """
    _mock.enter(region)
    try:
        yield
    finally:
        _mock.leave()


def in_reach(host_name: str, requests_mock: RequestsMock = responses_mock) -> InProcessBinding:
    """Have ``requests`` reach the web server of that name through this mock: moto's, or one of the caller's own.

    A context manager, inside :func:`mocked_aws`. Where it is a name that MWAA could have given, all such names are
    reached; one name must not stand twice in a mock.
    """
    name = re.compile(HOSTNAME_PATTERN) if is_web_server_host(host_name) else host_name
    idle = requests_mock is not responses_mock
    return InProcessBinding(web_servers, requests_mock=requests_mock, host_names=[name], may_be_idle=idle)


class _SharedMock:
    """Starts with the first user and stops with the last."""

    def __init__(self) -> None:
        self._users = 0
        self._lock = threading.Lock()
        self._running = ExitStack()
        # A binding of our own, since moto's drops all but one of several Set-Cookie headers.
        self._binding = InProcessBinding(
            web_servers, requests_mock=responses_mock, host_names=[re.compile(HOSTNAME_PATTERN)]
        )

    def enter(self, region: str | None) -> None:
        with self._lock:
            if self._users == 0:
                self._start(region)
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._stop()

    def _start(self, region: str | None) -> None:
        aws.register()
        credentials = {name: os.environ.get(name) or value for name, value in FAKE_CREDENTIALS.items()}
        with ExitStack() as stack:
            # Under moto's own, which restores an empty variable wrongly.
            variables = {"AWS_DEFAULT_REGION": region_in_force(region), **credentials, **MISLEADING}
            stack.enter_context(EnvironmentVariables(variables))
            # Unbinding comes behind moto's end and is cheap then: moto has forgotten all bindings, unless a mock of
            # the caller's goes on.
            stack.callback(self._binding.unbind)
            stack.enter_context(mock_aws())
            self._binding.bind()
            stack.enter_context(retrying_adapters())
            self._running = stack.pop_all()

    def _stop(self) -> None:
        self._running.close()


_mock = _SharedMock()
