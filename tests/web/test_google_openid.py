from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from fake_server.web.app import WebServer
from tests.web.servers import client_of, make_server

BACKEND = "airflow.providers.google.common.auth_backend.google_openid"
EMAIL = "admin@example.com"


def server_for(audience: str = "my-client") -> WebServer:
    config = {"api.google_oauth2_audience": audience, "api.enable_experimental_api": "True"}
    return make_server(auth_backends=BACKEND, config=config)


def statuses(server: WebServer, token: str) -> tuple[int, int]:
    client, headers = client_of(server), {"Authorization": f"Bearer {token}"}
    return (
        client.get("/api/v1/dags", headers=headers).status_code,
        client_of(server).get("/api/experimental/test", headers=headers).status_code,
    )


def test_a_good_token_is_accepted_by_both_apis() -> None:
    server = server_for()
    token = server.google_identity.mint_id_token(EMAIL, audience="my-client")
    assert statuses(server, token) == (200, 200)
    assert {entry.principal for entry in server.journal} == {"admin"}


def test_without_a_configured_audience_any_will_do() -> None:
    server = server_for("")
    assert statuses(server, server.google_identity.mint_id_token(EMAIL, audience="somebody")) == (200, 200)


@pytest.mark.parametrize(
    ("email", "claims", "reason"),
    [
        (EMAIL, {"audience": "other"}, "audience"),
        (EMAIL, {"email_verified": False}, "not verified"),
        (EMAIL, {"lifetime": -1}, "expired"),
        (EMAIL, {"issuer": "https://example.com"}, "which is not Google"),
        ("nobody@example.com", {}, "no active user"),
    ],
)
def test_a_token_that_is_not_good_is_refused(email: str, claims: dict[str, Any], reason: str) -> None:
    server = server_for()
    token = server.google_identity.mint_id_token(email, **{"audience": "my-client", **claims})
    assert statuses(server, token) == (401, 403)
    assert reason in (server.journal[1].refusal or "")


def test_a_token_expires_by_the_environments_clock() -> None:
    server = server_for()
    token = server.google_identity.mint_id_token(EMAIL, audience="my-client")
    server.airflow.clock.advance(3601)
    assert statuses(server, token) == (401, 403)


def test_an_inactive_user_is_refused() -> None:
    server = server_for()
    user = server.airflow.security.find_user("admin")
    assert user is not None
    user.active = False
    assert statuses(server, server.google_identity.mint_id_token(EMAIL, audience="my-client")) == (401, 403)


@pytest.mark.parametrize("token", ["junk", "a.b.c", ""])
def test_garbage_is_refused(token: str) -> None:
    assert statuses(server_for(), token) == (401, 403)


def test_a_token_of_another_key_and_an_unsigned_one_are_refused() -> None:
    server = server_for()
    good = server.google_identity.mint_id_token(EMAIL, audience="my-client")
    claims = jwt.decode(good, options={"verify_signature": False})
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert statuses(server, jwt.encode(claims, key, algorithm="RS256")) == (401, 403)
    assert statuses(server, jwt.encode(claims, "", algorithm="none")) == (401, 403)


def test_without_a_header_experimental_says_403_and_never_401() -> None:
    answer = client_of(server_for()).get("/api/experimental/test")
    assert (answer.status_code, answer.text) == (403, "Forbidden")
    assert "WWW-Authenticate" not in answer.headers
