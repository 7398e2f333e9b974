"""A keytab that cannot be used is named when the environment is made, not when a client comes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fake_server import FakeMWAA, SettingError
from tests.kerberos.conftest import Realm, Serve


def make(keytab: Path | None, version: str = "2.10.5") -> FakeMWAA:
    config = {} if keytab is None else {"kerberos.keytab": str(keytab)}
    return FakeMWAA(airflow_version=version, auth_backends=["kerberos_auth"], config=config)


@pytest.mark.parametrize("version", ["1.10.12", "2.10.5"])
def test_without_a_keytab(in_realm: Realm, version: str) -> None:
    with pytest.raises(SettingError, match=r"needs a keytab: .*'airflow\.keytab', which cannot be used: No such file"):
        make(None, version).start()


@pytest.mark.parametrize("content", [b"", b"not a keytab", b"\x05\x02"], ids=["empty", "text", "no entry"])
def test_a_file_that_is_no_keytab(in_realm: Realm, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.keytab"
    path.write_bytes(content)
    with pytest.raises(SettingError, match=r"a\.keytab', which cannot be used: .*kerberos='stand-in'"):
        make(path).start()


def test_a_folder(in_realm: Realm, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="which cannot be used: Is a directory"):
        make(tmp_path).start()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_keytab_that_may_not_be_read(in_realm: Realm, tmp_path: Path) -> None:
    path = tmp_path / "secret.keytab"
    path.write_bytes(in_realm.keytab("airflow/localhost").read_bytes())
    path.chmod(0)
    with pytest.raises(SettingError, match="which cannot be used: Permission denied"):
        make(path).start()


def test_an_option_that_comes_later(in_realm: Realm, serve: Serve) -> None:
    with FakeMWAA(auth_backends=["session"]) as mwaa:
        with pytest.raises(ValueError, match="needs a keytab"):
            mwaa.config["api.auth_backends"] = "airflow.api.auth.backend.kerberos_auth"
        assert mwaa.config["api.auth_backends"] == "airflow.api.auth.backend.session"


def test_a_keytab_without_the_servers_key_refuses_everybody(in_realm: Realm, serve: Serve, tmp_path: Path) -> None:
    import requests

    with serve(keytab=in_realm.keytab("HTTP/localhost")) as mwaa:
        answer = requests.get(f"{mwaa.url}/api/experimental/test", headers={"Authorization": "Negotiate YWJjZA=="})
        assert answer.status_code == 403
        assert "No key table entry found" in (mwaa.journal[-1].refusal or "")


def test_nothing_is_left_in_the_process(in_realm: Realm, serve: Serve) -> None:
    before = dict(os.environ)
    with serve():
        pass
    assert dict(os.environ) == before
