"""``airflow.contrib.auth.backends.password_auth`` of Airflow 1.10: users of a table of its own, and rough parsing."""

from __future__ import annotations

import base64
import binascii

from fake_server.airflow.deployment import Airflow
from fake_server.web.auth.authentication import Authentication, accepted, forbidden, unauthorized
from fake_server.web.crashes import crash
from fake_server.web.request import WebRequest


class PasswordAuthBackend:
    """Accepts the users that the deployment keeps for it. They have no roles: who gets in may do everything.

    The word in front of the credentials is not looked at, and credentials that cannot be decoded are a crash.
    """

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow

    def authenticate(self, request: WebRequest) -> Authentication:
        header = request.headers.get("Authorization")
        if not header:
            return unauthorized("Basic")
        username, password = _credentials("".join(header.split()[1:]))
        if not self._airflow.password_auth_users.accepts(username, password):
            return forbidden()
        request.principal = username
        return accepted(None)


def _credentials(encoded: str) -> tuple[str, str]:
    try:
        username, password = base64.b64decode(encoded).decode("utf-8").split(":", 1)
    except binascii.Error as error:
        crash("the credentials are not base64", f"binascii.Error: {error}")
    except ValueError as error:
        crash("the credentials are not name:password", f"{type(error).__name__}: {error}")
    return username, password
