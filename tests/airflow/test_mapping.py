from __future__ import annotations

from typing import Any

import pytest

from fake_server.airflow.dags import Task
from fake_server.airflow.mapping import mapped_arguments
from tests.airflow.stage import Stage, dag_of, states


def mapped_stage(values: Any, **more: Any) -> Stage:
    above = Task("numbers", xcom={} if values is None else {"return_value": values})
    mapped = Task(
        "double",
        upstream=("numbers",),
        mapped_over={"x": "numbers"},
        xcom={"return_value": lambda instance: mapped_arguments(instance)["x"] * 2},
        **more,
    )
    return Stage(dag_of(above, mapped, Task("total", upstream=("double",))))


def test_a_mapped_task_becomes_an_instance_for_each_item() -> None:
    stage = mapped_stage([10, 20, 30])
    run = stage.trigger()
    assert states(run) == {"numbers": None, "double": None, "total": None}
    stage.advance(3)
    assert states(run) == {
        "numbers": "success",
        "double[0]": "scheduled",
        "double[1]": "scheduled",
        "double[2]": "scheduled",
        "total": None,
    }
    stage.advance(60)
    assert run.state == "success"
    assert [xcom.value for xcom in run.xcoms.of("double")] == [20, 40, 60]
    assert [xcom.map_index for xcom in run.xcoms.of("double")] == [0, 1, 2]
    assert run.task_instance("double") is None
    assert [instance.map_index for instance in run.instances_of("double")] == [0, 1, 2]


def test_nothing_to_expand_over_is_skipped() -> None:
    stage = mapped_stage([])
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"numbers": "success", "double": "skipped", "total": "skipped"}
    assert run.state == "success"


def test_what_is_below_waits_for_every_instance() -> None:
    stage = mapped_stage([1, 2], outcome="failed")
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {
        "numbers": "success",
        "double[0]": "failed",
        "double[1]": "failed",
        "total": "upstream_failed",
    }


def test_a_failure_above_fails_the_unexpanded_task() -> None:
    stage = Stage(dag_of(Task("a", outcome="failed"), Task("b", upstream=("a",), mapped_over=("a",))))
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"a": "failed", "b": "upstream_failed"}


@pytest.mark.parametrize("value", [None, 3, "text"])
def test_a_task_that_returns_nothing_to_map_over_fails(value: object) -> None:
    stage = mapped_stage(value)
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"numbers": "failed", "double": "upstream_failed", "total": "upstream_failed"}


def test_a_mapping_is_mapped_over_as_pairs() -> None:
    stage = Stage(
        dag_of(Task("a", xcom={"return_value": {"k": 1, "l": 2}}), Task("b", upstream=("a",), mapped_over=("a",)))
    )
    run = stage.trigger()
    stage.advance(60)
    assert [mapped_arguments(instance) for instance in run.instances_of("b")] == [{"a": ("k", 1)}, {"a": ("l", 2)}]


def test_several_arguments_multiply_and_the_last_varies_fastest() -> None:
    stage = Stage(
        dag_of(
            Task("a", xcom={"return_value": [1, 2]}),
            Task("b", xcom={"return_value": ["x", "y", "z"]}),
            Task("c", upstream=("a", "b"), mapped_over={"n": "a", "s": "b"}),
        )
    )
    run = stage.trigger()
    stage.advance(60)
    assert [tuple(mapped_arguments(instance).values()) for instance in run.instances_of("c")] == [
        (1, "x"), (1, "y"), (1, "z"), (2, "x"), (2, "y"), (2, "z"),
    ]  # fmt: skip
    assert list(mapped_arguments(run.instances_of("c")[0])) == ["n", "s"]


def test_a_task_mapped_over_a_mapped_task_takes_all_its_results() -> None:
    def double(name: str) -> dict[str, Any]:
        return {"return_value": lambda instance: mapped_arguments(instance)[name] * 2}

    stage = Stage(
        dag_of(
            Task("a", xcom={"return_value": [1, 2, 3]}),
            Task("b", upstream=("a",), mapped_over=("a",), xcom=double("a")),
            Task("c", upstream=("b",), mapped_over=("b",), xcom=double("b")),
        )
    )
    run = stage.trigger()
    stage.advance(60)
    assert run.state == "success"
    assert [xcom.value for xcom in run.xcoms.of("c")] == [4, 8, 12]


def test_instances_retry_each_for_itself() -> None:
    stage = mapped_stage([1, 2], outcome=("failed", "success"), retries=1, retry_delay=2)
    run = stage.trigger()
    stage.advance(60)
    assert run.state == "success"
    assert [instance.try_number for instance in run.instances_of("double")] == [2, 2]


def test_a_mapped_empty_operator_succeeds_at_once() -> None:
    stage = Stage(
        dag_of(
            Task("a", xcom={"return_value": [1, 2]}), Task("b", "EmptyOperator", upstream=("a",), mapped_over=("a",))
        )
    )
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"a": "success", "b[0]": "success", "b[1]": "success"}


def test_a_cleared_run_expands_again_to_what_there_is_then() -> None:
    values = [[1, 2, 3], [1]]
    stage = Stage(
        dag_of(
            Task("a", xcom={"return_value": lambda instance: values[instance.try_number - 1]}),
            Task("b", upstream=("a",), mapped_over=("a",)),
        )
    )
    run = stage.trigger()
    stage.advance(60)
    assert states(run) == {"a": "success", "b[0]": "success", "b[1]": "success", "b[2]": "success"}
    stage.airflow.clear_run(run)
    stage.advance(60)
    assert states(run) == {"a": "success", "b[0]": "success", "b[1]": "removed", "b[2]": "removed"}
    assert run.state == "success"


def test_a_cleared_run_may_expand_further() -> None:
    values = [[1], [1, 2]]
    stage = Stage(
        dag_of(
            Task("a", xcom={"return_value": lambda instance: values[instance.try_number - 1]}),
            Task("b", upstream=("a",), mapped_over=("a",)),
        )
    )
    run = stage.trigger()
    stage.advance(60)
    stage.airflow.clear_run(run)
    stage.advance(60)
    assert states(run) == {"a": "success", "b[0]": "success", "b[1]": "success"}
