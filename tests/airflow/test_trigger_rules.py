from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_server.airflow.trigger_rules import TRIGGER_RULES, unmet, upstream_of, verdict

S, F, K, U, N = "success", "failed", "skipped", "upstream_failed", None


@pytest.mark.parametrize(
    ("rule", "states", "expected"),
    [
        ("all_success", (S, S), "run"),
        ("all_success", (S, N), "wait"),
        ("all_success", (S, "running"), "wait"),
        ("all_success", (F, N), "upstream_failed"),
        ("all_success", (U, N), "upstream_failed"),
        ("all_success", (K, N), "skipped"),
        ("all_success", (K, F), "upstream_failed"),
        ("all_success", (S, "removed"), "wait"),
        ("all_failed", (F, U), "run"),
        ("all_failed", (F, N), "wait"),
        ("all_failed", (F, S), "skipped"),
        ("all_failed", (K, N), "skipped"),
        ("all_done", (S, F, K, U), "run"),
        ("all_done", (S, "up_for_retry"), "wait"),
        ("all_skipped", (K, K), "run"),
        ("all_skipped", (K, N), "wait"),
        ("all_skipped", (K, S), "skipped"),
        ("all_skipped", (F, N), "skipped"),
        ("one_success", (S, N), "run"),
        ("one_success", (F, N), "wait"),
        ("one_success", (K, K), "skipped"),
        ("one_success", (F, K), "upstream_failed"),
        ("one_failed", (F, N), "run"),
        ("one_failed", (U, N), "run"),
        ("one_failed", (S, N), "wait"),
        ("one_failed", (S, K), "skipped"),
        ("one_done", (F, N), "run"),
        ("one_done", (S, N), "run"),
        ("one_done", (K, N), "wait"),
        ("one_done", (K, K), "skipped"),
        ("one_done", (U, U), "skipped"),
        ("none_failed", (S, K), "run"),
        ("none_failed", (K, K), "run"),
        ("none_failed", (S, N), "wait"),
        ("none_failed", (F, N), "upstream_failed"),
        ("none_failed_min_one_success", (S, K), "run"),
        ("none_failed_min_one_success", (K, K), "skipped"),
        ("none_failed_min_one_success", (S, N), "wait"),
        ("none_failed_min_one_success", (U, N), "upstream_failed"),
        ("none_skipped", (S, F, U), "run"),
        ("none_skipped", (S, N), "wait"),
        ("none_skipped", (K, N), "skipped"),
        ("always", (N, F), "run"),
    ],
)
def test_verdicts(rule: str, states: tuple[str | None, ...], expected: str) -> None:
    assert verdict(rule, states) == expected
    assert verdict(rule, states[::-1]) == expected


@pytest.mark.parametrize("rule", TRIGGER_RULES)
def test_a_task_with_nothing_above_runs(rule: str) -> None:
    assert verdict(rule, ()) == "run"


@given(st.sampled_from(TRIGGER_RULES), st.lists(st.sampled_from([S, F, K, U]), min_size=1, max_size=5))
def test_nobody_waits_for_what_is_over(rule: str, states: list[str | None]) -> None:
    assert verdict(rule, states) != "wait"


@given(st.sampled_from(TRIGGER_RULES), st.lists(st.sampled_from([S, F, K, U, N, "running"]), min_size=1, max_size=5))
def test_a_reason_is_given_exactly_when_the_task_may_not_run(rule: str, states: list[str | None]) -> None:
    reason = unmet(rule, upstream_of(states), ["a"])
    assert (reason is None) == (verdict(rule, states) == "run")
    assert reason is None or reason.startswith(f"Task's trigger rule '{rule}' requires ")


def test_the_words_are_airflows() -> None:
    assert unmet("all_success", upstream_of([None]), ["extract"]) == (
        "Task's trigger rule 'all_success' requires all upstream tasks to have succeeded, but found 1 non-success(es). "
        "upstream_states=_UpstreamTIStates(success=0, skipped=0, failed=0, upstream_failed=0, removed=0, done=0, "
        "success_setup=0, skipped_setup=0), upstream_task_ids={'extract'}"
    )
