"""``airflow.api.auth.backend.basic_auth``: user name and password in the Authorization header."""

from __future__ import annotations

from fake_server.airflow.deployment import Airflow
from fake_server.web.auth.authentication import Authentication, accepted, unauthorized
from fake_server.web.request import WebRequest


class BasicAuthBackend:
    """Accepts an active user's name and password; anything else, malformed headers included, is the same refusal."""

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow

    def authenticate(self, request: WebRequest) -> Authentication:
        credentials = request.authorization
        if credentials is not None and credentials.type == "basic" and credentials.username and credentials.password:
            user = self._airflow.security.authenticate(credentials.username, credentials.password)
            if user is not None:
                return accepted(user, opens_session=True)
        return unauthorized("Basic")
