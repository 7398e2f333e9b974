"""A deployment made of rows is the one that the rows were made of, and lives on as it would have."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fake_server.airflow.connections import Connection
from fake_server.airflow.dags import DAG, Param, Task
from fake_server.airflow.deployment import Airflow
from fake_server.clock import Clock
from fake_server.state.deployment_rows import STORES, DamagedRows, DeploymentRows, Row, restore
from fake_server.state.objects import NotKept, as_bytes, form_of_objects, from_bytes

NOON = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr("time.time", NOON.timestamp)
    return Clock()


@pytest.fixture
def airflow(clock: Clock) -> Airflow:
    return Airflow(clock=clock)


@pytest.fixture
def busy(airflow: Airflow) -> Airflow:
    """A deployment with something of everything, in the middle of it all."""
    first = Task("first", xcom={"rows": [1, {"a": None}], "return_value": [1, 2, 3]}, outlets=("s3://data",), log="hi")
    flaky = Task("flaky", upstream=("first",), outcome=("failed", "success"), retries=1, retry_delay=30, pool="small")
    mapped = Task("mapped", upstream=("first",), mapped_over=("first",), duration=20)
    branch = Task("branch", upstream=("first",), branch=["left"])
    sides = {side: Task(side, upstream=("branch",)) for side in ("left", "right")}
    tasks = {task.task_id: task for task in (first, flaky, mapped, branch)} | sides
    with airflow.session():
        airflow.pools.create("small", 1, "one at a time")
        airflow.add_dag(
            DAG(
                "etl", tasks=tasks, schedule="* * * * *", params={"day": Param("x", {"type": "string"})}, tags=("a",),
                start_date=NOON - timedelta(days=1), dagrun_timeout=100, max_active_runs=2,
            )
        )  # fmt: skip
        airflow.add_dag(DAG("consumer", tasks={"only": Task("only")}, dataset_triggers=("s3://data",)))
        airflow.add_dag(DAG("paused", tasks={"only": Task("only")}, schedule=timedelta(hours=1), is_paused=True))
        airflow.variables.set("key", "välue", "text")
        airflow.connections.add(Connection("db", "postgres", password="secret", port=5432, extra='{"a": 1}'))
        airflow.security.add_role("Team", [("can_read", "DAG:etl")])
        airflow.security.add_user("anna", "word", ["Team", "Viewer"])
        airflow.password_auth_users.add("old", "word")
        airflow.import_errors["/dags/broken.py"] = "SyntaxError"
        airflow.files["/out.json"] = "{}"
        airflow.audit.record("trigger", "anna", dag_id="etl", logical_date=NOON)
        airflow.trigger_dag(
            "paused", run_id="waiting", logical_date=NOON, conf={"a": [1]}, note="n", note_author="anna"
        )
    for seconds in (200, 7, 4.5):
        airflow.clock.advance(seconds)
        with airflow.session():
            airflow.create_dataset_event("s3://data", {"by": "hand"})
    with airflow.session():
        airflow.add_dag(DAG("etl", tasks=tasks | {"new": Task("new")}, schedule="* * * * *"))
    return airflow


def rows_of(airflow: Airflow) -> dict[Row, bytes]:
    return {row: content for row, content in DeploymentRows(airflow).changes().items() if content is not None}


def again(airflow: Airflow, rows: dict[Row, bytes] | None = None) -> Airflow:
    restored = Airflow(clock=airflow.clock)
    restore(restored, rows if rows is not None else rows_of(airflow))
    return restored


def picture(airflow: Airflow) -> dict[str, Any]:
    """Everything that a client can see of a deployment, as texts."""
    with airflow.session():
        return {
            "dags": [{**vars(dag), "timetable": dag.timetable.summary, "_weights": {}} for dag in airflow.dags_by_id],
            "runs": [
                (str(run), run.conf, run.note, run.data_interval, run.start_date, run.end_date, run.dag.tags)
                for run in airflow.runs
            ],
            "instances": [
                [(str(each), each.start_date, each.end_date, each.pid, len(each.tries)) for each in instances]
                for instances in (run.task_instances.values() for run in airflow.runs)
            ],
            "xcoms": [list(run.xcoms) for run in airflow.runs],
            "variables": list(airflow.variables),
            "connections": list(airflow.connections),
            "pools": [(pool, airflow.pools.use_of(pool)) for pool in airflow.pools],
            "users": list(airflow.security),
            "roles": airflow.security.roles,
            "old users": list(airflow.password_auth_users),
            "log": list(airflow.audit),
            "errors": airflow.import_errors.rows,
            "files": airflow.files,
            "datasets": list(airflow.datasets),
            "events": [(it.id, it.timestamp, list(map(str, it.created_dag_runs))) for it in airflow.datasets.events],
            "queued": [(event.dag_id, event.created_at) for event in airflow.datasets.queued()],
        }  # fmt: skip


def test_everything_comes_back(busy: Airflow) -> None:
    restored = again(busy)

    assert picture(restored) == picture(busy)
    assert restored.security.authenticate("anna", "word") is restored.security.find_user("anna")
    assert restored.security.authenticate("anna", "other") is None
    assert restored.password_auth_users.accepts("old", "word")


def test_it_lives_on_as_it_would_have(busy: Airflow) -> None:
    restored = again(busy)

    for seconds in (0.5, 1, 3, 20, 40, 300, 4000):
        busy.clock.advance(seconds)
        assert picture(restored) == picture(busy)
    assert len(restored.runs) > 50


def test_new_entries_continue_the_numbers(busy: Airflow) -> None:
    pictures = []
    for airflow in (again(busy), busy):
        with airflow.session():
            airflow.trigger_dag("paused", run_id="next", logical_date=NOON + timedelta(days=1))
            airflow.variables.set("another", "1")
            airflow.audit.record("event", "anna")
            airflow.security.add_user("bob", "word")
            airflow.security.find_user("bob").password_hash = b""  # type: ignore[union-attr]
        pictures.append(picture(airflow))

    assert pictures[0] == pictures[1]


def test_objects_that_are_one_stay_one(busy: Airflow) -> None:
    restored = again(busy)

    assert all(run.dag is restored.dags[run.dag_id] for run in restored.runs)
    assert restored.dag_folder["etl"] is restored.dags["etl"]
    user = restored.security.find_user("anna")
    assert user is not None
    assert user.roles[0] is restored.security.find_role("Team")


def test_a_restored_deployment_has_the_same_rows(busy: Airflow) -> None:
    rows = rows_of(busy)

    assert rows_of(again(busy, rows)).keys() == rows.keys()


CHANGES: dict[str, tuple[Callable[[Airflow], object], set[Row]]] = {
    "nothing": (lambda airflow: None, set()),
    "a variable": (lambda airflow: airflow.variables.set("key", "other"), {("store", "variables")}),
    "a login": (lambda airflow: airflow.security.authenticate("anna", "word"), {("store", "security")}),
    "an event": (lambda airflow: airflow.audit.record("e", "o"), {("event", "2"), ("store", "audit")}),
    "a note": (lambda airflow: setattr(airflow.get_run("paused", "waiting"), "note", "new"), {("run", "1")}),
    "a note of a task instance": (
        lambda airflow: setattr(airflow.get_task_instance("paused", "waiting", "only"), "note", "new"),
        {("run", "1")},
    ),
    "a DAG": (lambda airflow: setattr(airflow.dags["consumer"], "description", "new"), {("dag", "consumer")}),
    "a file": (lambda airflow: airflow.files.pop("/out.json"), {("store", "files")}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_has_changed_is_written(busy: Airflow, change: str) -> None:
    act, expected = CHANGES[change]
    rows = DeploymentRows(busy)
    with busy.session():
        _ = busy.get_run("paused", "waiting").task_instances
    rows.changes()

    act(busy)

    assert set(rows.changes()) == expected
    assert rows.changes() == {}


def test_what_is_deleted_is_removed(busy: Airflow) -> None:
    rows = DeploymentRows(busy)
    kept = dict(rows.changes())
    with busy.session():
        busy.delete_dag("paused")
        busy.audit.forget(next(iter(busy.audit)))
    changes = rows.changes()
    kept.update(changes)

    assert changes["dag", "paused"] is changes["run", "1"] is changes["event", "1"] is None
    restored = again(busy, {row: content for row, content in kept.items() if content is not None})
    assert picture(restored) == picture(busy)


def test_changes_add_up(busy: Airflow) -> None:
    rows = DeploymentRows(busy)
    kept = dict(rows.changes())
    for seconds in (0.5, 1, 2, 5, 30, 60, 600):
        busy.clock.advance(seconds)
        with busy.session():
            busy.add_dag(DAG("consumer", tasks={f"t{seconds}": Task(f"t{seconds}")}, dataset_triggers=("s3://data",)))
        kept.update(rows.changes())

    restored = again(busy, {row: content for row, content in kept.items() if content is not None})
    assert picture(restored) == picture(busy)


def test_every_store_of_a_deployment_is_kept(airflow: Airflow) -> None:
    before = {name for name in vars(airflow) if not name.startswith("_")}

    assert before - {"version", "clock", "config"} == set(STORES)


def test_a_function_cannot_be_kept(airflow: Airflow) -> None:
    with airflow.session():
        airflow.add_dag(DAG("etl", tasks={"a": Task("a", branch=lambda run: "b")}))

    with pytest.raises(NotKept, match="a state file cannot hold <function"):
        rows_of(airflow)


class _Attack:
    def __init__(self, *reduced: Any) -> None:
        self._reduced = reduced

    def __reduce__(self) -> Any:
        return self._reduced


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(_Attack(eval, ("1 + 1",))),
        pickle.dumps(_Attack(getattr, ("", "join"))),
        pickle.dumps(_Attack(__import__, ("os",))),
        b"cfake_server.state.objects\npickle\n.",
        b"cfake_server.airflow.deployment\nthreading\n.",
        b"not a pickle",
        b"",
    ],
)
def test_no_code_is_run_for_a_file_from_elsewhere(busy: Airflow, content: bytes) -> None:
    with pytest.raises(DamagedRows):
        again(busy, {**rows_of(busy), ("store", "variables"): content})


def test_only_methods_of_schedulers_and_deployments_are_called(busy: Airflow) -> None:
    class Holder:
        method = busy.variables.set

    with pytest.raises(pickle.UnpicklingError, match="no method of Variables"):
        from_bytes(as_bytes(Holder.method, lambda thing: None), lambda reference: busy)


@pytest.mark.parametrize("row", [("store", "runs"), ("dag", "etl"), ("run", "1")])
def test_a_row_that_is_missing(busy: Airflow, row: Row) -> None:
    rows = rows_of(busy)
    del rows[row]

    with pytest.raises(DamagedRows):
        again(busy, rows)


def test_the_form_follows_the_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = form_of_objects()
    assert before == form_of_objects()

    monkeypatch.setattr("fake_server.state.objects.KEPT_CLASSES", (DAG, Task))
    assert form_of_objects() != before
