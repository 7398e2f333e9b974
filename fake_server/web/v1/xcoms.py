"""XComs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fake_server.airflow.runs import DagRun
from fake_server.airflow.xcoms import XCom
from fake_server.web.v1.call import Call
from fake_server.web.v1.json_layout import isoformat
from fake_server.web.v1.paging import page
from fake_server.web.v1.problems import BadRequest, NotFound


def get_xcom_entries(call: Call) -> Any:
    """What tasks pushed, without the values; ``~`` stands for any DAG, run or task."""
    key, map_index = call.query["xcom_key"], call.query["map_index"]
    task_id = call.path["task_id"]
    rows = [
        (run, xcom)
        for run in _runs(call)
        if run.has_xcoms
        for xcom in run.xcoms
        if task_id in ("~", xcom.task_id) and key in (None, xcom.key) and map_index in (None, xcom.map_index)
    ]
    rows.sort(key=lambda row: (row[0].logical_date, row[1].task_id, row[0].dag_id, row[1].map_index, row[1].key))
    return {"xcom_entries": [_shown(call, run, xcom) for run, xcom in page(call, rows)], "total_entries": len(rows)}


def get_xcom_entry(call: Call) -> Any:
    """One XCom with its value: as Python writes it, or as JSON."""
    if call.query["deserialize"] and not call.airflow.config.boolean("api", "enable_xcom_deserialize_support"):
        raise BadRequest("XCom deserialization is disabled in configuration.")
    map_index = -1 if call.query["map_index"] is None else call.query["map_index"]
    run = call.airflow.runs.get(call.path["dag_id"], call.path["dag_run_id"])
    xcom = run.xcoms.get(call.path["task_id"], call.path["xcom_key"], map_index) if run is not None else None
    if run is None or xcom is None:
        raise NotFound("XCom entry not found")
    value = xcom.value
    if call.query["stringify"]:
        value = value if value is None else str(value)
    else:
        value = json.loads(json.dumps(value, default=str))
    return {**_shown(call, run, xcom), "value": value}


def _runs(call: Call) -> list[DagRun]:
    dag_id, run_id = call.path["dag_id"], call.path["dag_run_id"]
    if dag_id != "~" and run_id != "~":
        run = call.airflow.runs.get(dag_id, run_id)
        return [] if run is None else [run]
    runs = call.airflow.runs if dag_id == "~" else call.airflow.runs.of(dag_id)
    return [run for run in runs if run_id in ("~", run.run_id) and call.may("can_read", run.dag_id)]


def _shown(call: Call, run: DagRun, xcom: XCom) -> Mapping[str, Any]:
    shown = {
        "dag_id": run.dag_id,
        "execution_date": isoformat(run.logical_date),
        "key": xcom.key,
        "map_index": xcom.map_index,
        "task_id": xcom.task_id,
        "timestamp": isoformat(xcom.timestamp),
    }
    return call.known("XCom", shown)
