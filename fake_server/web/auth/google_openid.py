"""``airflow.providers.google.common.auth_backend.google_openid``: ID tokens as Google issues them."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fake_server.airflow.deployment import Airflow
from fake_server.clock import Clock
from fake_server.web.auth.authentication import Authentication, accepted, forbidden
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_ALGORITHM = "RS256"
_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
#: Seconds that Google's ID tokens are valid.
_LIFETIME_SECONDS = 3600


class RefusedIdToken(Exception):
    """An ID token that is not accepted; the message says why, never the token itself."""


class GoogleIdentity:
    """Stands for Google: issues ID tokens and knows them again.

    The key pair is made when it is first needed, lives in memory only and is the same in the whole process.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def mint_id_token(
        self,
        email: str,
        *,
        audience: str = "",
        email_verified: bool = True,
        lifetime: float = _LIFETIME_SECONDS,
        issuer: str = _ISSUERS[0],
    ) -> str:
        """An ID token for the account with that ``email``, valid for ``lifetime`` seconds; a negative one is over."""
        import jwt

        now = int(self._clock.time())
        claims = {
            "iss": issuer,
            "aud": audience,
            "azp": audience,
            "sub": str(int(hashlib.sha256(email.encode()).hexdigest()[:16], 16)),
            "email": email,
            "email_verified": email_verified,
            "iat": min(now, int(now + lifetime)),
            "exp": int(now + lifetime),
        }
        return jwt.encode(claims, _private_key(), algorithm=_ALGORITHM, headers={"kid": "fake"})

    def check_id_token(self, token: str, audience: str | None) -> Mapping[str, Any]:
        """The claims of a valid token; without an ``audience`` one for anybody will do.

        :raises RefusedIdToken: for anything else.
        """
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                _private_key().public_key(),
                algorithms=[_ALGORITHM],
                audience=audience or None,
                # Dates are checked below, by the environment's clock instead of the machine's.
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_aud": bool(audience),
                    "require": ["aud", "email", "exp", "iat", "iss"],
                },
            )
        except jwt.InvalidAudienceError:
            raise RefusedIdToken(f"the ID token is not for the audience {audience!r}") from None
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise RefusedIdToken(f"not an ID token of this issuer ({type(error).__name__})") from None
        if claims["iss"] not in _ISSUERS:
            raise RefusedIdToken(f"the ID token was issued by {claims['iss']!r}, which is not Google")
        if not claims["iat"] <= self._clock.time() < claims["exp"]:
            raise RefusedIdToken("the ID token is expired or not valid yet")
        return claims


class GoogleOpenIdBackend:
    """Accepts the active user with the verified e-mail address of a valid ID token. Its refusal is always 403."""

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow
        self._identity = GoogleIdentity(airflow.clock)

    def authenticate(self, request: WebRequest) -> Authentication:
        credentials = request.authorization
        if credentials is None or credentials.type != "bearer" or not credentials.token:
            return forbidden()
        try:
            claims = self._identity.check_id_token(credentials.token, self._audience)
        except RefusedIdToken as refused:
            request.refusal = str(refused)
            return forbidden()
        user = self._airflow.security.find_user_by_email(str(claims["email"]))
        if not claims.get("email_verified"):
            request.refusal = "the e-mail address of the ID token is not verified"
        elif user is None or not user.active:
            request.refusal = "no active user has the e-mail address of the ID token"
        else:
            return accepted(user)
        return forbidden()

    @property
    def _audience(self) -> str | None:
        try:
            return self._airflow.config.get("api", "google_oauth2_audience") or None
        except KeyError:
            return None


@functools.lru_cache(maxsize=1)
def _private_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
