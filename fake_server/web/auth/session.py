"""``airflow.api.auth.backend.session``: the ``session`` cookie of somebody who logged in."""

from __future__ import annotations

from fake_server.web.auth.authentication import Authentication, accepted, unauthorized
from fake_server.web.request import WebRequest
from fake_server.web.sessions import Sessions


class SessionBackend:
    """Accepts whoever is logged in; its refusal has no challenge."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def authenticate(self, request: WebRequest) -> Authentication:
        user = self._sessions.user_of_request(request)
        return accepted(user) if user is not None else unauthorized()
