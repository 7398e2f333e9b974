"""Health and version: open to all, credentials or not."""

from __future__ import annotations

from typing import Any

from fake_server.web.v1.call import Call
from fake_server.web.v1.json_layout import isoformat

#: The commits that the releases were built from.
_COMMITS = {"2.10.5": "b93c3db6b1641b0840bd15ac7d05bc58ff2cccbf"}


def get_health(call: Call) -> Any:
    """How the parts of the deployment are."""
    running = call.airflow.scheduler.enabled
    return {
        "dag_processor": {"latest_dag_processor_heartbeat": None, "status": None},
        "metadatabase": {"status": "healthy"},
        "scheduler": {
            "latest_scheduler_heartbeat": isoformat(call.airflow.clock.now()) if running else None,
            "status": "healthy" if running else "unhealthy",
        },
        "triggerer": {"latest_triggerer_heartbeat": None, "status": None},
    }


def get_version(call: Call) -> Any:
    """Which Airflow this is."""
    number = call.airflow.version.number
    commit = _COMMITS.get(number)
    return {"git_version": commit and f".release:{commit}", "version": number}
