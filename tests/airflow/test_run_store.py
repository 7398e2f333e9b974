from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_server.airflow.dags import DAG
from fake_server.airflow.run_store import ORDERS, DagRuns, Period, RunQuery
from fake_server.airflow.runs import DagRun
from fake_server.airflow.timetables import DataInterval
from tests.airflow.stage import NOW

DAGS = {dag_id: DAG(dag_id) for dag_id in "abc"}


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def add(runs: DagRuns, dag_id: str, minutes: int, state: str = "queued") -> DagRun:
    run = DagRun(
        id=runs.next_id(),
        dag=DAGS[dag_id],
        run_id=f"r{minutes}",
        logical_date=at(minutes),
        data_interval=DataInterval.exact(at(minutes)),
        state=state,
        run_type="manual",
        conf={"minutes": minutes},
        external_trigger=True,
        queued_at=NOW,
    )
    runs.add(run)
    return run


def only(*dag_ids: str) -> frozenset[str]:
    return frozenset(dag_ids)


def test_runs_are_found_by_id_and_by_date() -> None:
    runs = DagRuns()
    run = add(runs, "a", 5)
    assert runs.get("a", "r5") is run
    assert runs.at("a", at(5)) is run
    for missing in (runs.get("a", "r6"), runs.get("b", "r5"), runs.at("a", at(6)), runs.at("b", at(5))):
        assert missing is None
    runs.remove(run)
    assert runs.get("a", "r5") is None
    assert runs.at("a", at(5)) is None
    assert len(runs) == 0
    assert list(runs) == []


def test_row_ids_are_never_used_again() -> None:
    runs = DagRuns()
    first = add(runs, "a", 1)
    runs.remove(first)
    assert add(runs, "a", 1).id == first.id + 1


def test_all_runs_come_by_row_id() -> None:
    runs = DagRuns()
    made = [add(runs, dag_id, minutes) for dag_id, minutes in (("b", 3), ("a", 9), ("b", 1), ("a", 2))]
    assert list(runs) == made
    assert runs.of("b") == [made[0], made[2]]
    assert list(runs.by_date("b")) == [made[2], made[0]]
    assert list(runs.by_date("nope")) == []


def test_counts_by_state_follow_the_runs() -> None:
    runs = DagRuns()
    one, two = add(runs, "a", 1), add(runs, "a", 2)
    assert runs.state_counts("a") == {"queued": 2}
    one.become("running", NOW)
    assert runs.state_counts("a")["running"] == 1
    two.state = "failed"
    add(runs, "a", 3)
    runs.remove(one)
    counts = runs.state_counts("a")
    assert (counts["queued"], counts["running"], counts["failed"]) == (1, 0, 1)
    assert runs.state_counts("nope")["queued"] == 0


def test_a_page_and_how_many_there_are() -> None:
    runs = DagRuns()
    made = [add(runs, "a", minutes) for minutes in (5, 3, 4, 1, 2)]
    assert runs.page(RunQuery(), 1, 2) == (made[1:3], 5)
    by_date = RunQuery(dag_ids=only("a"), order_by="logical_date")
    assert [run.run_id for run in runs.page(by_date, 1, 2)[0]] == ["r2", "r3"]
    backwards = RunQuery(dag_ids=only("a"), order_by="logical_date", descending=True)
    assert [run.run_id for run in runs.page(backwards, 1, 2)[0]] == ["r4", "r3"]
    assert runs.page(by_date, 10, 2) == ([], 5)
    assert runs.page(backwards, 10, 2) == ([], 5)
    assert runs.page(by_date, 0, 0) == ([], 5)
    assert runs.page(RunQuery(dag_ids=only("nope"))) == ([], 0)


def test_equal_ones_come_by_row_id_in_both_directions() -> None:
    runs = DagRuns()
    made = [add(runs, "a", minutes, state) for minutes, state in ((1, "success"), (2, "failed"), (3, "success"))]
    assert runs.page(RunQuery(order_by="state"))[0] == [made[1], made[0], made[2]]
    assert runs.page(RunQuery(order_by="state", descending=True))[0] == [made[0], made[2], made[1]]


def test_runs_without_a_date_come_first() -> None:
    runs = DagRuns()
    without, late, early = (add(runs, "a", minutes) for minutes in (1, 2, 3))
    late.start_date, early.start_date = at(20), at(10)
    assert runs.page(RunQuery(order_by="start_date"))[0] == [without, early, late]
    assert runs.page(RunQuery(order_by="start_date", descending=True))[0] == [late, early, without]


def test_a_kept_answer_follows_every_change() -> None:
    runs = DagRuns()
    query = RunQuery(states=only("running"), order_by="start_date")
    assert runs.page(query) == ([], 0)
    run, other = add(runs, "a", 1), add(runs, "b", 1)
    run.become("running", at(5))
    other.become("running", at(3))
    assert runs.page(query) == ([other, run], 2)
    other.start_date = at(9)
    assert runs.page(query) == ([run, other], 2)
    run.become("success", at(9))
    assert runs.page(query) == ([other], 1)
    runs.remove(other)
    assert runs.page(query) == ([], 0)


def test_a_query_on_the_last_change_is_worked_out_each_time() -> None:
    runs = DagRuns()
    run = add(runs, "a", 1)
    query = RunQuery(updated_at=Period(since=at(1)))
    assert runs.page(query)[1] == 0
    run.last_scheduling_decision = at(2)
    assert runs.page(query)[1] == 1


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_works(order: str) -> None:
    runs = DagRuns()
    for minutes in (3, 1, 2):
        add(runs, "a", minutes)
    for descending in (False, True):
        assert runs.page(RunQuery(order_by=order, descending=descending))[1] == 3


periods = st.builds(
    Period,
    st.none() | st.integers(0, 20).map(at),
    st.none() | st.integers(0, 20).map(at),
)
queries = st.builds(
    RunQuery,
    dag_ids=st.none() | st.frozensets(st.sampled_from("abcd"), max_size=3),
    states=st.none() | st.frozensets(st.sampled_from(["queued", "running", "success"]), max_size=2),
    logical_date=periods,
    start_date=st.just(Period()) | periods,
    end_date=st.just(Period()) | periods,
    order_by=st.sampled_from(sorted(ORDERS)),
    descending=st.booleans(),
)
actions = st.tuples(
    st.sampled_from(["add", "remove", "run", "end", "queue", "ask"]),
    st.sampled_from("abc"),
    st.integers(0, 20),
    queries,
)


def test_runs_of_one_date_come_by_row_id_in_either_direction() -> None:
    runs = DagRuns()
    both = [add(runs, dag_id, 0) for dag_id in ("a", "b")]
    for descending in (False, True):
        assert runs.page(RunQuery(order_by="logical_date", descending=descending)) == (both, 2)


@settings(max_examples=150, deadline=None)
@given(st.lists(actions, max_size=40), st.lists(queries, min_size=1, max_size=4))
def test_pages_are_what_a_search_through_everything_finds(
    script: list[tuple[str, str, int, RunQuery]], asked: list[RunQuery]
) -> None:
    runs = DagRuns()
    for action, dag_id, minutes, query in script:
        run = runs.at(dag_id, at(minutes))
        if action == "ask":
            runs.page(query, 0, 3)
        elif run is None:
            add(runs, dag_id, minutes)
        elif action == "remove":
            runs.remove(run)
        elif action in ("run", "end", "queue"):
            run.become({"run": "running", "end": "success", "queue": "queued"}[action], at(minutes))
        for each in asked:
            expected = sorted(
                (run for run in runs if each.matches(run)),
                key=lambda run: (ORDERS[each.order_by](run), -run.id if each.descending else run.id),
                reverse=each.descending,
            )
            if each.dag_ids is None or len(each.dag_ids) == 1:
                assert runs.page(each) == (expected, len(expected))
            assert runs.page(each, 1, 2) == (expected[1:3], len(expected))
