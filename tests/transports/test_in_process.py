from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
import responses
from moto import mock_aws
from moto.core.models import responses_mock as motos_mock
from packaging.version import Version
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from fake_server.transports.in_process import METHODS, InProcessBinding

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "0c16eece-c559-434a-ba99-ffb333e3d2ab.c2.us-east-1.airflow.amazonaws.com"
URL = f"https://{HOST}"

Bind = Callable[..., InProcessBinding]


@contextmanager
def plain_mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@contextmanager
def mock_of_moto() -> Iterator[responses.RequestsMock]:
    with mock_aws():
        yield motos_mock


@pytest.fixture(params=[plain_mock, mock_of_moto])
def requests_mock(request: pytest.FixtureRequest) -> Iterator[responses.RequestsMock]:
    with request.param() as mock:
        yield mock


@pytest.fixture
def bind(requests_mock: responses.RequestsMock, echo: WSGIApplication) -> Iterator[Bind]:
    bound: list[InProcessBinding] = []

    def start(application: WSGIApplication = echo, host_names: Any = (HOST,), **options: Any) -> InProcessBinding:
        bound.append(InProcessBinding(application, requests_mock=requests_mock, host_names=host_names, **options))
        bound[-1].bind()
        return bound[-1]

    yield start
    for binding in bound:
        binding.unbind()


def body_of(answer: requests.Response) -> bytes:
    return base64.b64decode(answer.json()["body"])


class TestTheRequest:
    def test_reaches_the_application(self, bind: Bind) -> None:
        bind()
        seen = requests.post(URL + "/aws_mwaa/cli?a=b%20c", "version", headers={"Authorization": "Bearer x"}).json()
        assert seen["REQUEST_METHOD"] == "POST"
        assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/aws_mwaa/cli", "a=b%20c")
        assert (seen["wsgi.url_scheme"], seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("https", HOST, "443")
        assert (seen["HTTP_HOST"], seen["REMOTE_ADDR"]) == (HOST, "127.0.0.1")
        assert (seen["HTTP_AUTHORIZATION"], seen["CONTENT_LENGTH"]) == ("Bearer x", "7")

    def test_over_plain_http_says_so(self, bind: Bind) -> None:
        bind()
        seen = requests.get(f"http://{HOST}/").json()
        assert (seen["wsgi.url_scheme"], seen["SERVER_PORT"]) == ("http", "80")

    def test_to_a_port_says_so(self, bind: Bind) -> None:
        bind()
        seen = requests.get(f"{URL}:8443/").json()
        assert (seen["SERVER_PORT"], seen["HTTP_HOST"]) == ("8443", f"{HOST}:8443")
        assert requests.get(f"{URL}:443/").json()["HTTP_HOST"] == HOST

    def test_with_a_host_header_of_its_own(self, bind: Bind) -> None:
        bind()
        seen = requests.get(URL, headers={"Host": "other.example"}).json()
        assert (seen["SERVER_NAME"], seen["HTTP_HOST"]) == (HOST, "other.example")

    def test_with_credentials_in_the_url(self, bind: Bind) -> None:
        bind()
        seen = requests.get(f"https://user:pass@{HOST}/").json()
        assert seen["HTTP_HOST"] == HOST
        assert seen["HTTP_AUTHORIZATION"] == "Basic " + base64.b64encode(b"user:pass").decode()

    def test_to_an_ipv6_address(self, bind: Bind) -> None:
        bind(host_names=["[::1]"])
        seen = requests.get("https://[::1]:8443/").json()
        assert (seen["SERVER_NAME"], seen["SERVER_PORT"], seen["HTTP_HOST"]) == ("[::1]", "8443", "[::1]:8443")
        seen = requests.get("https://[::1]/").json()
        assert (seen["SERVER_NAME"], seen["SERVER_PORT"], seen["HTTP_HOST"]) == ("[::1]", "443", "[::1]")

    @pytest.mark.parametrize(
        ("path", "path_info", "query"),
        [
            ("", "/", ""),
            ("/a%2Fb", "/a/b", ""),
            ("/a%2fb", "/a/b", ""),
            ("/a//b", "/a//b", ""),
            ("//a//b", "/a//b", ""),
            ("/caf%C3%A9", "/caf\xc3\xa9", ""),
            ("/caf\u00e9", "/caf\xc3\xa9", ""),
            ("/%E9", "/\xef\xbf\xbd", ""),
            ("/a%00b", "/a\x00b", ""),
            ("/a+b%20c", "/a+b c", ""),
            ("/?", "/", ""),
            ("/?a=1&a=2&b=%2F+%C3%A9", "/", "a=1&a=2&b=%2F+%C3%A9"),
            ("/?a=b?c/d", "/", "a=b?c/d"),
            ("/a;b=c", "/a;b=c", ""),
            ("/a#fragment", "/a", ""),
            (
                "/dags/~/dagRuns/manual__2024-01-01T00:00:00+00:00",
                "/dags/~/dagRuns/manual__2024-01-01T00:00:00+00:00",
                "",
            ),
        ],
    )
    def test_keeps_its_path(self, bind: Bind, path: str, path_info: str, query: str) -> None:
        bind()
        seen = requests.get(URL + path).json()
        assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == (path_info, query)
        assert seen["RAW_URI"] == seen["REQUEST_URI"]
        assert seen["RAW_URI"].count("/") == (path or "/").partition("#")[0].count("/")

    @pytest.mark.parametrize("method", METHODS)
    def test_has_any_method(self, bind: Bind, method: str) -> None:
        bind()
        answer = requests.request(method, URL)
        assert answer.status_code == 200
        if method != "HEAD":
            assert answer.json()["REQUEST_METHOD"] == method

    def test_has_headers_as_on_the_network(self, bind: Bind) -> None:
        bind()
        headers: dict[Any, Any] = {"X-Bytes": b"caf\xe9", "X-Text": "caf\xe9", b"X-Name": "x", "X_Under": "dropped"}
        seen = requests.get(URL, headers=headers).json()
        assert (seen["HTTP_X_BYTES"], seen["HTTP_X_TEXT"], seen["HTTP_X_NAME"]) == ("caf\xe9", "caf\xe9", "x")
        assert "HTTP_X_UNDER" not in seen

    def test_with_a_header_that_cannot_be_sent(self, bind: Bind) -> None:
        bind()
        with pytest.raises(UnicodeEncodeError):
            requests.get(URL, headers={"X": "\u20ac"})


class TestTheRequestsBody:
    @pytest.mark.parametrize(
        "body",
        [
            b"\x00\xff\r\n",
            bytearray(b"abc"),
            "text",
            pytest.param(
                "caf\u00e9 \u20ac",
                marks=pytest.mark.skipif(
                    Version(requests.__version__) < Version("2.32"),
                    reason="requests before 2.32 counts characters, not bytes",
                ),
            ),
            b"",
        ],
    )
    def test_of_bytes_or_text(self, bind: Bind, body: Any) -> None:
        bind()
        expected = body.encode() if isinstance(body, str) else bytes(body)
        answer = requests.post(URL, data=body)
        assert body_of(answer) == expected
        assert answer.json()["CONTENT_LENGTH"] == str(len(expected))

    def test_of_a_file(self, bind: Bind, tmp_path: Path) -> None:
        bind()
        (tmp_path / "file").write_bytes(b"\x00\xffin a file")
        with (tmp_path / "file").open("rb") as stream:
            assert body_of(requests.post(URL, data=stream)) == b"\x00\xffin a file"

    def test_of_a_file_of_text(self, bind: Bind) -> None:
        bind()
        assert body_of(requests.post(URL, data=io.StringIO("caf\u00e9"))) == "caf\u00e9".encode()

    def test_of_a_generator(self, bind: Bind) -> None:
        bind()
        answer = requests.post(URL, data=(part for part in [b"some ", b"chunks"]))
        assert body_of(answer) == b"some chunks"
        assert answer.json()["HTTP_TRANSFER_ENCODING"] == "chunked"
        assert "CONTENT_LENGTH" not in answer.json()

    def test_of_a_form_or_files(self, bind: Bind) -> None:
        @Request.application
        def application(request: Request) -> Response:
            return Response(f"{request.form['a']} {request.files['f'].read().decode()}")

        bind(application)
        assert requests.post(URL, data={"a": "1"}, files={"f": b"content"}).text == "1 content"

    def test_of_a_generator_is_read_by_werkzeug(self, bind: Bind) -> None:
        @Request.application
        def application(request: Request) -> Response:
            return Response(request.get_data())

        bind(application)
        assert requests.post(URL, data=iter([b"some ", b"chunks"])).content == b"some chunks"

    def test_that_is_left_out(self, bind: Bind) -> None:
        bind()
        seen = requests.get(URL).json()
        assert "CONTENT_LENGTH" not in seen
        assert "CONTENT_TYPE" not in seen
        assert requests.post(URL).json()["CONTENT_LENGTH"] == "0"

    def test_that_comes_with_get(self, bind: Bind) -> None:
        bind()
        answer = requests.get(URL, json={})
        assert body_of(answer) == b"{}"
        assert answer.json()["CONTENT_TYPE"] == "application/json"

    def test_that_is_too_large(self, bind: Bind) -> None:
        bind(body_bytes=1000)
        answer = requests.post(URL, data=b"x" * 1001)
        assert answer.status_code == 413
        assert answer.text == "The request's body is larger than the 1000 bytes that this server accepts.\n"
        assert requests.post(URL, data=b"x" * 1000).status_code == 200

    def test_ten_megabytes_are_the_default(self, bind: Bind) -> None:
        bind()
        assert requests.post(URL, data=b"x" * (10 * 1024 * 1024 + 1)).status_code == 413

    @pytest.mark.parametrize("where", ["headers", "params"])
    def test_headers_of_a_megabyte(self, bind: Bind, where: str) -> None:
        bind()
        options: dict[str, Any] = {where: {"X": "x" * 1_000_000}}
        answer = requests.get(URL, **options)
        assert answer.status_code == 431
        assert "65536 bytes" in answer.text


class TestTheAnswer:
    def test_has_status_headers_and_body(self, bind: Bind) -> None:
        @Request.application
        def application(request: Request) -> Response:
            return Response(b"\x00\xff", 418, {"X-Some": "1"}, content_type="x/y")

        bind(application)
        answer = requests.get(URL)
        assert (answer.status_code, answer.content) == (418, b"\x00\xff")
        assert (answer.headers["X-Some"], answer.headers["Content-Type"]) == ("1", "x/y")
        assert answer.headers["Content-Length"] == "2"
        assert answer.headers["Date"].endswith(" GMT")

    def test_has_no_content_type_that_the_application_did_not_set(self, bind: Bind) -> None:
        def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            start_response("200 OK", [])
            return [b"body"]

        bind(application)
        assert "Content-Type" not in requests.get(URL).headers

    def test_can_be_streamed(self, bind: Bind) -> None:
        @Request.application
        def application(request: Request) -> Response:
            return Response(str(number) + "\n" for number in range(3))

        bind(application)
        assert list(requests.get(URL, stream=True).iter_lines()) == [b"0", b"1", b"2"]

    def test_to_head_has_no_body(self, bind: Bind) -> None:
        bind()
        answer = requests.head(URL)
        assert answer.content == b""
        assert int(answer.headers["Content-Length"]) > 100

    @pytest.mark.parametrize("status", [204, 304])
    def test_without_content(self, bind: Bind, status: int) -> None:
        def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            start_response(f"{status} X", [])
            return [b"a body that must not be seen"]

        bind(application)
        answer = requests.get(URL)
        assert (answer.status_code, answer.content) == (status, b"")

    def test_redirects(self, bind: Bind) -> None:
        @Request.application
        def application(request: Request) -> Response:
            if request.path == "/start":
                return redirect(f"{URL}/end?a=b", 303)
            return Response(f"{request.method} {request.full_path}")

        bind(application)
        answer = requests.post(f"{URL}/start", data="x")
        assert answer.text == "GET /end?a=b"
        assert [step.status_code for step in answer.history] == [303]

    def test_sets_several_cookies(self, bind: Bind) -> None:
        @Request.application
        def application(request: Request) -> Response:
            response = Response(" ".join(sorted(request.cookies)))
            response.set_cookie("root", "1", secure=True, httponly=True)
            response.set_cookie("deep", "2", path="/deep")
            response.set_cookie("gone", "", max_age=0)
            return response

        bind(application)
        with requests.Session() as session:
            answer = session.get(f"{URL}/")
            assert session.cookies.get_dict() == {"root": "1", "deep": "2"}
            assert answer.raw.headers.getlist("Set-Cookie")[0].startswith("root=1; ")
            assert len(answer.raw.headers.getlist("Set-Cookie")) == 3
            assert session.get(f"{URL}/").text == "root"
            assert session.get(f"{URL}/deep/er").text == "deep root"

    def test_of_an_application_that_fails_raises_in_the_caller(self, bind: Bind) -> None:
        def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            raise ValueError("inside")

        bind(application)
        with pytest.raises(ValueError, match="inside"):
            requests.get(URL)

    def test_of_an_application_that_fails_with_a_hook_is_500(self, bind: Bind) -> None:
        told: list[BaseException] = []

        def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            raise ValueError("inside")

        bind(application, on_error=lambda error, environ: told.append(error))
        answer = requests.get(URL)
        assert (answer.status_code, answer.text) == (500, "The application failed on this request: ValueError\n")
        assert [str(error) for error in told] == ["inside"]


def answering(text: str) -> WSGIApplication:
    @Request.application
    def application(request: Request) -> Response:
        return Response(text)

    return application


class TestHostNames:
    def test_several_applications_side_by_side(self, bind: Bind) -> None:
        bind(answering("one"), ["one.example"])
        bind(answering("two"), ["two.example", "2.example"])
        hosts = ("one.example", "two.example", "2.example", "ONE.example")
        assert [requests.get(f"https://{host}/").text for host in hosts] == ["one", "two", "two", "one"]

    def test_patterns(self, bind: Bind) -> None:
        bind(answering("any"), [re.compile(r"[^.]+\.c[0-9]+\.us-east-1\.airflow\.example|other\.example")])
        for host in ("x.c2.us-east-1.airflow.example", "y.c11.us-east-1.airflow.example", "other.example"):
            assert requests.get(f"https://{host}/path?query").text == "any"

    @pytest.mark.parametrize(
        "url",
        [
            "https://one.example.org/",
            "https://xone.example/",
            "https://one-example/",
            "https://other.example/one.example/",
            "https://other.example/?https://one.example/",
            "https://one.example@other.example/",
        ],
    )
    def test_others_are_left_alone(self, bind: Bind, requests_mock: responses.RequestsMock, url: str) -> None:
        bind(answering("one"), ["one.example"])
        requests_mock.add(responses.GET, re.compile(".*"), "somebody else's")
        assert requests.get(url).text == "somebody else's"

    def test_repr(self, bind: Bind) -> None:
        binding = bind(host_names=["one.example", re.compile("two.*")])
        assert repr(binding) == "<InProcessBinding one.example two.*>"
        binding.unbind()
        assert repr(binding) == "<InProcessBinding one.example two.* (not bound)>"


class TestUnbinding:
    def test_leaves_nothing_behind(self, requests_mock: responses.RequestsMock, echo: WSGIApplication) -> None:
        before = list(requests_mock.registered())
        with InProcessBinding(echo, requests_mock=requests_mock, host_names=[HOST, re.compile("x")]):
            assert len(requests_mock.registered()) == len(before) + 2 * len(METHODS)
        assert [id(response) for response in requests_mock.registered()] == [id(response) for response in before]

    def test_leaves_others_in_place(self, bind: Bind) -> None:
        first = bind(answering("first"))
        bind(answering("second"))
        first.unbind()
        assert [requests.get(URL).text for _ in range(3)] == ["second"] * 3

    def test_twice_is_harmless(self, bind: Bind) -> None:
        binding = bind()
        binding.unbind()
        binding.unbind()

    def test_after_the_mock_was_reset(self, bind: Bind, requests_mock: responses.RequestsMock) -> None:
        binding = bind()
        requests_mock.reset()
        binding.unbind()

    def test_binding_again(self, bind: Bind, requests_mock: responses.RequestsMock) -> None:
        binding = bind()
        count = len(requests_mock.registered())
        binding.bind()
        assert len(requests_mock.registered()) == count
        assert requests.get(URL).status_code == 200


class TestUnderMoto:
    def test_aws_still_answers(self, echo: WSGIApplication) -> None:
        with mock_aws(), InProcessBinding(echo, requests_mock=motos_mock, host_names=[HOST]):
            assert requests.get(URL).json()["HTTP_HOST"] == HOST
            assert boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"]

    def test_a_nested_mock_aws_keeps_it(self, echo: WSGIApplication) -> None:
        with mock_aws(), InProcessBinding(echo, requests_mock=motos_mock, host_names=[HOST]):
            with mock_aws():
                assert requests.get(URL).status_code == 200
            assert requests.get(URL).status_code == 200

    def test_a_test_that_uses_responses_itself_keeps_it(self, echo: WSGIApplication) -> None:
        with mock_aws(), InProcessBinding(echo, requests_mock=motos_mock, host_names=[HOST]):
            responses.mock.add(responses.GET, "https://theirs.example/", "theirs")
            try:
                assert requests.get("https://theirs.example/").text == "theirs"
                assert requests.get(URL).status_code == 200
            finally:
                responses.mock.reset()

    def test_the_send_function_is_restored(self, echo: WSGIApplication) -> None:
        before = requests.adapters.HTTPAdapter.send
        with mock_aws(), InProcessBinding(echo, requests_mock=motos_mock, host_names=[HOST]):
            pass
        assert requests.adapters.HTTPAdapter.send is before


def test_a_body_of_an_unknown_kind(bind: Bind) -> None:
    bind()
    prepared = requests.Request("POST", URL).prepare()
    prepared.body = 5  # type: ignore[assignment]
    with (
        requests.Session() as session,
        pytest.raises(TypeError, match="bytes, text, a file or an iterable of bytes, not int"),
    ):
        session.send(prepared)


def texts() -> Any:
    yield "text in "
    yield "an iterable"


def test_a_body_of_texts(bind: Bind) -> None:
    bind()
    assert body_of(requests.post(URL, data=texts())) == b"text in an iterable"
