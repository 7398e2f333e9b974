"""The short-lived tokens that the control plane mints and the web server accepts.

RS256 JWTs. The claims of a CLI token are those of a published, expired specimen: ``aud`` "cli", ``exp``, ``user``; no
``iat``, ``iss`` or ``sub``. Which environment a token is for stands in the signed header (``kid``), because the claims
have no place for it. One key pair serves the whole process: it is made when the first token is minted, lives in memory
only, and making one per environment would cost more than everything else a test does.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from fake_server.assumptions import Assumptions
    from fake_server.clock import Clock

#: Seconds that a CLI token and a web login token are valid (AWS user guide).
TOKEN_LIFETIME_SECONDS = 60

_ALGORITHM = "RS256"


class RefusedToken(Exception):
    """A token that this environment does not accept; the message says why, never the token itself."""


class TokenAuthority:
    """Mints and checks the tokens of one environment."""

    def __init__(self, environment_id: str, clock: Clock, assumptions: Assumptions) -> None:
        self._environment_id = environment_id
        self._clock = clock
        self._assumptions = assumptions

    def __repr__(self) -> str:
        return f"<TokenAuthority of {self._environment_id}>"

    def mint_cli_token(self, user: str) -> str:
        """A CLI token for ``user``, valid for 60 seconds of the environment's clock."""
        return self._mint("cli", {"user": user})

    def mint_web_token(self, user: str, role: str) -> str:
        """A web login token that logs ``user`` in with the Airflow ``role``, valid for 60 seconds."""
        return self._mint(self._assumptions.text("web_token_audience"), {"user": user, "role": role})

    def check_cli_token(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid CLI token.

        :raises RefusedToken: for anything else.
        """
        return self._check(token, "cli")

    def check_web_token(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid web login token.

        :raises RefusedToken: for anything else.
        """
        return self._check(token, self._assumptions.text("web_token_audience"))

    def _mint(self, audience: str, claims: Mapping[str, Any]) -> str:
        import jwt

        expiry = int(self._clock.time()) + TOKEN_LIFETIME_SECONDS
        return jwt.encode(
            {"aud": audience, "exp": expiry, **claims},
            _private_key(),
            algorithm=_ALGORITHM,
            headers={"kid": self._environment_id},
        )

    def _check(self, token: str, audience: str) -> Mapping[str, Any]:
        import jwt

        try:
            decoded = _decoded(token, audience)
        except jwt.InvalidAudienceError:
            raise RefusedToken(f"the token is not one for {audience!r}") from None
        except jwt.InvalidSignatureError:
            raise RefusedToken("the token's signature does not match") from None
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise RefusedToken(f"not a token of this service ({type(error).__name__})") from None
        minted_for = str(decoded["header"].get("kid", ""))
        if not hmac.compare_digest(minted_for.encode(), self._environment_id.encode()):
            raise RefusedToken("the token was issued for another environment")
        claims: Mapping[str, Any] = decoded["payload"]
        expiry = claims["exp"]
        if not isinstance(expiry, int) or isinstance(expiry, bool):
            raise RefusedToken("the token's expiry is not a whole number of seconds")
        if self._clock.time() - self._assumptions.integer("token_leeway_seconds") >= expiry:
            raise RefusedToken(f"the token expired; tokens are valid for {TOKEN_LIFETIME_SECONDS} seconds")
        return claims


@functools.lru_cache(maxsize=64)
def _decoded(token: str, audience: str) -> Mapping[str, Any]:
    """Header and payload of a token whose signature and audience are right; whatever else it takes is for the caller.

    A token is used many times in its minute, and its signature stays right. The expiry is left to the environment's
    clock.
    """
    import jwt

    return jwt.decode_complete(
        token,
        _private_key().public_key(),
        algorithms=[_ALGORITHM],
        audience=audience,
        options={"verify_exp": False, "require": ["exp", "aud"]},
    )


@functools.lru_cache(maxsize=1)
def _private_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def session_signing_key() -> bytes:
    """A secret for signing session cookies: made once per process, never stored."""
    return _session_secret()


@functools.lru_cache(maxsize=1)
def _session_secret() -> bytes:
    import secrets

    return secrets.token_bytes(32)
