"""Health and version: open to all, credentials or not."""

from __future__ import annotations

from typing import Any

from fake_server.web.health import health_of
from fake_server.web.v1.call import Call

#: The commits that the releases were built from.
_COMMITS = {"2.10.5": "b93c3db6b1641b0840bd15ac7d05bc58ff2cccbf"}


def get_health(call: Call) -> Any:
    """How the parts of the deployment are."""
    return health_of(call.airflow)


def get_version(call: Call) -> Any:
    """Which Airflow this is."""
    number = call.airflow.version.number
    commit = _COMMITS.get(number)
    return {"git_version": commit and f".release:{commit}", "version": number}
