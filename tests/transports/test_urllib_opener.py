from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator

import pytest

from fake_server.transports.certificates import CertificateAuthority
from fake_server.transports.environment_variables import EnvironmentVariables
from fake_server.transports.sockets import LoopbackServer
from fake_server.transports.urllib_opener import NewDefaultOpener

Serve = Callable[..., LoopbackServer]


class Quiet(urllib.request.BaseHandler):
    """A handler that somebody made."""

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        return request


def default_opener() -> urllib.request.OpenerDirector | None:
    opener: urllib.request.OpenerDirector | None = getattr(urllib.request, "_opener")  # noqa: B009
    return opener


@pytest.fixture(autouse=True)
def opener() -> Iterator[urllib.request.OpenerDirector]:
    """The opener that urllib has made before, as after any first use."""
    before = default_opener()
    made = urllib.request.build_opener()
    urllib.request.install_opener(made)
    yield made
    urllib.request.install_opener(before)


def get(server: LoopbackServer) -> int:
    with urllib.request.urlopen(f"https://localhost:{server.port}/", timeout=60) as response:
        status: int = response.status
        return status


def test_an_authority_of_later_is_trusted(serve: Serve) -> None:
    for _ in range(2):
        with CertificateAuthority() as authority:
            server = serve(tls=authority.server_context)
            variables = {**authority.trust_environment({}), "SSL_CERT_DIR": None}
            with EnvironmentVariables(variables), NewDefaultOpener():
                assert get(server) == 200


def test_the_opener_from_before_is_back(opener: urllib.request.OpenerDirector) -> None:
    with NewDefaultOpener():
        assert default_opener() is None
        urllib.request.install_opener(urllib.request.build_opener())
    assert default_opener() is opener


def test_several_end_in_any_order(opener: urllib.request.OpenerDirector) -> None:
    first, second = NewDefaultOpener(), NewDefaultOpener()
    first.apply()
    second.apply()
    urllib.request.install_opener(urllib.request.build_opener())
    first.restore()
    assert default_opener() is None
    second.restore()
    second.restore()
    assert default_opener() is opener


@pytest.mark.parametrize("when", ["before", "while"])
def test_handlers_of_ones_own_stay(when: str) -> None:
    own = urllib.request.build_opener(Quiet())
    if when == "before":
        urllib.request.install_opener(own)
    with NewDefaultOpener():
        if when == "while":
            urllib.request.install_opener(own)
        assert default_opener() is own
    assert default_opener() is own
