from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import freezegun
import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fake_server import tokens
from fake_server.assumptions import Assumptions
from fake_server.clock import Clock
from fake_server.tokens import RefusedToken, TokenAuthority, session_signing_key

MOMENT = datetime(2026, 11, 20, 7, 30, tzinfo=timezone.utc)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authority(clock: Clock) -> TokenAuthority:
    return TokenAuthority("environment-1", clock, Assumptions())


def claims(**changes: Any) -> dict[str, Any]:
    return {"aud": "cli", "exp": int(Clock().time()) + 60, "user": "root", **changes}


def signed(payload: dict[str, Any], *, key: Any = None, algorithm: str = "RS256", kid: str = "environment-1") -> str:
    return jwt.encode(payload, key or tokens._private_key(), algorithm=algorithm, headers={"kid": kid})


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_cli_token_has_the_claims_of_a_real_one(authority: TokenAuthority, clock: Clock) -> None:
    token = authority.mint_cli_token("root")
    assert set(authority.check_cli_token(token)) == {"aud", "exp", "user"}
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "RS256"
    payload = authority.check_cli_token(token)
    assert payload["user"] == "root"
    assert payload["aud"] == "cli"
    assert 58 <= payload["exp"] - clock.time() <= 60


def test_a_web_token_carries_user_and_role(authority: TokenAuthority) -> None:
    checked = authority.check_web_token(authority.mint_web_token("assumed-role/Admin/me", "Op"))
    assert (checked["user"], checked["role"]) == ("assumed-role/Admin/me", "Op")


@pytest.mark.parametrize(("seconds", "valid"), [(0, True), (59, True), (60, False), (61, False), (86400, False)])
def test_a_token_is_valid_for_60_seconds_of_the_environments_clock(seconds: int, valid: bool) -> None:
    with time_machine.travel(MOMENT, tick=False):
        clock = Clock()
        authority = TokenAuthority("environment-1", clock, Assumptions())
        token = authority.mint_cli_token("root")
        clock.advance(seconds)
        if valid:
            authority.check_cli_token(token)
        else:
            with pytest.raises(RefusedToken, match="expired"):
                authority.check_cli_token(token)


def test_time_machine_lets_tokens_expire(authority: TokenAuthority) -> None:
    with time_machine.travel(MOMENT, tick=False) as traveller:
        token = authority.mint_cli_token("root")
        traveller.shift(timedelta(seconds=59))
        authority.check_cli_token(token)
        traveller.shift(timedelta(seconds=2))
        with pytest.raises(RefusedToken, match="expired"):
            authority.check_cli_token(token)


def test_freezegun_lets_tokens_expire(authority: TokenAuthority) -> None:
    with freezegun.freeze_time(MOMENT) as frozen:
        token = authority.mint_cli_token("root")
        frozen.tick(59)
        authority.check_cli_token(token)
        frozen.tick(2)
        with pytest.raises(RefusedToken, match="expired"):
            authority.check_cli_token(token)


def test_the_leeway_is_an_assumption() -> None:
    with time_machine.travel(MOMENT, tick=False):
        clock = Clock()
        authority = TokenAuthority("environment-1", clock, Assumptions({"token_leeway_seconds": 10}))
        token = authority.mint_cli_token("root")
        clock.advance(69)
        authority.check_cli_token(token)
        clock.advance(1)
        with pytest.raises(RefusedToken, match="expired"):
            authority.check_cli_token(token)


def test_a_token_may_be_used_again(authority: TokenAuthority) -> None:
    token = authority.mint_cli_token("root")
    assert authority.check_cli_token(token) == authority.check_cli_token(token)


def test_tokens_of_the_two_kinds_do_not_replace_each_other(authority: TokenAuthority) -> None:
    with pytest.raises(RefusedToken, match="not one for 'cli'"):
        authority.check_cli_token(authority.mint_web_token("me", "Admin"))
    with pytest.raises(RefusedToken, match="not one for 'web'"):
        authority.check_web_token(authority.mint_cli_token("me"))


def test_a_token_of_another_environment_is_refused(authority: TokenAuthority, clock: Clock) -> None:
    other = TokenAuthority("environment-2", clock, Assumptions())
    with pytest.raises(RefusedToken, match="another environment"):
        authority.check_cli_token(other.mint_cli_token("root"))
    with pytest.raises(RefusedToken, match="another environment"):
        authority.check_web_token(other.mint_web_token("root", "Admin"))


def test_a_token_without_the_environment_in_its_header_is_refused(authority: TokenAuthority) -> None:
    with pytest.raises(RefusedToken, match="another environment"):
        authority.check_cli_token(jwt.encode(claims(), tokens._private_key(), algorithm="RS256"))


@pytest.mark.parametrize(
    "token",
    ["", "garbage", "a.b.c", "..", "a.b", "a.b.c.d", "é.é.é", "\x00", " ", "Bearer x.y.z", "x" * 100_000],
)  # fmt: skip
def test_garbage_is_refused(authority: TokenAuthority, token: str) -> None:
    with pytest.raises(RefusedToken, match="not a token of this service"):
        authority.check_cli_token(token)


def test_an_empty_signature_is_refused(authority: TokenAuthority) -> None:
    header, payload, _ = authority.mint_cli_token("root").split(".")
    with pytest.raises(RefusedToken, match="signature does not match"):
        authority.check_cli_token(f"{header}.{payload}.")


def test_a_foreign_signature_is_refused(authority: TokenAuthority) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(RefusedToken, match="signature does not match"):
        authority.check_cli_token(signed(claims(), key=key))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_changed_token_is_refused(authority: TokenAuthority, index: int) -> None:
    parts = authority.mint_cli_token("root").split(".")
    first = parts[index][0]
    parts[index] = ("A" if first != "A" else "B") + parts[index][1:]
    with pytest.raises(RefusedToken):
        authority.check_cli_token(".".join(parts))


def test_claims_of_another_token_under_a_good_signature_are_refused(authority: TokenAuthority) -> None:
    header, _, signature = authority.mint_cli_token("root").split(".")
    forged = part(claims(user="somebody else"))
    with pytest.raises(RefusedToken, match="signature does not match"):
        authority.check_cli_token(f"{header}.{forged}.{signature}")


@pytest.mark.parametrize("signature", ["", "c2ln"])
def test_no_signature_is_refused(authority: TokenAuthority, signature: str) -> None:
    header = part({"alg": "none", "typ": "JWT", "kid": "environment-1"})
    with pytest.raises(RefusedToken):
        authority.check_cli_token(f"{header}.{part(claims())}.{signature}")


def test_the_public_key_does_not_serve_as_a_shared_secret(authority: TokenAuthority) -> None:
    public = tokens._private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'environment-1'})}.{part(claims())}"
    digest = hmac.new(public, body.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    with pytest.raises(RefusedToken, match="not a token of this service"):
        authority.check_cli_token(f"{body}.{signature}")


@pytest.mark.parametrize("missing", ["exp", "aud"])
def test_a_missing_claim_is_refused(authority: TokenAuthority, missing: str) -> None:
    payload = claims()
    del payload[missing]
    with pytest.raises(RefusedToken):
        authority.check_cli_token(signed(payload))


@pytest.mark.parametrize("expiry", ["soon", "", "9999999999", None, [], {}, True, "NaN", 9999999999.5, float("inf")])
def test_an_expiry_that_is_no_whole_number_is_refused(authority: TokenAuthority, expiry: object) -> None:
    with pytest.raises(RefusedToken):
        authority.check_cli_token(signed(claims(exp=expiry)))


def test_a_far_expiry_is_fine(authority: TokenAuthority) -> None:
    assert authority.check_cli_token(signed(claims(exp=10**400)))["exp"] == 10**400


@pytest.mark.parametrize("changes", [{"aud": "web"}, {"aud": None}, {"aud": 1}, {"aud": []}, {"nbf": 10**12}])
def test_other_wrong_claims_are_refused(authority: TokenAuthority, changes: dict[str, Any]) -> None:
    with pytest.raises(RefusedToken):
        authority.check_cli_token(signed(claims(**changes)))


def test_a_payload_that_is_no_object_is_refused(authority: TokenAuthority) -> None:
    encoded = jwt.api_jws.encode(b"[1]", tokens._private_key(), algorithm="RS256", headers={"kid": "environment-1"})
    with pytest.raises(RefusedToken, match="not a token of this service"):
        authority.check_cli_token(encoded)


def test_refusals_and_reprs_do_not_show_the_token(authority: TokenAuthority, clock: Clock) -> None:
    token = authority.mint_cli_token("root")
    assert token not in repr(authority)
    clock.advance(3600)
    with pytest.raises(RefusedToken) as refusal:
        authority.check_cli_token(token)
    assert token not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_the_session_secret_is_one_for_the_process() -> None:
    assert session_signing_key() == session_signing_key()
    assert len(session_signing_key()) >= 32
