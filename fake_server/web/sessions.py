"""Web sessions and the ``session`` cookie that carries them, as Airflow keeps them in its database."""

from __future__ import annotations

import hashlib
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Request, Response

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.security import User
from fake_server.assumptions import Assumptions
from fake_server.tokens import session_signing_key
from fake_server.web.dialects import web_dialect

SESSION_COOKIE = "session"
_KEPT_MESSAGES = 10


@dataclass(frozen=True)
class _Session:
    user: User
    expires: datetime
    #: What the next page shall tell the user.
    messages: list[str] = field(default_factory=list)


class Sessions:
    """The sessions of one environment.

    The cookie holds a random identifier and its signature; who is logged in stands here, so logging out works. A
    session ends by the environment's clock, ``session_duration_minutes`` after it was opened, and with its user.
    """

    def __init__(self, environment_name: str, airflow: Airflow, assumptions: Assumptions) -> None:
        self._airflow = airflow
        self._assumptions = assumptions
        self._signer = Signer(
            session_signing_key(), salt=f"session of {environment_name}", digest_method=hashlib.sha256
        )
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Sessions: {len(self._sessions)} open>"

    def open(self, user: User) -> str:
        """A new session of ``user``; the value of its cookie."""
        now = self._airflow.clock.now()
        identifier = str(uuid.uuid4())
        with self._lock:
            self._forget_expired(now)
            self._sessions[identifier] = _Session(user, now + self._lifetime)
        return self._signed(identifier)

    def open_anonymous(self) -> str:
        """The value of a cookie for somebody who is not logged in."""
        return self._signed(str(uuid.uuid4()))

    def close(self, cookie: str | None) -> None:
        """Log the session of this cookie out."""
        self._sessions.pop(self.identifier(cookie) or "", None)

    def identifier(self, cookie: str | None) -> str | None:
        """The session that a cookie names; None when it was not issued by this environment."""
        try:
            return self._signer.unsign(cookie or "").decode("ascii")
        except (BadSignature, UnicodeError):
            return None

    def user_of(self, cookie: str | None) -> User | None:
        """Whose session this cookie is; None for a foreign, expired or anonymous one."""
        session = self._sessions.get(self.identifier(cookie) or "")
        if session is None or session.expires <= self._airflow.clock.now():
            return None
        user = session.user
        return user if user.active and self._airflow.security.find_user(user.username) is user else None

    def leave_message(self, cookie: str, message: str) -> None:
        """Have the next page that this session sees show ``message``."""
        session = self._sessions.get(self.identifier(cookie) or "")
        if session is not None:
            session.messages.append(message)
            # Somebody may go on without ever looking at a page.
            del session.messages[:-_KEPT_MESSAGES]

    def take_messages(self, cookie: str) -> list[str]:
        """The messages that were left for this session, each of them once."""
        session = self._sessions.get(self.identifier(cookie) or "")
        if session is None:
            return []
        messages = session.messages.copy()
        session.messages.clear()
        return messages

    def user_of_request(self, request: Request) -> User | None:
        """Who is logged in, by the request's cookie."""
        return self.user_of(request.cookies.get(SESSION_COOKIE)) if "HTTP_COOKIE" in request.environ else None

    def cookie_for(self, request: Request) -> str:
        """The cookie that the answer to ``request`` carries: the one it came with, if it is good, else a new one."""
        given = request.cookies.get(SESSION_COOKIE)
        return given if given and self.identifier(given) else self.open_anonymous()

    def give_cookie(self, request: Request, response: Response, cookie: str | None = None) -> None:
        """Put the session cookie on the answer to ``request``: ``cookie``, or the one for that request."""
        response.set_cookie(
            SESSION_COOKIE,
            cookie if cookie is not None else self.cookie_for(request),
            expires=self._airflow.clock.now() + self._lifetime,
            secure=self._assumptions.is_true("session_cookie_secure"),
            httponly=True,
            samesite=web_dialect(self._airflow.version).cookie_samesite,
        )

    def _forget_expired(self, now: datetime) -> None:
        # The oldest come first, and mostly expire first.
        while self._sessions:
            oldest = next(iter(self._sessions))
            if self._sessions[oldest].expires > now:
                return
            self._sessions.pop(oldest, None)

    @property
    def _lifetime(self) -> timedelta:
        return timedelta(minutes=self._assumptions.integer("session_duration_minutes"))

    def _signed(self, identifier: str) -> str:
        return self._signer.sign(identifier).decode("ascii")
