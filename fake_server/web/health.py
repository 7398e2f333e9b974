"""How the parts of a deployment are, for ``/health`` and ``/api/v1/health``."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.deployment import Airflow

#: Since which of the versions that MWAA offers a part is told of.
_SINCE = {"dag_processor": "2.7.2", "triggerer": "2.6.3"}


def health_of(airflow: Airflow) -> dict[str, Any]:
    """Each part's status and last heartbeat; a scheduler that is switched off is unhealthy."""
    running = airflow.scheduler.enabled
    parts = {
        "dag_processor": {"latest_dag_processor_heartbeat": None, "status": None},
        "metadatabase": {"status": "healthy"},
        "scheduler": {
            "latest_scheduler_heartbeat": airflow.clock.now().isoformat() if running else None,
            "status": "healthy" if running else "unhealthy",
        },
        "triggerer": {"latest_triggerer_heartbeat": None, "status": None},
    }
    return {part: state for part, state in parts.items() if airflow.version.is_at_least(_SINCE.get(part, "1.10.12"))}
