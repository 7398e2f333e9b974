"""What an API auth backend is, and what it says about a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fake_server.airflow.security import User
from fake_server.web.request import WebRequest


@dataclass(frozen=True)
class Authentication:
    """A backend's word on one request.

    Accepted without a user means: let in as nobody, as the ``default`` backend does. The REST API then finds that
    nobody may do nothing (403); the experimental API asks no further.
    """

    accepted: bool
    user: User | None = None
    #: How the experimental API words the refusal, 401 or 403; the REST API always says 401.
    status: int = 200
    #: The challenge that goes with a refusal, or the proof that goes with an answer.
    www_authenticate: str | None = None
    #: Whether the experimental API's answer carries the cookie of a new session of the user.
    opens_session: bool = False


class AuthBackend(Protocol):
    """One module that ``api.auth_backends`` can name."""

    def authenticate(self, request: WebRequest) -> Authentication:
        """Accept or refuse ``request`` by the credentials it carries."""


def accepted(user: User | None, *, proof: str | None = None, opens_session: bool = False) -> Authentication:
    """The request is let in; ``proof`` is what the answer says in return."""
    return Authentication(accepted=True, user=user, www_authenticate=proof, opens_session=opens_session)


def unauthorized(challenge: str | None = None) -> Authentication:
    """No or wrong credentials; ``challenge`` says which kind would do."""
    return Authentication(accepted=False, status=401, www_authenticate=challenge)


def forbidden() -> Authentication:
    """Refused whatever the credentials."""
    return Authentication(accepted=False, status=403)
