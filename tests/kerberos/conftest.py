"""A Kerberos realm of its own for the tests: a KDC on loopback, in a temporary folder. Nothing of /etc is used.

The machine needs Debian's packages krb5-kdc, krb5-admin-server and krb5-user; without gssapi and k5test the tests are
skipped. The host is localhost, and names of hosts are taken as they are.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fake_server import FakeMWAA

REALM = "MWAA.TEST"
PASSWORDS = {"alice": "alice-pw", "bob": "bob-pw"}


@dataclass
class Realm:
    """The realm with the principals alice, bob, airflow/localhost and HTTP/localhost."""

    #: k5test's own realm, with the variables of its processes in ``env``.
    kdc: Any
    folder: Path

    def login(self, name: str, *flags: str) -> dict[str, str]:
        """Get a ticket-granting ticket of ``name`` into a cache of its own; the variables with which it is used."""
        cache = self.folder / f"cache-of-{name}{'-'.join(flags)}"
        self.run("kinit", *flags, "-c", str(cache), f"{name}@{REALM}", typed=PASSWORDS[name] + "\n")
        return {**self.kdc.env, "KRB5CCNAME": str(cache)}

    def keytab(self, *services: str) -> Path:
        """A keytab with the keys of ``services``."""
        path = self.folder / f"{'-'.join(services).replace('/', '.')}.keytab"
        if not path.exists():
            for service in services:
                self.kdc.extract_keytab(f"{service}@{REALM}", str(path))
        return path

    def strict_configuration(self) -> str:
        """A configuration under which clocks may differ by one second only, where five minutes are usual."""
        path = self.folder / "strict.conf"
        text = Path(self.kdc.env["KRB5_CONFIG"]).read_text("utf-8")
        path.write_text(text.replace("[libdefaults]", "[libdefaults]\n    clockskew = 1"), "utf-8")
        return str(path)

    def run(self, *command: str, typed: str | None = None) -> str:
        """Run a program of Kerberos in the realm."""
        done = subprocess.run(
            command, env=self.kdc.env, input=typed, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _free_port_base() -> int:
    """A port with free ones behind it; the realm takes a few from there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return min(port, 65000)


@pytest.fixture(scope="session")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    pytest.importorskip("gssapi", reason="the extra pytest-mwaa[kerberos] is not installed")
    k5test = pytest.importorskip("k5test")
    folder = tmp_path_factory.mktemp("realm")
    libdefaults = {
        "dns_canonicalize_hostname": "false",
        "dns_lookup_kdc": "false",
        "dns_lookup_realm": "false",
        "rdns": "false",
    }
    kdc = k5test.K5Realm(
        realm=REALM,
        portbase=_free_port_base(),
        krb5_conf={"libdefaults": libdefaults, "domain_realm": {"localhost": REALM}},
        create_user=False,
        create_host=False,
        get_creds=False,
    )
    try:
        for name, password in PASSWORDS.items():
            kdc.addprinc(f"{name}@{REALM}", password)
        for service in ("airflow/localhost", "HTTP/localhost", "airflow/other.example"):
            kdc.addprinc(f"{service}@{REALM}")
        kdc.env["KRB5RCACHEDIR"] = str(folder)
        yield Realm(kdc, folder)
    finally:
        kdc.stop()
        kdc.__del__()


@pytest.fixture
def in_realm(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> Realm:
    """The test's own process belongs to the realm: its Kerberos library reads the realm's configuration."""
    for name, value in realm.kdc.env.items():
        if name.startswith("KRB5"):
            monkeypatch.setenv(name, value)
    return realm


#: Status, headers and body.
CurlAnswer = tuple[int, dict[str, list[str]], str]
Serve = Callable[..., AbstractContextManager[FakeMWAA]]


@pytest.fixture
def serve(in_realm: Realm) -> Serve:
    """Starts a live environment with Kerberos and the users alice (Admin) and bob (Viewer), named as principals are."""

    @contextmanager
    def start(version: str = "2.10.5", *, keytab: Path | None = None, **settings: Any) -> Iterator[FakeMWAA]:
        config = {
            "kerberos.keytab": str(keytab or in_realm.keytab("airflow/localhost")),
            **({} if version == "1.10.12" else {"api.enable_experimental_api": "True"}),
        }
        with FakeMWAA(
            airflow_version=version, auth_backends=["kerberos_auth"], config=config, dags=["etl"], live=True, **settings
        ) as mwaa:
            mwaa.add_user(f"alice@{REALM}", role="Admin")
            mwaa.add_user(f"bob@{REALM}", role="Viewer")
            yield mwaa

    return start


@pytest.fixture
def curl(tmp_path: Path) -> Callable[..., CurlAnswer]:
    """Runs curl; the status, headers and body of the last answer."""

    def run(mwaa: FakeMWAA, path: str, environment: dict[str, str], *options: str) -> CurlAnswer:
        headers = tmp_path / "headers"
        command = ["curl", "--silent", "--show-error", "--dump-header", str(headers), *options, f"{mwaa.url}{path}"]
        done = subprocess.run(
            command,
            env={**environment, **mwaa.env, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        *_, last = headers.read_text().replace("\r", "").strip().split("\n\n")
        status, *lines = last.split("\n")
        found: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            found.setdefault(name.lower(), []).append(value)
        return int(status.split()[1]), found, done.stdout

    return run
