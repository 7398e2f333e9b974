"""Web sessions and the ``session`` cookie that carries them, as Airflow keeps them in its database."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Request, Response

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.security import User
from fake_server.assumptions import Assumptions
from fake_server.tokens import session_signing_key

SESSION_COOKIE = "session"


@dataclass(frozen=True)
class _Session:
    user: User
    expires: datetime


class Sessions:
    """The sessions of one environment.

    The cookie holds a random identifier and its signature; who is logged in stands here, so logging out works. A
    session ends by the environment's clock, ``session_duration_minutes`` after it was opened, and with its user.
    """

    def __init__(self, environment_name: str, airflow: Airflow, assumptions: Assumptions) -> None:
        self._airflow = airflow
        self._assumptions = assumptions
        self._signer = Signer(session_signing_key(), salt=f"session of {environment_name}", digest_method=sha256)
        self._sessions: dict[str, _Session] = {}

    def __repr__(self) -> str:
        return f"<Sessions: {len(self._sessions)} open>"

    def open(self, user: User) -> str:
        """A new session of ``user``; the value of its cookie."""
        now = self._airflow.clock.now()
        for identifier in [key for key, session in self._sessions.items() if session.expires <= now]:
            del self._sessions[identifier]
        identifier = secrets.token_urlsafe(24)
        self._sessions[identifier] = _Session(user, now + self._lifetime)
        return self._signed(identifier)

    def open_anonymous(self) -> str:
        """The value of a cookie for somebody who is not logged in."""
        return self._signed(secrets.token_urlsafe(24))

    def close(self, cookie: str) -> None:
        """Log the session of this cookie out."""
        self._sessions.pop(self._identifier(cookie) or "", None)

    def user_of(self, cookie: str | None) -> User | None:
        """Whose session this cookie is; None for a foreign, expired or anonymous one."""
        session = self._sessions.get(self._identifier(cookie) or "")
        if session is None or session.expires <= self._airflow.clock.now():
            return None
        user = session.user
        return user if user.active and self._airflow.security.find_user(user.username) is user else None

    def user_of_request(self, request: Request) -> User | None:
        """Who is logged in, by the request's cookie."""
        return self.user_of(request.cookies.get(SESSION_COOKIE)) if "HTTP_COOKIE" in request.environ else None

    def give_cookie(self, request: Request, response: Response, value: str | None = None) -> None:
        """Set the session cookie on ``response``: ``value``, else the request's own if it is good, else a new one."""
        if value is None:
            given = request.cookies.get(SESSION_COOKIE)
            value = given if given and self._identifier(given) else self.open_anonymous()
        response.set_cookie(
            SESSION_COOKIE,
            value,
            expires=self._airflow.clock.now() + self._lifetime,
            secure=self._assumptions.is_true("session_cookie_secure"),
            httponly=True,
            samesite="Lax",
        )

    @property
    def _lifetime(self) -> timedelta:
        return timedelta(minutes=self._assumptions.integer("session_duration_minutes"))

    def _signed(self, identifier: str) -> str:
        return self._signer.sign(identifier).decode("ascii")

    def _identifier(self, cookie: str | None) -> str | None:
        try:
            return self._signer.unsign(cookie or "").decode("ascii")
        except (BadSignature, UnicodeError):
            return None
