"""Stands in for Kerberos: tickets by order of the test, with no realm, no KDC and no cryptography of Kerberos.

It lets a test see how its client code deals with ``Negotiate``, its refusals and the principal's permissions. It proves
nothing about the client's own Kerberos: a real library makes other tokens, which are refused here as random ones are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import secrets
from typing import Protocol, TypeVar

from fake_server.clock import Clock
from fake_server.web.auth.kerberos_auth import Negotiated, TokenRefused

#: Seconds that a ticket is valid, as tickets of most realms are.
_LIFETIME_SECONDS = 10 * 3600
_DIGEST_BYTES = 32


class HasHeaders(Protocol):
    """A request to be, such as ``requests.PreparedRequest``."""

    @property
    def headers(self) -> object: ...


_Request = TypeVar("_Request", bound=HasHeaders)


class KerberosTicket:
    """A principal's ticket: ``session.auth = ticket`` with ``requests``, else ``ticket.header`` for each request."""

    def __init__(self, issuer: KerberosStandIn, principal: str, expires: float) -> None:
        self._issuer = issuer
        self.principal = principal
        self.expires = expires

    def __repr__(self) -> str:
        return f"<KerberosTicket of {self.principal}>"

    @property
    def header(self) -> str:
        """The value of an Authorization header; a new one each time, for each is good for one request."""
        return f"Negotiate {self._issuer.token(self)}"

    def __call__(self, request: _Request) -> _Request:
        """Authenticate a request of ``requests``."""
        request.headers["Authorization"] = self.header  # type: ignore[index]
        return request


class KerberosStandIn:
    """Issues tickets and knows their tokens again. Everything goes by the environment's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._numbers = itertools.count(1)
        self._used: set[int] = set()

    def __repr__(self) -> str:
        return "<KerberosStandIn>"

    def ticket(self, principal: str, *, lifetime: float = _LIFETIME_SECONDS) -> KerberosTicket:
        """A ticket of ``principal`` (``name@REALM``), valid for ``lifetime`` seconds; a negative one is over.

        :raises ValueError: for a principal without a realm.
        """
        name, _, realm = principal.rpartition("@")
        if not name or not realm:
            raise ValueError(f"{principal!r} is no principal. Expected name@REALM, such as alice@EXAMPLE.COM.")
        return KerberosTicket(self, principal, self._clock.time() + lifetime)

    def token(self, ticket: KerberosTicket) -> str:
        """A token for one request, in base64."""
        content = json.dumps([next(self._numbers), ticket.principal, ticket.expires]).encode()
        return base64.b64encode(self._digest(content) + content).decode("ascii")

    def accept(self, token: str) -> Negotiated | None:
        try:
            data = base64.b64decode(token, validate=True)
        except ValueError:
            raise TokenRefused("the token is not base64") from None
        digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if not content or not hmac.compare_digest(digest, self._digest(content)):
            raise TokenRefused("the token is none of the stand-in's; real Kerberos tokens cannot be checked by it")
        number, principal, expires = json.loads(content)
        if self._clock.time() >= expires:
            raise TokenRefused("the ticket has expired")
        if number in self._used:
            raise TokenRefused("the token was used before")
        self._used.add(number)
        return Negotiated(principal, base64.b64encode(self._digest(digest)).decode("ascii"))

    def _digest(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)
