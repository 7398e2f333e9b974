"""The requests that every version of Airflow 2 is recorded with: what came and went from one to another."""

from __future__ import annotations

from collections.abc import Iterator

from tests.real_airflow.steps import Request, Step

_API = "/api/v1"
_DAG = f"{_API}/dags/etl_linear"
_RUN = f"{_DAG}/dagRuns/r1"
_TASK = f"{_RUN}/taskInstances/extract"
_DATASET = "s3://oracle-bucket/orders.parquet"
_QUOTED_DATASET = "s3%3A%2F%2Foracle-bucket%2Forders.parquet"
#: The newest row of the event log.
LOGGED = Request("GET", f"{_API}/eventLogs?limit=1&order_by=-event_log_id")
_DATE = "2024-01-02T03:04:05Z"
_PASSWORD = "basic:admin:admin-pw"  # of the seed


def requests() -> Iterator[Step]:
    """All of them, in the order in which they are made."""
    yield from _dags()
    yield from _dag_runs()
    yield from _task_instances()
    yield from _changes_of_runs()
    yield from _datasets()
    yield from _stores()
    yield from _deployment()
    yield from _people()
    yield from _experimental()


def _get(path: str) -> Step:
    return Request("GET", path)


def _reads(prefix: str, *paths: str) -> Iterator[Step]:
    for path in paths:
        yield Request("GET", f"{prefix}{path}")


def _dags() -> Iterator[Step]:
    yield from _reads(
        _API, "/version", "/health", "/dags", "/dags?limit=1&order_by=-dag_id", "/dags?tags=etl", "/dags?fields=dag_id",
        "/dags?paused=true", "/dags?only_active=false&limit=1", "/dags?dag_id_pattern=etl", "/dags?bogus=1",
    )  # fmt: skip
    yield from _reads(
        _DAG, "", "/details", "?fields=dag_id,is_paused", "/details?fields=dag_id", "/tasks", "/tasks/extract",
        "/tasks/nope",
    )  # fmt: skip
    yield from _reads(
        f"{_API}/dags", "/mapped_consumer/tasks", "/branching_cron", "/branching_cron/details", "/nope", "/nope/details"
    )
    yield Request("PATCH", _DAG, {"is_paused": True})
    yield Request("PATCH", _DAG, {"is_paused": False})
    yield LOGGED
    yield Request("PATCH", f"{_DAG}?update_mask=is_paused", {"is_paused": False})
    yield LOGGED
    yield Request("PATCH", f"{_API}/dags?dag_id_pattern=etl", {"is_paused": True})
    yield Request("PATCH", f"{_API}/dags?dag_id_pattern=etl", {"is_paused": False})
    yield Request("PATCH", f"{_API}/dags/nope", {"is_paused": False})
    yield from _reads(_API, "/dagSources/x", "/dagWarnings", "/dagStats?dag_ids=etl_linear", "/dagStats")
    yield Request("PUT", f"{_API}/parseDagFile/x")


def _dag_runs() -> Iterator[Step]:
    runs = f"{_DAG}/dagRuns"
    for body in (
        {"dag_run_id": "r1", "logical_date": _DATE, "conf": {"a": 1}},
        {"dag_run_id": "r1", "logical_date": _DATE},
        {"dag_run_id": "r2", "logical_date": _DATE},
        {"dag_run_id": "r3", "execution_date": "2024-01-03T00:00:00Z", "note": "hi"},
        {"dag_run_id": "r4", "execution_date": "2024-01-04T00:00:00Z"},
        {
            "dag_run_id": "r5",
            "logical_date": "2024-01-05T00:00:00Z",
            "data_interval_start": "2024-01-04T00:00:00Z",
            "data_interval_end": "2024-01-05T00:00:00Z",
        },
        {"dag_run_id": "a b", "logical_date": "2024-02-02T03:04:05Z"},
        {"dag_run_id": "x/y", "logical_date": "2024-02-03T03:04:05Z"},
        {"logical_date": "2024-02-04T03:04:05Z"},
        {"logical_date": "2024-02-05"},
        {"logical_date": _DATE, "execution_date": "2024-01-03T00:00:00Z"},
        {"conf": "x"},
        {"bogus": 1},
        {"state": "success"},
        "{bad",
        "",
    ):
        yield Request("POST", runs, body)
    yield LOGGED
    yield Request("POST", f"{_API}/dags/nope/dagRuns", {})
    yield Request("POST", f"{_API}/dags/branching_cron/dagRuns", {"conf": {"size": 700}})
    yield from _reads(
        runs, "", "/r1", "/r1?fields=dag_run_id,state", "?fields=dag_run_id", "?order_by=-execution_date&limit=1",
        "/nope", "?state=queued", "?state=bogus", "?updated_at_gte=2020-01-01T00:00:00Z", "/r1/upstreamDatasetEvents",
    )  # fmt: skip
    yield from _reads(
        runs, "?start_date_gte=yesterday", "?start_date_gte=2024-01-02", "?start_date_gte=",
        "?execution_date_gte=2024-01-05T00:00:00", "?limit=-1", "?offset=-1", "?limit=x",
    )  # fmt: skip
    yield _get(f"{_API}/dags/~/dagRuns")
    listed = f"{_API}/dags/~/dagRuns/list"
    for form in (
        {"dag_ids": ["etl_linear"]},
        {"order_by": "-id", "page_limit": 1},
        {"dag_run_ids": ["r1"]},
        {"states": ["queued"], "page_limit": 1},
        {"bogus": 1},
    ):
        yield Request("POST", listed, form)
    yield Request("PATCH", f"{_RUN}/setNote", {"note": "n"})
    yield _get(_RUN)


def _task_instances() -> Iterator[Step]:
    yield from _reads(f"{_RUN}/taskInstances", "", "?limit=1", "?state=failed", "?state=bogus", "?executor=x")
    yield from _reads(
        _TASK, "", "/listMapped", "/0", "/tries", "/tries/1", "/dependencies", "/links", "/logs/1",
        "/logs/1?full_content=true", "/xcomEntries", "/xcomEntries/x",
    )  # fmt: skip
    yield from _reads(f"{_RUN}/taskInstances", "/nope", "/nope/logs/1", "/nope/xcomEntries/x")
    yield Request("PATCH", _TASK, {"dry_run": True, "new_state": "success"})
    yield Request("PATCH", _TASK, {"dry_run": False, "new_state": "success"})
    yield LOGGED
    yield Request("PATCH", f"{_TASK}/setNote", {"note": "x"})
    yield _get(_TASK)
    change = f"{_DAG}/updateTaskInstancesState"
    yield Request("POST", change, {"task_id": "transform", "dag_run_id": "r1", "new_state": "failed", "dry_run": False})
    relatives = dict.fromkeys(
        ("include_upstream", "include_downstream", "include_future", "include_past", "dry_run"), False
    )
    yield Request("POST", change, {"task_id": "load", "execution_date": _DATE, "new_state": "failed", **relatives})
    yield Request("POST", change, {"task_id": "load", "dag_run_id": "r1", "new_state": "skipped", **relatives})
    for dry_run in (True, False):
        yield Request("PATCH", f"{_RUN}/taskInstances/load", {"dry_run": dry_run, "new_state": "skipped"})
    yield _get(f"{_RUN}/taskInstances/load")
    yield Request("POST", change, {"task_id": "nope", "dag_run_id": "r1", "new_state": "failed", **relatives})
    yield _get(f"{_RUN}/taskInstances?state=failed")
    listed = f"{_API}/dags/~/dagRuns/~/taskInstances/list"
    for form in (
        {"dag_ids": ["etl_linear"], "state": ["failed"]},
        {"state": ["failed"]},
        {"bogus": 1},
        {"page_limit": 0},
        {"page_offset": -1},
    ):
        yield Request("POST", listed, form)


def _changes_of_runs() -> Iterator[Step]:
    for form in (
        {"dry_run": True, "dag_run_id": "r1"},
        {"dry_run": True, "task_ids": ["extract"]},
        {"dry_run": True, "task_ids": []},
        {"dry_run": False, "only_failed": False},
        {},
    ):
        yield Request("POST", f"{_DAG}/clearTaskInstances", form)
    yield LOGGED
    yield Request("POST", f"{_RUN}/clear", {"dry_run": True})
    yield Request("POST", f"{_RUN}/clear", {"dry_run": False})
    for state in ("success", "queued", "failed", "bogus"):
        yield Request("PATCH", _RUN, {"state": state})
    yield _get(_RUN)
    yield Request("DELETE", f"{_DAG}/dagRuns/r3")
    yield LOGGED
    yield Request("DELETE", f"{_DAG}/dagRuns/nope")


def _datasets() -> Iterator[Step]:
    yield from _reads(_API, "/datasets", "/datasets/events", "/datasets?limit=1&uri_pattern=orders")
    yield Request("POST", f"{_API}/datasets/events", {"dataset_uri": _DATASET})
    yield from _reads(
        _API, "/datasets/events", f"/datasets/queuedEvent/{_QUOTED_DATASET}",
        "/dags/mapped_consumer/datasets/queuedEvent", f"/datasets/{_QUOTED_DATASET}", "/datasets/nope",
    )  # fmt: skip


def _stores() -> Iterator[Step]:
    variables = f"{_API}/variables"
    yield _get(variables)
    yield Request("POST", variables, {"key": "k", "value": "v"})
    yield Request("POST", variables, {"key": "k2", "value": "v", "description": "d"})
    yield from _reads(variables, "/k", "/k2", "/nope", "")
    yield Request("PATCH", f"{variables}/k", {"key": "k", "value": "w"})
    yield Request("PATCH", f"{variables}/k?update_mask=value", {"key": "k", "value": "w"})
    yield Request("PATCH", f"{variables}/nope", {"key": "nope", "value": "w"})
    yield LOGGED
    yield Request("DELETE", f"{variables}/k")
    yield LOGGED
    yield Request("DELETE", f"{variables}/nope")
    yield Request("POST", variables, {"key": "k"})
    pools = f"{_API}/pools"
    yield _get(pools)
    yield Request("POST", pools, {"name": "p", "slots": 3})
    yield Request("POST", pools, {"name": "p", "slots": 3})
    yield Request("POST", pools, {"name": "p2", "slots": 3, "description": "x", "include_deferred": False})
    yield LOGGED
    yield _get(f"{pools}/p")
    yield Request("PATCH", f"{pools}/p", {"name": "p", "slots": 4})
    yield Request("PATCH", f"{pools}/p?update_mask=slots", {"slots": 4})
    yield Request("PATCH", f"{pools}/default_pool", {"name": "x", "slots": 4})
    yield Request("DELETE", f"{pools}/p")
    yield Request("DELETE", f"{pools}/default_pool")
    yield _get(f"{pools}/nope")
    connections = f"{_API}/connections"
    connection = {"connection_id": "c", "conn_type": "http", "host": "h", "password": "geheim", "extra": '{"a": 1}'}
    yield _get(connections)
    yield Request("POST", connections, connection)
    yield Request("POST", connections, connection)
    yield LOGGED
    yield from _reads(connections, "/c", "")
    yield Request("PATCH", f"{connections}/c", {"connection_id": "c", "conn_type": "http", "port": 5})
    yield Request("PATCH", f"{connections}/c?update_mask=port", {"connection_id": "c", "conn_type": "x", "port": 6})
    yield Request("POST", connections, {"connection_id": "a b", "conn_type": "http"})
    yield Request("DELETE", f"{connections}/c")
    yield Request("POST", f"{connections}/test", {"connection_id": "c", "conn_type": "sqlite"})
    yield _get(f"{connections}/nope")


def _deployment() -> Iterator[Step]:
    yield from _reads(
        _API, "/eventLogs?limit=3&order_by=event_log_id", "/eventLogs/1", "/eventLogs/9999", "/importErrors",
        "/importErrors/1", "/plugins", "/jobs", "/config?section=smtp", "/config/section/core/option/executor", "/nope",
    )  # fmt: skip
    yield Request("PUT", _DAG)
    yield _get("/health")


def _people() -> Iterator[Step]:
    yield from _reads(
        _API,
        "/roles?limit=1",
        "/roles/Viewer",
        "/roles/Op",
        "/roles/Public",
        "/permissions?limit=100",
        "/users",
        "/users/admin",
    )
    user = {"username": "u9", "first_name": "a", "last_name": "b", "email": "e@x.y", "password": "geheim"}
    yield Request("POST", f"{_API}/users", {**user, "roles": [{"name": "User"}]})
    yield LOGGED
    yield Request("PATCH", f"{_API}/users/u9?update_mask=first_name", {**user, "first_name": "c"})
    yield Request("DELETE", f"{_API}/users/u9")
    yield Request("POST", f"{_API}/users", {**user, "password": "", "roles": []})
    yield Request("DELETE", f"{_API}/users/u9")
    yield Request("POST", f"{_API}/roles", {"name": "r9", "actions": []})
    yield Request("DELETE", f"{_API}/roles/r9")
    for principal in ("", "basic:admin:wrong", "basic:viewer:viewer-pw", _PASSWORD):
        yield Request("GET", f"{_API}/dags?limit=1", principal=principal)
    yield Request("GET", f"{_API}/version", principal="")
    yield Request("GET", f"{_API}/nope", principal="")
    yield Request("POST", f"{_DAG}/dagRuns", {}, principal="")
    yield Request("POST", f"{_DAG}/dagRuns", {}, principal="viewer")
    yield Request("GET", f"{_API}/users", principal="viewer")
    yield Request("GET", f"{_API}/variables", principal="viewer")


def _experimental() -> Iterator[Step]:
    api = "/api/experimental"
    for principal in ("", _PASSWORD):
        yield Request("GET", f"{api}/test", principal=principal)
    date = {"execution_date": "2024-03-05T00:00:00Z", "run_id": "e1"}
    yield Request("POST", f"{api}/dags/etl_linear/dag_runs", date, principal=_PASSWORD)
    yield Request("POST", f"{api}/dags/nope/dag_runs", date, principal=_PASSWORD)
    for path in (
        "dags/etl_linear/dag_runs",
        "dags/etl_linear/dag_runs/2024-03-05T00:00:00+00:00",
        "dags/etl_linear/dag_runs/2020-03-05T00:00:00+00:00",
        "dags/etl_linear/paused",
        "latest_runs",
        "info",
        "pools",
    ):
        yield Request("GET", f"{api}/{path}", principal=_PASSWORD)
