"""Requests to /api/v1 and /api/experimental, by what they are about."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fake_server.web.v1.operations import all_operations
from tests.real_airflow import strategies as s
from tests.real_airflow.steps import Request
from tests.real_airflow.strategies import API, EXPERIMENTAL, Known, chosen, joined, request, segment, spoilt, subset

Requests = SearchStrategy[Request]
BOOLEANS = chosen("true", "false", "True", "1", "")
RUN_FIELDS = chosen("dag_id", "dag_run_id,state", "conf", "bogus", "")
RUN_ORDERS = (
    "id", "state", "dag_id", "execution_date", "dag_run_id", "start_date", "end_date", "updated_at",
    "external_trigger", "conf", "logical_date", "run_type",
)  # fmt: skip
CONFS: SearchStrategy[Any] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"size": st.integers(-1, 120)}),
    chosen({"name": None}, {"name": 5}, {"size": "7"}, {"a": {"b": [1, 2.5, None, "ü"]}}, {"source": "x"}, None, [1]),
)


# Runs and their task instances


@functools.cache
def first_runs() -> SearchStrategy[list[Request]]:
    """Up to three runs, and states of some of their task instances."""

    def of(dag_id: str, run_id: str, date: str, conf: Any, states: list[tuple[int, str]]) -> list[Request]:
        path = f"{API}/dags/{dag_id}/dagRuns"
        body = {"dag_run_id": run_id, "logical_date": date, "conf": conf}
        tasks = s.TASKS[dag_id]
        changes = [
            Request(
                "PATCH",
                f"{path}/{run_id}/taskInstances/{tasks[number % len(tasks)]}",
                {"dry_run": False, "new_state": state},
            )
            for number, state in states
        ]
        return [Request("POST", path, body), *changes]

    some_states = st.lists(st.tuples(st.integers(0, 4), chosen("success", "failed", "skipped")), max_size=2)
    run = st.builds(
        of,
        st.sampled_from(s.DAGS),
        chosen("r1", "r2", "r3"),
        st.sampled_from(s.DATES),
        chosen({}, {"size": 7}),
        some_states,
    )
    return st.lists(run, max_size=3).map(lambda lists: [step for steps in lists for step in steps])


def trigger_run(known: Known) -> Requests:
    names = chosen("r1", "r2", "r3", "a b", "ä", "~", "scheduled__2024-01-01T00:00:00+00:00", "", "manual__x")
    run_ids = s.mostly(chosen("r1", "r2", "r3", "r4"), names)
    usual = st.fixed_dictionaries(
        {"dag_run_id": run_ids, "logical_date": st.sampled_from(s.DATES)},
        optional={"conf": chosen({}, {"size": 7}), "note": st.sampled_from(s.TEXTS)},
    )
    anything = subset(
        {
            "dag_run_id": run_ids,
            "logical_date": s.dates(),
            "execution_date": s.dates(),
            "conf": CONFS,
            "note": s.mostly(st.sampled_from(s.TEXTS), chosen(None, "n" * 1001)),
            "data_interval_start": s.dates(),
            "data_interval_end": s.dates(),
        },
        required=("dag_run_id", "logical_date"),
    )
    body = st.one_of(usual, spoilt(anything))
    return request("POST", joined(API, "/dags/", s.dag_ids().map(segment), "/dagRuns"), body)


def list_runs(known: Known) -> Requests:
    parameters = s.paged(
        RUN_ORDERS,
        **s.periods("execution_date", "start_date", "end_date", "updated_at"),
        state=chosen("queued", "success", "failed", "running", "bogus", "queued,success", ""),
        fields=RUN_FIELDS,
    )
    dag_ids = s.mostly(st.one_of(s.dag_ids(), st.just("~")), st.just("~"))
    return request("GET", joined(API, "/dags/", dag_ids.map(segment), "/dagRuns", parameters))


def list_runs_by_form(known: Known) -> Requests:
    body = subset(
        {
            "order_by": s.mostly(st.sampled_from(RUN_ORDERS), chosen("-execution_date", "bogus", "-id")),
            "page_offset": chosen(0, 1, 5, -1),
            "page_limit": chosen(1, 2, 100, 0, 1000, -1),
            "dag_ids": st.lists(s.dag_ids(), max_size=3),
            "states": st.lists(chosen("queued", "success", "failed", "bogus"), max_size=2),
            **{name: s.dates() for name in s.periods("execution_date", "start_date", "end_date")},
        }
    )
    return request("POST", f"{API}/dags/~/dagRuns/list", spoilt(body))


def read_run(known: Known) -> Requests:
    @functools.cache
    def of(run: tuple[str, str]) -> Requests:
        path = _run_path(run)
        return st.one_of(
            request("GET", joined(path, s.query({"fields": RUN_FIELDS}))),
            request("GET", joined(path, "/upstreamDatasetEvents")),
            request("GET", joined(path, "/taskInstances", _task_instance_filters())),
        )

    return s.runs(known).flatmap(of)


def _task_instance_filters(**more: SearchStrategy[str]) -> SearchStrategy[str]:
    return s.query({
        "limit": st.sampled_from(s.LIMITS),
        "offset": st.sampled_from(s.OFFSETS),
        **s.periods("execution_date", "start_date", "end_date", "updated_at"),
        "duration_gte": chosen("0", "-1", "x", "1e3"),
        "duration_lte": chosen("0", "10.5"),
        "state": chosen("success", "failed", "none", "queued", "bogus", "success,failed"),
        "pool": chosen("default_pool", "p1", "none"),
        "queue": chosen("default", "q"),
        "executor": chosen("x", ""),
        **more,
    })  # fmt: skip


def change_run(known: Known) -> Requests:
    @functools.cache
    def of(run: tuple[str, str]) -> Requests:
        path = _run_path(run)
        states = s.mostly(chosen("success", "failed", "queued"), chosen("running", "bogus", "", None))
        return st.one_of(
            request("PATCH", path, spoilt(subset({"state": states}, required=("state",)))),
            request("PATCH", f"{path}/setNote", spoilt(subset({"note": _notes()}, required=("note",)))),
            request("POST", f"{path}/clear", spoilt(subset({"dry_run": st.booleans()}))),
        )

    return s.runs(known).flatmap(of)


def delete_run(known: Known) -> Requests:
    return request("DELETE", s.runs(known).map(_run_path))


def _notes() -> SearchStrategy[Any]:
    return s.mostly(st.sampled_from(s.TEXTS), chosen(None, "n" * 1001, 5))


def read_task_instance(known: Known) -> Requests:
    @functools.cache
    def of(run: tuple[str, str]) -> Requests:
        return s.tasks_of(run[0]).flatmap(
            lambda task_id: _read_of(f"{_run_path(run)}/taskInstances/{segment(task_id)}")
        )

    return s.runs(known).flatmap(of)


@functools.cache
def _read_of(path: str) -> Requests:
    indices = chosen("0", "1", "-1", "x")
    tries = chosen("0", "1", "2", "x")
    pages = s.paged(("task_id", "id", "state", "try_number"))
    keys = chosen("return_value", "rows", "nope")
    mapped = _task_instance_filters(order_by=chosen("map_index", "-state", "x"))
    return st.one_of(
        request("GET", path),
        request("GET", joined(path, "/", indices)),
        request("GET", joined(path, "/dependencies")),
        request("GET", joined(path, "/", indices, "/dependencies")),
        request("GET", joined(path, "/listMapped", mapped)),
        request("GET", joined(path, "/tries", pages)),
        request("GET", joined(path, "/tries/", tries)),
        request("GET", joined(path, "/", indices, "/tries", pages)),
        request("GET", joined(path, "/", indices, "/tries/", tries)),
        request("GET", joined(path, "/links", s.query({"map_index": indices}))),
        request("GET", joined(path, "/xcomEntries", s.query({"xcom_key": keys, "map_index": indices}))),
        request("GET", joined(path, "/xcomEntries/", keys, s.query({"stringify": BOOLEANS, "deserialize": BOOLEANS}))),
    )


def list_task_instances(known: Known) -> Requests:
    body = subset({
        "page_offset": chosen(0, 1, -1),
        "page_limit": chosen(1, 3, 100, 0, -1),
        "dag_ids": st.lists(s.dag_ids(), max_size=3),
        "dag_run_ids": st.lists(chosen("r1", "r2", "r3"), max_size=2),
        "task_ids": st.lists(chosen("extract", "load", "boom"), max_size=2),
        **{name: s.dates() for name in s.periods("execution_date", "start_date", "end_date")},
        "duration_gte": chosen(0, 1.5),
        "state": st.lists(chosen("success", "failed", "none", "queued"), max_size=2),
        "pool": st.lists(chosen("default_pool", "p1"), max_size=1),
        "queue": st.lists(chosen("default", "q"), max_size=1),
        "executor": st.lists(chosen("x"), max_size=1),
    })  # fmt: skip
    return request("POST", f"{API}/dags/~/dagRuns/~/taskInstances/list", spoilt(body))


def change_tasks(known: Known) -> Requests:
    @functools.cache
    def of(run: tuple[str, str]) -> Requests:
        dag_id, run_id = run
        around = {name: st.booleans() for name in ("upstream", "downstream", "future", "past")}
        included = {f"include_{name}": strategy for name, strategy in around.items()}
        states = s.mostly(chosen("success", "failed"), chosen("skipped", "bogus", None))
        tasks = s.tasks_of(dag_id)
        cleared = subset({
            "dry_run": st.booleans(),
            "task_ids": st.lists(tasks, max_size=2),
            "start_date": s.dates(),
            "end_date": s.dates(),
            "only_failed": st.booleans(),
            "only_running": st.booleans(),
            "reset_dag_runs": st.booleans(),
            "dag_run_id": st.just(run_id),
            **included,
        })  # fmt: skip
        which = {"execution_date": s.dates(), "dag_run_id": st.just(run_id)}
        fields = {"dry_run": st.booleans(), "task_id": tasks, "new_state": states, **included, **which}
        required = ("dry_run", "task_id", "new_state", *included)
        one_run = subset(
            {name: strategy for name, strategy in fields.items() if name != "execution_date"},
            required=(*required, "dag_run_id"),
        )
        one_date = subset(
            {name: strategy for name, strategy in fields.items() if name != "dag_run_id"},
            required=(*required, "execution_date"),
        )
        path = f"{API}/dags/{segment(dag_id)}"
        instance = tasks.map(lambda task_id: f"{_run_path(run)}/taskInstances/{segment(task_id)}")
        patch = spoilt(subset({"dry_run": st.booleans(), "new_state": states}, required=("dry_run", "new_state")))
        note = spoilt(subset({"note": _notes()}, required=("note",)))
        return st.one_of(
            request("POST", f"{path}/clearTaskInstances", spoilt(cleared)),
            request("POST", f"{path}/updateTaskInstancesState", spoilt(st.one_of(one_run, one_date, subset(fields)))),
            request("PATCH", instance, patch),
            request("PATCH", joined(instance, "/", chosen("0", "-1")), patch),
            request("PATCH", joined(instance, "/setNote"), note),
            request("PATCH", joined(instance, "/", chosen("0", "-1"), "/setNote"), note),
        )

    return s.runs(known).flatmap(of)


def _run_path(run: tuple[str, str]) -> str:
    dag_id, run_id = run
    return f"{API}/dags/{segment(dag_id)}/dagRuns/{segment(run_id)}"


# DAGs and what belongs to them


def read_dags(known: Known) -> Requests:
    fields = chosen("dag_id", "dag_id,is_paused", "tags", "owners", "bogus", "")
    path = joined(API, "/dags/", s.dag_ids().map(segment))
    listed = s.paged(
        ("dag_id", "next_dagrun"),
        tags=chosen("etl", "nightly", "fail", "nope", "etl,fail"),
        only_active=BOOLEANS,
        paused=BOOLEANS,
        fields=fields,
        dag_id_pattern=chosen("etl", "ETL", "%", "_", "l%r", "nope", "~"),
    )

    @functools.cache
    def task_path(dag_id: str) -> SearchStrategy[str]:
        return joined(f"{API}/dags/{segment(dag_id)}/tasks/", s.tasks_of(dag_id).map(segment))

    dag_lists = chosen("etl_linear", "etl_linear,manual_paused", "nope", "")
    warnings = s.paged(("dag_id", "timestamp"), dag_id=s.dag_ids(), warning_type=chosen("non-existent pool", "x"))
    return st.one_of(
        request("GET", joined(API, "/dags", listed)),
        request("GET", joined(path, s.query({"fields": fields}))),
        request("GET", joined(path, "/details", s.query({"fields": fields}))),
        request("GET", joined(path, "/tasks", s.query({"order_by": chosen("task_id", "-owner", "bogus", "")}))),
        request("GET", s.dag_ids().flatmap(task_path)),
        request("GET", joined(API, "/dagStats", s.query({"dag_ids": dag_lists}))),
        request("GET", joined(API, "/dagWarnings", warnings)),
        request("GET", joined(API, "/importErrors", s.paged(("import_error_id", "timestamp", "filename")))),
        request("GET", joined(API, "/importErrors/", chosen("1", "x"))),
        request("GET", joined(API, "/dagSources/", chosen("x", "a.b"))),
    )


def change_dags(known: Known) -> Requests:
    body = spoilt(subset({"is_paused": s.mostly(st.booleans(), st.none())}, required=("is_paused",)))
    masks = s.mostly(st.just("is_paused"), chosen("description", "is_paused,tags", ""))
    path = joined(API, "/dags/", s.dag_ids().map(segment))
    many = s.query({
        "dag_id_pattern": chosen("~", "etl", "%a%", "nope"),
        "limit": st.sampled_from(s.LIMITS),
        "offset": st.sampled_from(s.OFFSETS),
        "tags": chosen("etl", "fail"),
        "only_active": BOOLEANS,
        "update_mask": masks,
    })  # fmt: skip
    one = request("PATCH", joined(path, s.query({"update_mask": masks})), body)
    return st.one_of(one, one, request("PATCH", joined(API, "/dags", many), body))


def delete_dag(known: Known) -> Requests:
    # Not often those that much is asked about.
    dag_ids = s.mostly(chosen("failing_retries", "mapped_consumer", "nope"), s.dag_ids())
    return request("DELETE", joined(API, "/dags/", dag_ids.map(segment)))


def datasets(known: Known) -> Requests:
    uris = st.sampled_from(s.DATASETS).map(segment)
    before = s.query({"before": s.mostly(st.sampled_from(s.DATES), chosen("2024-01-02", ""))})
    listed = s.paged(
        ("id", "uri", "created_at", "updated_at"),
        uri_pattern=chosen("orders", "%", "zzz", ""),
        dag_ids=chosen("etl_linear", "mapped_consumer", "nope"),
    )
    events = s.paged(
        ("timestamp", "dataset_id", "source_dag_id", "id"),
        dataset_id=chosen("1", "9", "x"),
        source_dag_id=chosen("etl_linear", "nope"),
        source_task_id=chosen("load"),
        source_run_id=chosen("r1"),
        source_map_index=chosen("-1", "0", "x"),
    )
    event = subset(
        {"dataset_uri": st.sampled_from(s.DATASETS), "extra": chosen({}, {"a": 1}, {"from_rest_api": False}, None)},
        required=("dataset_uri",),
    )
    dag_path = joined(API, "/dags/", s.dag_ids().map(segment), "/datasets/queuedEvent")
    either = chosen("GET", "DELETE")
    created = request("POST", f"{API}/datasets/events", spoilt(event))
    return st.one_of(
        created,
        created,
        request("GET", joined(API, "/datasets", listed)),
        request("GET", joined(API, "/datasets/", uris)),
        request("GET", joined(API, "/datasets/events", events)),
        request(either, joined(API, "/datasets/queuedEvent/", uris, before)),
        request(either, joined(dag_path, before)),
        request(either, joined(dag_path, "/", uris, before)),
    )


# What a deployment keeps besides


def variables(known: Known) -> Requests:
    keys = s.mostly(chosen("v1", "v2", "v3"), chosen("a/b", "ä", "secret_password", "", "v" * 251))
    there = s.one_of_known(known.variables, keys)
    values = s.mostly(st.sampled_from(s.TEXTS), chosen('{"a": [1]}', None, 5))
    fields = {"key": keys, "value": values, "description": s.mostly(st.sampled_from(s.TEXTS), st.none())}
    mask = s.query({"update_mask": chosen("description", "val", "value", "key", "description,val", "", "bogus")})
    path = joined(API, "/variables/", there.map(segment))

    @functools.cache
    def change(key: str) -> Requests:
        body = spoilt(subset({**fields, "key": s.mostly(st.just(key), keys)}, required=("key", "value")))
        return request("PATCH", joined(API, "/variables/", segment(key), mask), body.map(_with_a_secret_of_its_own))

    body = spoilt(subset(fields, required=("key", "value")))
    made = request("POST", f"{API}/variables", body.map(_with_a_secret_of_its_own))
    return st.one_of(
        made,
        made,
        request("GET", joined(API, "/variables", s.paged(("id", "key")))),
        request("GET", path),
        there.flatmap(change),
        request("DELETE", path),
    )


def _with_a_secret_of_its_own(body: Any) -> Any:
    """What was a secret once, a real web server masks in all that it logs until it ends; nothing else is to be so.

    A variable without a name is taken for a secret as well.
    """
    if isinstance(body, dict) and (not body.get("key") or "secret" in str(body["key"])):
        return {**body, "value": "geheim"}
    return body


def pools(known: Known) -> Requests:
    names = s.mostly(chosen("p1", "p2", "p3"), chosen("default_pool", "a/b", "ä ö", "", "p" * 257))
    there = s.one_of_known(known.pools, names)
    fields = {
        "name": names,
        "slots": s.mostly(st.integers(0, 200), chosen("4", -1, 1.5, None)),
        "description": s.mostly(st.sampled_from(s.TEXTS), st.none()),
        "include_deferred": st.booleans(),
    }
    mask = s.query({"update_mask": chosen("slots", "name", "name,slots", "description", "open_slots", "bogus", "")})
    path = joined(API, "/pools/", there.map(segment))
    body = spoilt(subset(fields, required=("name", "slots")))
    made = request("POST", f"{API}/pools", body)
    return st.one_of(
        made,
        made,
        request("GET", joined(API, "/pools", s.paged(("id", "name", "slots", "pool")))),
        request("GET", path),
        request("PATCH", joined(path, mask), body),
        request("DELETE", path),
    )


def connections(known: Known) -> Requests:
    ids = s.mostly(chosen("c1", "c2", "c3"), chosen("a/b", "a b", "ä", "", "c" * 201))
    there = s.one_of_known(known.connections, ids)
    text = s.mostly(st.sampled_from(s.TEXTS), st.none())
    fields: dict[str, SearchStrategy[Any]] = {
        "connection_id": ids,
        "conn_type": s.mostly(chosen("http", "postgres", "nope"), chosen("", None)),
        "description": text,
        "host": text,
        "login": text,
        "schema": text,
        "port": s.mostly(st.integers(0, 70000), chosen(None, "80", -1)),
        "password": chosen("geheim", "", None),
        "extra": s.mostly(
            chosen("{}", '{"a": 1}', '{"password": "geheim", "b": [1]}'), chosen(None, "no json", "", "[1]")
        ),
    }
    required = ("connection_id", "conn_type")
    path = joined(API, "/connections/", there.map(segment))
    mask = s.query({"update_mask": chosen("host", "login,password", "connection_id", "bogus", "extra", "")})
    made = request("POST", f"{API}/connections", spoilt(subset(fields, required=required)))
    return st.one_of(
        made,
        made,
        request("GET", joined(API, "/connections", s.paged(("id", "connection_id", "conn_type", "host", "port")))),
        request("GET", path),
        request("PATCH", joined(path, mask), spoilt(subset({**fields, "connection_id": there}))),
        request("DELETE", path),
    )


def users(known: Known) -> Requests:
    names = s.mostly(chosen("u1", "u2"), chosen("admin", "viewer", "a b", "ä", "", "u" * 300))
    there = s.one_of_known(known.users, names)
    roles = st.lists(
        s.mostly(
            st.fixed_dictionaries({"name": chosen("Viewer", "User", "Op", "role1")}),
            chosen({"name": "nope"}, {}, {"name": None}),
        ),
        max_size=2,
    )
    fields: dict[str, SearchStrategy[Any]] = {
        "username": names,
        "email": s.mostly(chosen("u1@example.com", "u2@example.com"), chosen("admin@example.com", "no mail", "")),
        "first_name": st.sampled_from(s.TEXTS),
        "last_name": st.sampled_from(s.TEXTS),
        "password": chosen("pw", ""),
        "roles": roles,
    }
    required = ("username", "email", "first_name", "last_name")
    made = request("POST", f"{API}/users", spoilt(subset(fields, required=(*required, "roles", "password"))))
    # The users who ask have to stay as they are.
    changed = s.one_of_known(known.users, chosen("u1", "nope")).map(segment)
    mask = s.query({"update_mask": chosen("first_name", "email", "roles", "bogus", "", "first_name,last_name")})
    return st.one_of(
        made,
        made,
        request("GET", joined(API, "/users", s.paged(("id", "email", "first_name", "last_name", "username", "role")))),
        request("GET", joined(API, "/users/", there.map(segment))),
        request("PATCH", joined(API, "/users/", changed, mask), spoilt(subset(fields, required=required))),
        request("DELETE", joined(API, "/users/", changed)),
    )


def roles(known: Known) -> Requests:
    names = s.mostly(chosen("role1", "role2"), chosen("Viewer", "a b", "ä", "", "r" * 70))
    there = s.one_of_known(known.roles, names)
    action = st.fixed_dictionaries({
        "action": st.fixed_dictionaries({"name": chosen("can_read", "can_edit", "nope")}),
        "resource": st.fixed_dictionaries({"name": chosen("DAGs", "Variables", "DAG:etl_linear", "nope")}),
    })  # fmt: skip
    fields: dict[str, SearchStrategy[Any]] = {
        "name": names,
        "actions": st.lists(s.mostly(action, chosen({}, {"action": {"name": "can_read"}})), max_size=3),
    }
    pages = s.query({"limit": chosen("1", "5", "0"), "offset": chosen("0", "9")})
    made = request("POST", f"{API}/roles", spoilt(subset(fields, required=("name", "actions"))))
    changed = s.one_of_known(known.roles, chosen("role1", "nope")).map(segment)
    mask = s.query({"update_mask": chosen("name", "actions", "bogus", "", "name,actions")})
    return st.one_of(
        made,
        made,
        request("GET", joined(API, "/roles", s.paged(("id", "name", "role_id", "permissions")))),
        request("GET", joined(API, "/roles/", there.map(segment))),
        request("PATCH", joined(API, "/roles/", changed, mask), spoilt(subset(fields, required=("name",)))),
        request("DELETE", joined(API, "/roles/", changed)),
        request("GET", joined(API, "/permissions", pages)),
    )


def event_log(known: Known) -> Requests:
    events = chosen("api.post_dag_run", "api.variable.create", "post_dag_run", "nope", "api.patch_dag,cli_dag_trigger")
    listed = s.paged(
        ("event_log_id", "when", "dag_id", "task_id", "event", "owner", "extra", "run_id"),
        dag_id=s.dag_ids(),
        task_id=chosen("extract", "nope"),
        run_id=chosen("r1", "nope"),
        map_index=chosen("-1", "0", "x"),
        try_number=chosen("0", "1"),
        event=events,
        owner=chosen("admin", "viewer", "nope"),
        before=chosen("2024-01-02T03:04:05+00:00", "2099-01-01T00:00:00Z", "x"),
        after=chosen("2024-01-02T03:04:05+00:00", "2099-01-01T00:00:00Z", "x"),
        included_events=events,
        excluded_events=events,
    )
    return st.one_of(
        request("GET", joined(API, "/eventLogs", listed)),
        request("GET", joined(API, "/eventLogs/", chosen("1", "2", "3", "9999", "x", "-1"))),
    )


def deployment(known: Known) -> Requests:
    options = chosen(
        "core/parallelism", "core/executor", "api/auth_backends", "webserver/nope", "nope/nope", "core/fernet_key"
    )
    return st.one_of(
        request("GET", f"{API}/health"),
        request("GET", f"{API}/version"),
        request("GET", joined(API, "/plugins", s.query({"limit": chosen("1"), "offset": chosen("0")}))),
        request("GET", options.map(lambda pair: f"{API}/config/section/{pair.replace('/', '/option/')}")),
    )


def odd_requests(known: Known) -> Requests:
    """Any path with any method, and paths that do not exist."""
    table = sorted({operation.path for operation in all_operations() if "file_token" not in operation.path})
    names = {"{dag_id}": "etl_linear", "{dag_run_id}": "r1", "{task_id}": "extract", "{uri}": segment(s.DATASETS[0])}

    def filled(path: str) -> str:
        for name, value in names.items():
            path = path.replace(name, value)
        return path.replace("{", "%7B").replace("}", "%7D")

    some_operation = st.sampled_from(table).map(lambda path: f"{API}{filled(path)}")
    paths = s.mostly(
        some_operation.filter(lambda path: not path.endswith(("/config", "/logs/%7Btask_try_number%7D"))),
        chosen(f"{API}/nope", f"{API}/dags/", API, f"{API}/", f"{API}//dags", "/api/v2/dags", "/nope", "/health"),
    )
    return request(chosen("GET", "POST", "PUT", "PATCH", "DELETE"), paths, chosen(None, {}, [], "{", {"a": 1}))


# The experimental API


def experimental(known: Known) -> Requests:
    # A session cookie does not do here.
    everybody = s.mostly(st.just("basic:admin:admin-pw"), s.principals())
    asked = functools.partial(request, principal=everybody)
    dag = joined(EXPERIMENTAL, "/dags/", s.dag_ids().map(segment))
    dates = s.mostly(st.sampled_from(s.DATES), chosen("yesterday", "2024-01-02"))
    body = subset(
        {
            "execution_date": s.mostly(dates, chosen("", 5)),
            "run_id": s.mostly(chosen("r1", "r2", "e1"), chosen("a b", "", "scheduled__x")),
            "conf": CONFS,
        },
        required=("execution_date",),
    ).filter(lambda members: members.get("execution_date") not in {None, ""})
    pool = subset(
        {
            "name": chosen("p1", "p2", "", " ", "default_pool"),
            "slots": chosen(4, "4", -1, "x", None),
            "description": chosen("d", "", None),
        },
        required=("name", "slots", "description"),
    )
    pool_path = joined(EXPERIMENTAL, "/pools/", chosen("p1", "p2", "default_pool", "nope"))
    trigger = asked("POST", joined(dag, "/dag_runs"), body)
    moment = dates.map(segment)
    return st.one_of(
        trigger,
        trigger,
        asked("GET", joined(dag, "/dag_runs", chosen("", "?state=queued", "?state=bogus", "?state="))),
        asked("GET", joined(dag, "/dag_runs/", moment)),
        asked("GET", joined(dag, "/dag_runs/", moment, "/tasks/", chosen("extract", "nope"))),
        asked("GET", joined(dag, "/tasks/", chosen("extract", "first", "nope"))),
        asked("GET", joined(dag, "/paused")),
        asked("GET", joined(dag, "/paused/", chosen("true", "false", "True", "x"))),
        asked("GET", joined(dag, "/code")),
        asked("GET", f"{EXPERIMENTAL}/latest_runs"),
        asked("GET", f"{EXPERIMENTAL}/test"),
        asked("GET", joined(EXPERIMENTAL, "/lineage/", s.dag_ids().map(segment), "/", moment)),
        asked("GET", f"{EXPERIMENTAL}/pools"),
        asked("POST", f"{EXPERIMENTAL}/pools", pool),
        asked(chosen("GET", "DELETE"), pool_path),
        asked("DELETE", chosen(f"{EXPERIMENTAL}/dags/etl_linear", f"{EXPERIMENTAL}/dags/nope")),
    )
