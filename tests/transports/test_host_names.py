from __future__ import annotations

import asyncio
import functools
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import botocore.config
import botocore.exceptions
import httpx
import pytest
import requests
import urllib3

from fake_server.transports import host_names as module
from fake_server.transports.environment_variables import EnvironmentVariables
from fake_server.transports.host_names import HostNames
from fake_server.transports.sockets import LoopbackServer
from fake_server.transports.urllib_opener import NewDefaultOpener

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fake_server.transports.certificates import CertificateAuthority

Serve = Callable[..., LoopbackServer]

HOST = "0c16eece-c559-434a-ba99-ffb333e3d2ab.c2.us-east-1.airflow.amazonaws.com"
OTHER = "other.example"
URL = f"https://{HOST}/path"


def functions() -> tuple[object, ...]:
    inherited = "connect" not in vars(socket.socket), "connect_ex" not in vars(socket.socket)
    return socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex, *inherited


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    before = functions()
    yield
    assert functions() == before
    assert module._installed == []
    assert module._patches == []


@pytest.fixture
def environment(serve: Serve, authority: CertificateAuthority) -> Iterator[LoopbackServer]:
    """A server that is reached under HOST, and trusted."""
    server = serve(tls=authority.server_context)
    untrusted: dict[str, str | None] = {"SSL_CERT_DIR": None}
    variables = EnvironmentVariables({**authority.trust_environment({}), **untrusted})
    with variables, NewDefaultOpener(), HostNames([HOST], server.port):
        yield server


def with_aiohttp() -> str:
    aiohttp = pytest.importorskip("aiohttp")

    async def post() -> str:
        async with aiohttp.ClientSession() as session, session.post(URL) as response:
            return str((await response.json())["HTTP_HOST"])

    return asyncio.run(post())


def with_httpx_async() -> str:
    async def post() -> str:
        async with httpx.AsyncClient() as client:
            return str((await client.post(URL)).json()["HTTP_HOST"])

    return asyncio.run(post())


def with_http_client() -> str:
    connection = http.client.HTTPSConnection(HOST, timeout=60)
    connection.request("POST", "/path")
    with connection.getresponse() as response:
        status = response.status
        response.read()
    connection.close()
    return HOST if status == 200 else ""


def with_urllib() -> str:
    with urllib.request.urlopen(URL, b"x", timeout=60) as response:
        return HOST if response.status == 200 else ""


def with_urllib3() -> str:
    with urllib3.PoolManager(retries=False, ca_certs=ssl.get_default_verify_paths().cafile) as pool:
        return str(json.loads(pool.request("POST", URL).data)["HTTP_HOST"])


CLIENTS = {
    "requests": lambda: requests.post(URL, timeout=60).json()["HTTP_HOST"],
    "httpx": lambda: httpx.post(URL).json()["HTTP_HOST"],
    "httpx, asynchronous": with_httpx_async,
    "aiohttp": with_aiohttp,
    "urllib3": with_urllib3,
    "urllib": with_urllib,
    "http.client": with_http_client,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_http_library_gets_there(environment: LoopbackServer, client: str) -> None:
    assert CLIENTS[client]() == HOST


def test_botocore_gets_there(serve: Serve, authority: CertificateAuthority) -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("418 X", [("Content-Type", "application/json")])
        return [b'{"message": "%s"}' % environ["HTTP_HOST"].encode()]

    pattern = re.compile(r"(api|env|ops)\.airflow\.[a-z0-9-]+\.amazonaws\.com")
    server = serve(application, tls=authority.server_context)
    with EnvironmentVariables(authority.trust_environment({})), HostNames([pattern], server.port):
        session = boto3.Session("key", "secret", region_name="eu-central-1")
        client = session.client("mwaa", config=botocore.config.Config(retries={"max_attempts": 0}))
        with pytest.raises(botocore.exceptions.ClientError, match=r"api\.airflow\.eu-central-1\.amazonaws\.com"):
            client.list_environments()
        client.close()


class TestNames:
    @pytest.mark.parametrize("name", [HOST, HOST.upper(), HOST + ".", HOST.encode()])
    def test_that_are_led_away(self, name: Any) -> None:
        with HostNames([HOST], 1) as names:
            for port in (443, "443", "https", None):
                assert socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][4][0] == names.stand_in

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1", b"localhost", None])
    def test_that_are_left_alone(self, name: Any) -> None:
        expected = socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)
        with HostNames([HOST, re.compile("local")], 1):
            assert socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM) == expected

    @pytest.mark.parametrize("name", ["x." + HOST, HOST + ".invalid", "airflow.aws", "\u65e5\u672c", b"\xff", ""])
    def test_similar_ones_are_asked_for_as_they_are(self, monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
        asked: list[Any] = []
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", lambda host, *arguments: asked.append(host))
            with HostNames([HOST, re.compile("airflow")], 1):
                socket.getaddrinfo(name, 80)
        assert asked == [name]

    def test_have_no_ipv6_address(self) -> None:
        with HostNames([HOST], 1), pytest.raises(socket.gaierror):
            socket.getaddrinfo(HOST, 80, socket.AF_INET6)

    def test_keywords_are_passed_on(self) -> None:
        with HostNames([HOST], 1):
            (found,) = socket.getaddrinfo(host=HOST, port=80, family=socket.AF_INET, type=socket.SOCK_STREAM)
        assert found[:2] == (socket.AF_INET, socket.SOCK_STREAM)

    def test_repr(self) -> None:
        assert repr(HostNames(["b.x", re.compile("c.*"), "A.x"], 80)) == "<HostNames a.x b.x c.* to 127.0.0.1:80>"


class TestAddresses:
    def test_others_are_connected_to(self, serve: Serve) -> None:
        server = serve()
        with HostNames([HOST], 1), socket.create_connection(("127.0.0.1", server.port)) as connection:
            assert connection.getpeername() == ("127.0.0.1", server.port)

    def test_connect_ex(self, serve: Serve) -> None:
        with HostNames([HOST], serve().port) as names, socket.socket() as connection:
            assert connection.connect_ex((names.stand_in, 443)) == 0

    def test_of_unix_sockets_are_passed_on(self) -> None:
        with HostNames([HOST], 1), socket.socket(socket.AF_UNIX) as connection:
            with pytest.raises(FileNotFoundError):
                connection.connect("/missing/socket")

    def test_nobody_listens_on_the_stand_in(self) -> None:
        with HostNames([HOST], 1) as names:
            pass
        with pytest.raises(OSError, match=r"refused|timed out|unreachable|can't assign"):
            socket.create_connection((names.stand_in, 443), timeout=0.2)

    def test_asyncio(self, serve: Serve) -> None:
        async def talk() -> bytes:
            loop = asyncio.get_running_loop()
            ((_, _, _, _, address),) = await loop.getaddrinfo(HOST, 80, type=socket.SOCK_STREAM)
            with socket.socket() as connection:
                connection.setblocking(False)
                await loop.sock_connect(connection, address)
                await loop.sock_sendall(connection, b"GET / HTTP/1.1\r\n\r\n")
                return await loop.sock_recv(connection, 12)

        with HostNames([HOST], serve().port):
            assert asyncio.run(talk()) == b"HTTP/1.1 200"


def answering(text: bytes) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        return [text]

    return application


def get(host: str) -> str:
    return requests.get(f"http://{host}/", timeout=60).text


class TestSeveral:
    def test_side_by_side_in_any_order(self, serve: Serve) -> None:
        one = HostNames([HOST], serve(answering(b"one")).port)
        two = HostNames([OTHER], serve(answering(b"two")).port)
        one.install()
        two.install()
        assert (get(HOST), get(OTHER)) == ("one", "two")
        one.uninstall()
        assert not one.matches(OTHER)
        assert get(OTHER) == "two"
        two.uninstall()

    def test_nested_with_the_same_name(self, serve: Serve) -> None:
        with HostNames([HOST], serve(answering(b"outer")).port):
            with HostNames([HOST], serve(answering(b"inner")).port):
                assert get(HOST) == "inner"
            assert get(HOST) == "outer"

    def test_installed_twice_is_installed_once(self, serve: Serve) -> None:
        names = HostNames([HOST], serve(answering(b"one")).port)
        names.install()
        names.install()
        assert get(HOST) == "one"
        names.uninstall()
        names.uninstall()

    def test_installed_again(self, serve: Serve) -> None:
        names = HostNames([HOST], serve(answering(b"one")).port)
        for _ in range(2):
            with names:
                assert get(HOST) == "one"


class TestSomebodyElsesPatch:
    def test_below_ours_is_restored(self, monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
        asked: list[Any] = []
        real = socket.getaddrinfo

        def theirs(host: Any, *arguments: Any, **keywords: Any) -> Any:
            asked.append(host)
            return real(host, *arguments, **keywords)

        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", theirs)
            with HostNames([HOST], serve(answering(b"one")).port):
                assert get(HOST) == "one"
            assert socket.getaddrinfo is theirs
        assert asked

    def test_above_ours_and_undone_first_is_no_trouble(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with HostNames([HOST], 1), monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", lambda *arguments, **keywords: [])

    def test_above_ours_is_left_in_place_with_a_warning(self, serve: Serve) -> None:
        real = socket.getaddrinfo
        names = HostNames([HOST], serve(answering(b"one")).port)
        names.install()
        ours = socket.getaddrinfo

        def theirs(*arguments: Any, **keywords: Any) -> Any:
            return ours(*arguments, **keywords)

        socket.getaddrinfo = theirs
        expected = f"getaddrinfo of .* was patched by {__name__} .* left in place"
        with pytest.warns(RuntimeWarning, match=expected) as warned:
            names.uninstall()
        assert len(warned) == 1
        assert warned[0].filename == __file__
        assert socket.getaddrinfo is theirs
        assert "connect" not in vars(socket.socket)
        assert socket.getaddrinfo("localhost", 80)

        # It works again on top of theirs, and with theirs gone everything can be restored.
        with names:
            assert get(HOST) == "one"
        assert socket.getaddrinfo is theirs
        socket.getaddrinfo = ours
        with names:
            assert get(HOST) == "one"
        assert socket.getaddrinfo is real

    @pytest.mark.parametrize("whole", [False, True], ids=["as an attribute of its own", "as it was"])
    def test_that_put_the_original_back_is_no_trouble(self, serve: Serve, whole: bool) -> None:
        # As pytest-socket does at the end of each test, used or not.
        original = socket.socket.connect
        with HostNames([HOST], serve(answering(b"one")).port):
            if whole:
                del socket.socket.connect
            else:
                socket.socket.connect = original  # type: ignore[method-assign]
            with HostNames([OTHER], serve(answering(b"two")).port):
                assert (get(HOST), get(OTHER)) == ("one", "two")

    def test_between_two_of_ours_and_undone_under_the_second(self, serve: Serve) -> None:
        real = socket.getaddrinfo
        names = HostNames([HOST], serve(answering(b"one")).port)
        names.install()
        ours = socket.getaddrinfo
        socket.getaddrinfo = functools.partial(ours)
        with pytest.warns(RuntimeWarning, match="left in place"):
            names.uninstall()
        names.install()
        socket.getaddrinfo = ours
        assert get(HOST) == "one"
        names.uninstall()
        assert socket.getaddrinfo is real


def test_an_import_patches_nothing() -> None:
    script = "import socket; real = socket.getaddrinfo; import fake_server.transports.host_names as host_names;"
    check = "assert socket.getaddrinfo is real; assert 'connect' not in vars(socket.socket)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script + check], check=True, env=environment)
