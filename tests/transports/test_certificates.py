from __future__ import annotations

import gc
import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from fake_server.transports import certificates
from fake_server.transports.certificates import EXTRA_TRUST_VARIABLE, TRUST_VARIABLES, CertificateAuthority
from fake_server.transports.sockets import LoopbackServer

Serve = Callable[..., LoopbackServer]

WEB_SERVER = "0c16eece-c559-434a-ba99-ffb333e3d2ab.c2.us-east-1.airflow.amazonaws.com"


def names_shown(server: LoopbackServer, authority: CertificateAuthority, asked_for: str | None) -> set[str]:
    """The names of the certificate that a client is shown who asks for a name, or for none."""
    context = ssl.create_default_context(cadata=authority.certificate_pem)
    context.check_hostname = False
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    with context.wrap_socket(raw, server_hostname=asked_for) as client:
        certificate: Any = client.getpeercert()
    return {name for _, name in certificate["subjectAltName"]}


def certificates_in(path: str) -> list[str]:
    return re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----", Path(path).read_text("utf-8"), re.DOTALL)


class TestNames:
    @pytest.mark.parametrize("name", ["localhost", "api.localhost", "env.localhost", "ops.localhost", "127.0.0.1"])
    def test_this_machine_has(self, serve: Serve, authority: CertificateAuthority, name: str) -> None:
        server = serve(tls=authority.server_context)
        context = ssl.create_default_context(cadata=authority.certificate_pem)
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        with context.wrap_socket(raw, server_hostname=name) as client:
            assert client.version()

    def test_given_to_the_first_certificate(self, serve: Serve) -> None:
        with CertificateAuthority([WEB_SERVER, "API.airflow.us-east-1.amazonaws.com", "localhost"]) as authority:
            server = serve(tls=authority.server_context)
            shown = names_shown(server, authority, None)
            assert {WEB_SERVER, "api.airflow.us-east-1.amazonaws.com", "localhost", "127.0.0.1"} < shown
            assert names_shown(server, authority, WEB_SERVER) == shown

    def test_asked_for_by_the_client(self, serve: Serve, authority: CertificateAuthority) -> None:
        server = serve(tls=authority.server_context)
        assert names_shown(server, authority, WEB_SERVER) == {WEB_SERVER}
        assert names_shown(server, authority, WEB_SERVER.upper()) == {WEB_SERVER}
        assert "localhost" in names_shown(server, authority, None)

    def test_each_is_made_once(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        issued: list[tuple[str, ...]] = []
        issue = trustme.CA.issue_cert

        def counting(self: trustme.CA, *names: str, **options: Any) -> trustme.LeafCert:
            issued.append(names)
            return issue(self, *names, **options)

        with CertificateAuthority() as authority:
            server = serve(tls=authority.server_context)
            monkeypatch.setattr(trustme.CA, "issue_cert", counting)
            clients = [threading.Thread(target=names_shown, args=(server, authority, WEB_SERVER)) for _ in range(8)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
        assert issued == [(WEB_SERVER,)]

    def test_that_no_certificate_can_have(
        self, serve: Serve, authority: CertificateAuthority, capfd: pytest.CaptureFixture[str]
    ) -> None:
        server = serve(tls=authority.server_context)
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            names_shown(server, authority, "xn--a")
        assert "localhost" in names_shown(server, authority, "localhost")
        gc.collect()
        assert capfd.readouterr() == ("", "")


class TestKeys:
    def test_never_touch_the_disk(self, tmp_path: Path) -> None:
        """Watches every file that the interpreter opens for writing while certificates are made and trusted."""
        script = """
import os, sys
written = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        written.append(os.fsdecode(arguments[0]))
from fake_server.transports.certificates import CertificateAuthority
sys.addaudithook(watch)
authority = CertificateAuthority(["some.example"])
authority._choose_context(authority.server_context, "other.example", authority.server_context)
assert written == [], written
variables = authority.trust_environment({})
assert {path for path in written if path.endswith(".pem")} == set(variables.values()), written
assert not any("PRIVATE KEY" in open(path).read() for path in variables.values())
authority.close()
"""
        environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", script], env=environment, check=True)
        # Tools that measure the interpreter may leave files of their own there.
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]

    def test_are_not_shown(self, authority: CertificateAuthority) -> None:
        assert "PRIVATE" not in repr(authority) + repr(vars(authority)) + authority.certificate_pem

    def test_without_dev_fd_trustme_loads_them(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(certificates, "OPEN_FILES", tmp_path / "missing")
        with CertificateAuthority() as authority:
            assert "localhost" in names_shown(serve(tls=authority.server_context), authority, "localhost")


class TestTrust:
    @pytest.fixture
    def other(self, tmp_path: Path) -> Path:
        """A bundle that somebody has named already."""
        path = tmp_path / "other.pem"
        trustme.CA().cert_pem.write_to_path(path)
        return path

    def test_every_variable_names_a_file_with_our_certificate(self) -> None:
        with CertificateAuthority() as authority:
            variables = authority.trust_environment({})
            assert set(variables) == {*TRUST_VARIABLES, EXTRA_TRUST_VARIABLE}
            for path in variables.values():
                assert authority.certificate_pem.strip() in certificates_in(path)

    def test_certifi_is_trusted_besides(self) -> None:
        with CertificateAuthority() as authority:
            variables = authority.trust_environment({})
            known = set(certificates_in(DEFAULT_CA_BUNDLE_PATH))
            for name in TRUST_VARIABLES:
                assert known < set(certificates_in(variables[name]))
            assert certificates_in(variables[EXTRA_TRUST_VARIABLE]) == [authority.certificate_pem.strip()]

    @pytest.mark.parametrize("variable", [*TRUST_VARIABLES, EXTRA_TRUST_VARIABLE])
    def test_who_is_trusted_already_stays_trusted(self, other: Path, variable: str) -> None:
        with CertificateAuthority() as authority:
            variables = authority.trust_environment({variable: str(other)})
            ours, theirs = [authority.certificate_pem.strip()], certificates_in(str(other))
            assert certificates_in(variables.pop(variable)) == theirs + ours
            assert not any(theirs[0] in certificates_in(path) for path in variables.values())

    def test_the_process_environment_is_the_default(self, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(other))
        with CertificateAuthority() as authority:
            assert len(certificates_in(authority.trust_environment()["AWS_CA_BUNDLE"])) == 2

    def test_an_empty_variable_is_as_good_as_none(self) -> None:
        with CertificateAuthority() as authority:
            variables = authority.trust_environment({"SSL_CERT_FILE": ""})
            assert variables["SSL_CERT_FILE"] == variables["REQUESTS_CA_BUNDLE"]

    def test_a_file_without_a_newline_at_its_end(self, other: Path) -> None:
        other.write_text(other.read_text("ascii").rstrip(), "ascii")
        with CertificateAuthority() as authority:
            path = authority.trust_environment({"SSL_CERT_FILE": str(other)})["SSL_CERT_FILE"]
            context = ssl.create_default_context(cafile=path)
            assert len(context.get_ca_certs()) == 2

    def test_a_folder_as_openssl_lays_it_out(self, other: Path) -> None:
        folder = other.parent / "certs"
        folder.mkdir()
        (folder / "first.pem").write_bytes(other.read_bytes())
        (folder / "0a1b2c3d.0").symlink_to("first.pem")
        (folder / "README").write_text("no certificate", "ascii")
        with CertificateAuthority() as authority:
            path = authority.trust_environment({"REQUESTS_CA_BUNDLE": str(folder)})["REQUESTS_CA_BUNDLE"]
            assert len(certificates_in(path)) == 2

    def test_a_variable_that_names_nothing(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "missing.pem")
        expected = rf"CURL_CA_BUNDLE names '{re.escape(missing)}', which is neither a file nor a folder\..* unset it\."
        with CertificateAuthority() as authority, pytest.raises(FileNotFoundError, match=expected):
            authority.trust_environment({"CURL_CA_BUNDLE": missing})

    def test_the_files_go_with_the_authority(self) -> None:
        authority = CertificateAuthority()
        paths = [Path(path) for path in authority.trust_environment({}).values()]
        authority.close()
        authority.close()
        assert not any(path.parent.exists() for path in paths)

    def test_they_can_be_written_anew(self) -> None:
        with CertificateAuthority() as authority:
            authority.trust_environment({})
            authority.close()
            assert all(Path(path).is_file() for path in authority.trust_environment({}).values())


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_requests_trusts_by_variable(
    serve: Serve, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name, path in authority.trust_environment({}).items():
        monkeypatch.delenv(name, raising=False)
        if name == variable:
            monkeypatch.setenv(name, path)
    assert requests.get(serve(tls=authority.server_context).url, timeout=60).ok


def test_pythons_ssl_trusts_by_variable(
    serve: Serve, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority.trust_environment({})["SSL_CERT_FILE"])
    connection = http.client.HTTPSConnection("localhost", serve(tls=authority.server_context).port, timeout=60)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()


CURL = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}"]
NODE = ["node", "-e", "require('https').get(process.argv[1], r => process.stdout.write(String(r.resume().statusCode)))"]


@pytest.mark.parametrize(
    ("variable", "command"),
    [
        pytest.param("CURL_CA_BUNDLE", CURL, id="curl"),
        pytest.param("SSL_CERT_FILE", CURL, id="curl, by OpenSSL's variable"),
        pytest.param("NODE_EXTRA_CA_CERTS", NODE, id="node"),
    ],
)
def test_programs_trust_by_variable(
    serve: Serve, authority: CertificateAuthority, variable: str, command: list[str]
) -> None:
    others = {*TRUST_VARIABLES, "SSL_CERT_DIR"}
    environment = {name: value for name, value in os.environ.items() if name not in others}
    environment[variable] = authority.trust_environment({})[variable]
    url = serve(tls=authority.server_context).url
    try:
        done = subprocess.run([*command, url], env=environment, capture_output=True, text=True, check=False, timeout=99)
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is not installed")
    assert (done.stdout, done.stderr) == ("200", "")
