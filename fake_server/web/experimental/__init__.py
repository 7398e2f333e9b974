"""The experimental REST API, ``/api/experimental``: deprecated since Airflow 2.0, still there when it is enabled."""

from __future__ import annotations

from fake_server.web.experimental.api import is_served, respond

__all__ = ["is_served", "respond"]
