"""``airflow.api.auth.backend.default``: lets everybody in, without looking at the Authorization header."""

from __future__ import annotations

from fake_server.web.auth.authentication import Authentication, accepted
from fake_server.web.request import WebRequest
from fake_server.web.sessions import Sessions


class DefaultBackend:
    """Accepts every request. A session cookie still says who it is."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def authenticate(self, request: WebRequest) -> Authentication:
        return accepted(self._sessions.user_of_request(request))
