"""``airflow.api.auth.backend.deny_all``: refuses everybody."""

from __future__ import annotations

from fake_server.web.auth.authentication import Authentication, forbidden
from fake_server.web.request import WebRequest


class DenyAllBackend:
    """Refuses every request. Alone it is never in force from Airflow 2.3 on: the session backend takes its place."""

    def authenticate(self, request: WebRequest) -> Authentication:
        return forbidden()
