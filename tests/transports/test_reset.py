"""An application that raises ConnectionResetError has the connection broken off, in place of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from fake_server.transports.certificates import CertificateAuthority
from fake_server.transports.in_process import InProcessBinding
from fake_server.transports.sockets import LoopbackServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def breaking_off(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/broken":
        raise ConnectionResetError("ordered by a test")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_on_a_socket_the_client_sees_a_reset_and_the_server_goes_on(
    scheme: str, authority: CertificateAuthority, tmp_path: Any
) -> None:
    errors: list[BaseException] = []
    bundle = tmp_path / "ca.pem"
    bundle.write_text(authority.certificate_pem)
    tls = authority.server_context if scheme == "https" else None
    with (
        LoopbackServer(breaking_off, tls=tls, on_error=lambda error, _: errors.append(error)) as server,
        requests.Session() as session,
    ):
        session.verify = str(bundle)
        session.trust_env = False
        with pytest.raises(requests.ConnectionError, match=re.compile("reset|aborted", re.IGNORECASE)):
            session.get(f"{server.url}/broken")
        assert session.get(f"{server.url}/").text == "fine"
    assert not errors, "an ordered reset is no failure of the application"


def test_in_process_requests_raises_what_it_raises_for_a_reset() -> None:
    with (
        responses.RequestsMock(assert_all_requests_are_fired=False) as mock,
        InProcessBinding(breaking_off, requests_mock=mock, host_names=["environment.example"]),
    ):
        with pytest.raises(requests.ConnectionError, match="Connection aborted") as raised:
            requests.get("https://environment.example/broken", timeout=5)
        assert raised.value.request is not None
        assert requests.get("https://environment.example/", timeout=5).text == "fine"
