"""Real clients with tickets of a real KDC: curl and requests-gssapi."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
import requests

from fake_server import FakeMWAA
from tests.kerberos.conftest import REALM, CurlAnswer, Realm, Serve

gssapi = pytest.importorskip("gssapi")
requests_gssapi = pytest.importorskip("requests_gssapi")

Curl = Callable[..., CurlAnswer]
NEGOTIATE = ("--negotiate", "--user", ":", "--service-name", "airflow")
#: Version, path, and whether the server's proof reaches the client: the REST API of Airflow drops it.
APIS = [
    ("1.10.12", "/api/experimental/test", True),
    ("2.10.5", "/api/experimental/test", True),
    ("2.10.5", "/api/v1/dags", False),
]


def client_token(service: str = "airflow@localhost") -> str:
    """What a client sends, made by the Kerberos library from the ticket in force."""
    name = gssapi.Name(service, gssapi.NameType.hostbased_service)
    spnego = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
    return base64.b64encode(gssapi.SecurityContext(name=name, mech=spnego, usage="initiate").step()).decode()


def ask(mwaa: FakeMWAA, token: str, path: str = "/api/experimental/test") -> requests.Response:
    return requests.get(mwaa.url + path, headers={"Authorization": f"Negotiate {token}"})


@pytest.fixture
def as_alice(in_realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own process has a ticket of alice."""
    monkeypatch.setenv("KRB5CCNAME", in_realm.login("alice")["KRB5CCNAME"])


class TestCurl:
    @pytest.mark.parametrize(("version", "path", "proves_itself"), APIS)
    def test_a_ticket_opens_the_door(
        self, realm: Realm, serve: Serve, curl: Curl, version: str, path: str, proves_itself: bool
    ) -> None:
        with serve(version) as mwaa:
            status, headers, _ = curl(mwaa, path, realm.login("alice"), *NEGOTIATE)
            assert status == 200
            assert [entry.status for entry in mwaa.journal] == [200] or [e.status for e in mwaa.journal] == [401, 200]
            assert mwaa.journal[-1].principal == f"alice@{REALM}"
            proofs = [value for value in headers.get("www-authenticate", ()) if value.startswith("negotiate ")]
            assert bool(proofs) is proves_itself

    @pytest.mark.parametrize(("version", "path", "_"), APIS[:2])
    def test_without_a_ticket_it_is_asked_for_one(
        self, realm: Realm, serve: Serve, curl: Curl, version: str, path: str, _: bool
    ) -> None:
        with serve(version) as mwaa:
            status, headers, body = curl(mwaa, path, realm.kdc.env)
        assert (status, headers["www-authenticate"], body) == (401, ["Negotiate"], "Unauthorized")

    @pytest.mark.parametrize(("version", "path", "_"), APIS)
    def test_a_ticket_for_another_service_is_refused(
        self, realm: Realm, serve: Serve, curl: Curl, version: str, path: str, _: bool
    ) -> None:
        """curl asks for HTTP/localhost unless told otherwise; not even a keytab with that key makes it do."""
        keytab = realm.keytab("airflow/localhost", "HTTP/localhost")
        with serve(version, keytab=keytab) as mwaa:
            status, headers, _body = curl(mwaa, path, realm.login("alice"), "--negotiate", "--user", ":")
            assert "www-authenticate" not in headers
            if path.startswith("/api/v1"):
                assert status == 401
            else:
                assert status == 403
                assert "HTTP/localhost" in (mwaa.journal[-1].refusal or "")


@pytest.mark.usefixtures("as_alice")
class TestRequests:
    @pytest.mark.parametrize("version", ["1.10.12", "2.10.5"])
    def test_the_client_verifies_the_server(self, serve: Serve, version: str) -> None:
        """With mutual authentication required the library checks the server's proof, and drops answers without one."""
        auth = requests_gssapi.HTTPSPNEGOAuth(
            mutual_authentication=requests_gssapi.REQUIRED, target_name="airflow", opportunistic_auth=True
        )
        with serve(version) as mwaa:
            answer = requests.post(f"{mwaa.url}/api/experimental/dags/etl/dag_runs", json={}, auth=auth)
            assert answer.status_code == 200
            assert answer.json()["run_id"] == mwaa.dag("etl").last_run.run_id

    def test_the_rest_api_proves_nothing(self, serve: Serve) -> None:
        auth = requests_gssapi.HTTPSPNEGOAuth(
            mutual_authentication=requests_gssapi.REQUIRED, target_name="airflow", opportunistic_auth=True
        )
        with serve() as mwaa, pytest.raises(requests_gssapi.MutualAuthenticationError):
            requests.get(f"{mwaa.url}/api/v1/dags", auth=auth)

    def test_a_token_is_good_once(self, serve: Serve) -> None:
        with serve() as mwaa:
            token = client_token()
            assert ask(mwaa, token).status_code == 200
            again = ask(mwaa, token)
            assert (again.status_code, again.text) == (403, "Forbidden")
            assert "WWW-Authenticate" not in again.headers
            assert "replay" in (mwaa.journal[-1].refusal or "")

    def test_another_hosts_ticket_is_refused(self, serve: Serve, realm: Realm) -> None:
        keytab = realm.keytab("airflow/localhost", "airflow/other.example")
        with serve(keytab=keytab) as mwaa:
            assert ask(mwaa, client_token("airflow@other.example")).status_code == 403
            assert ask(mwaa, client_token()).status_code == 200

    @pytest.mark.parametrize("length", [1, 3, 40, -4, -40])
    def test_a_truncated_token_is_refused(self, serve: Serve, length: int) -> None:
        with serve() as mwaa:
            answer = ask(mwaa, base64.b64encode(base64.b64decode(client_token())[:length]).decode())
            assert (answer.status_code, answer.text) == (403, "Forbidden")

    def test_a_token_with_a_turned_bit_is_refused(self, serve: Serve) -> None:
        token = bytearray(base64.b64decode(client_token()))
        token[-20] ^= 1
        with serve() as mwaa:
            assert ask(mwaa, base64.b64encode(token).decode()).status_code == 403

    def test_an_expired_ticket_is_refused(self, in_realm: Realm, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        """Kerberos reads the machine's clock, so this test really waits, about three seconds."""
        monkeypatch.setenv("KRB5_CONFIG", in_realm.strict_configuration())
        with serve() as mwaa:
            monkeypatch.setenv("KRB5CCNAME", in_realm.login("bob", "-l", "2s")["KRB5CCNAME"])
            token = client_token()
            deadline = time.time() + 4
            while time.time() < deadline:
                time.sleep(0.1)
            assert ask(mwaa, token).status_code == 403
            assert "expired" in (mwaa.journal[-1].refusal or "").lower()


#: What real web servers of Airflow 1.10.12 and 2.10.5 with real keytabs were seen to answer at /api/experimental.
RANDOM_TOKENS = {
    "": 500,
    "!!!": 403,
    "abc": 403,
    "YWJjZA==": 403,
    "\xe9": 403,
    "TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA=": 403,
    base64.b64encode(bytes(range(256))).decode(): 403,
}


@pytest.mark.parametrize(("version", "path"), [(version, path) for version, path, _ in APIS])
def test_random_tokens_are_refused(serve: Serve, version: str, path: str) -> None:
    """An empty one is what nobody catches there. The REST API says 401 where the experimental one says 403."""
    with serve(version) as mwaa:
        for token, expected in RANDOM_TOKENS.items():
            answer = ask(mwaa, token, path)
            refused = 401 if path.startswith("/api/v1") else 403
            assert answer.status_code == (500 if expected == 500 else refused), token
            assert "WWW-Authenticate" not in answer.headers
            assert not token or token not in (mwaa.journal[-1].refusal or "")


def test_the_word_in_front_of_the_token_is_not_looked_at(as_alice: None, serve: Serve) -> None:
    with serve() as mwaa:
        answer = requests.get(f"{mwaa.url}/api/v1/dags", headers={"Authorization": f"Basic {client_token()}"})
        assert answer.status_code == 200


class TestWhoItIs:
    """The REST API asks what the user may do whose name is the principal; the experimental API asks nobody."""

    def call(
        self, mwaa: FakeMWAA, realm: Realm, curl: Curl, name: str, *options: str, path: str = "/api/v1/dags"
    ) -> int:
        return curl(mwaa, path, realm.login(name), *NEGOTIATE, *options)[0]

    def test_the_users_permissions_count(self, realm: Realm, serve: Serve, curl: Curl) -> None:
        pause = ("--request", "PATCH", "--header", "Content-Type: application/json", "--data", '{"is_paused": true}')
        with serve() as mwaa:
            for name, expected in (("bob", 403), ("alice", 200)):
                assert self.call(mwaa, realm, curl, name) == 200
                assert self.call(mwaa, realm, curl, name, *pause, path="/api/v1/dags/etl") == expected
            assert mwaa.dag("etl").is_paused

    def test_a_principal_without_a_user_is_nobody(self, realm: Realm, serve: Serve, curl: Curl) -> None:
        with serve() as mwaa:
            with mwaa.airflow.session() as airflow:
                user = airflow.security.find_user(f"alice@{REALM}")
                assert user is not None
                airflow.security.delete_user(user)
            mwaa.add_user("alice", role="Admin")
            assert self.call(mwaa, realm, curl, "alice") == 403
            assert self.call(mwaa, realm, curl, "alice", path="/api/experimental/pools") == 200

    def test_an_inactive_user_is_let_in(self, realm: Realm, serve: Serve, curl: Curl) -> None:
        with serve() as mwaa:
            with mwaa.airflow.session() as airflow:
                user = airflow.security.find_user(f"alice@{REALM}")
                assert user is not None
                user.active = False
            assert self.call(mwaa, realm, curl, "alice") == 200

    def test_a_session_cookie_goes_first(self, realm: Realm, serve: Serve, curl: Curl) -> None:
        with serve() as mwaa:
            admin = mwaa.add_user("admin")
            cookie = mwaa.environment.web_server.mint_session_cookie(admin)
            options = ("--header", f"Cookie: session={cookie}")
            assert self.call(mwaa, realm, curl, "bob", path="/api/v1/variables") == 403
            assert self.call(mwaa, realm, curl, "bob", *options, path="/api/v1/variables") == 200
