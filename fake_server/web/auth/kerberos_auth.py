"""``airflow.api.auth.backend.kerberos_auth``: SPNEGO, the ``Negotiate`` of HTTP, for a service ``airflow/<host>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fake_server.airflow.deployment import Airflow
from fake_server.web.auth.authentication import Authentication, accepted, forbidden, unauthorized
from fake_server.web.crashes import crash
from fake_server.web.request import WebRequest
from fake_server.web.sessions import Sessions


@dataclass(frozen=True)
class Negotiated:
    """A client that has proved who it is."""

    #: Name and realm, such as ``alice@EXAMPLE.COM``.
    principal: str
    #: What the server proves itself with, in base64; None when the client did not ask for it.
    proof: str | None


class TokenRefused(Exception):
    """A token that proves nothing; the message says why, never the token itself."""


class Acceptor(Protocol):
    """Checks the tokens of clients."""

    def accept(self, token: str) -> Negotiated | None:
        """Who sent ``token``, which is base64; None when the client has to go on with another one.

        :raises TokenRefused: when it proves nothing.
        """


class KerberosAuthBackend:
    """Accepts whoever has a ticket for the service. No credentials are 401, refused ones 403.

    Principals are not limited to Airflow's users. The user whose name is the whole principal, realm included, is the
    one whose permissions count, active or not; without such a user it is nobody's. A session cookie's user goes first.
    """

    def __init__(self, airflow: Airflow, sessions: Sessions, acceptor: Acceptor) -> None:
        self._airflow = airflow
        self._sessions = sessions
        self._acceptor = acceptor

    def authenticate(self, request: WebRequest) -> Authentication:
        header = request.headers.get("Authorization")
        if not header:
            return unauthorized("Negotiate")
        # As in Airflow, the word in front is not looked at.
        token = "".join(header.split()[1:])
        if not token:
            crash("there is no token", "kerberos.KrbError: No challenge parameter in request from client")
        try:
            negotiated = self._acceptor.accept(token)
        except TokenRefused as refused:
            request.refusal = f"Kerberos: {refused}"
            return forbidden()
        if negotiated is None:
            return unauthorized("Negotiate")
        request.principal = negotiated.principal
        user = self._sessions.user_of_request(request) or self._airflow.security.find_user(negotiated.principal)
        return accepted(user, proof=None if negotiated.proof is None else f"negotiate {negotiated.proof}")
