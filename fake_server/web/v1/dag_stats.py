"""How many runs of a DAG there are in each state."""

from __future__ import annotations

from typing import Any

from fake_server.web.v1.call import Call


def get_dag_stats(call: Call) -> Any:
    """The counts for the DAGs named in the query, as far as they exist and may be read."""
    wanted = [dag_id for dag_id in dict.fromkeys(call.query["dag_ids"].split(",")) if call.may("can_read", dag_id)]
    stats = call.airflow.dag_stats(wanted)
    return {
        "dags": [
            {"dag_id": dag_id, "stats": [{"count": count, "state": state} for state, count in counts.items()]}
            for dag_id, counts in stats.items()
        ],
        "total_entries": len(stats),
    }
