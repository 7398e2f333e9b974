"""What a real Airflow 2.10.5 refuses of the arguments of DAGs, tasks and groups is refused here, in its words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_server.dag_files.reading import ReadFile
from tests.dag_files.examples import PREAMBLE

Read = Callable[..., ReadFile]

#: What was recorded: for each argument the values that were refused, out of ``values``, and whole files.
RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("refused_arguments.json").read_text("utf-8"))
#: What is taken here all the same, and why.
KNOWN_DIFFERENCES = {
    ("access_control", "{'a': 1}"): "roles and permissions of a DAG are not read",
    ("resources", "{'a': 1}"): "nothing here has resources",
    ("executor", "'x'"): "which executors an environment has is not known",
    ("executor", "'5'"): "which executors an environment has is not known",
}
#: Something that the text of a file does not tell.
UNKNOWN = "UNKNOWN = os.environ.get('SOMETHING')\n"


def refusal(read: Read, text: str) -> str | None:
    """The exception at the end of a file's import error, without the frames above it."""
    error = read(f"{PREAMBLE}{text}\n").import_error
    if error is None:
        return None
    lines = [line.rstrip() for line in error.splitlines() if line]
    last_frame = max((number for number, line in enumerate(lines) if line.startswith("  ")), default=-1)
    return "\n".join(lines[last_frame + 1 :]).removeprefix("Traceback (most recent call last):\n")


def text_with(kind: str, argument: str, value: str) -> str:
    """A DAG file with this value for this argument."""
    dag, task = {"dag_id": "'dag'", "start_date": "start_date=datetime(2024, 1, 1)"}, {"task_id": "task_id='task'"}
    arguments = {"DAG": dag, "EmptyOperator": task}
    arguments[kind].pop(argument, None)
    given = {each: ", ".join(arguments[each].values()) for each in arguments}
    given[kind] += f"{', ' if given[kind] else ''}{argument}={value}"
    return f"with DAG({given['DAG']}):\n    EmptyOperator({given['EmptyOperator']})"


@pytest.mark.parametrize(
    ("kind", "argument"),
    [(kind, argument) for kind in ("DAG", "EmptyOperator") for argument in RECORDED[kind]],
)
def test_argument(read: Read, kind: str, argument: str) -> None:
    recorded = RECORDED[kind][argument]
    for value in RECORDED["values"]:
        expected = None if (argument, value) in KNOWN_DIFFERENCES else recorded.get(value)
        assert refusal(read, text_with(kind, argument, value)) == expected, value


@pytest.mark.parametrize(("argument", "value"), KNOWN_DIFFERENCES)
def test_a_known_difference_is_one(read: Read, argument: str, value: str) -> None:
    (recorded,) = [RECORDED[kind][argument][value] for kind in ("DAG", "EmptyOperator") if argument in RECORDED[kind]]
    kind = "DAG" if argument in RECORDED["DAG"] else "EmptyOperator"
    assert refusal(read, text_with(kind, argument, value)) != recorded


@pytest.mark.parametrize("name", RECORDED["files"])
def test_file(read: Read, name: str) -> None:
    recorded = RECORDED["files"][name]
    found, expected = refusal(read, recorded["text"]), recorded["error"]
    if name == "a task below None":
        # It may be the result of a function whose decorator, not known here, makes a task of it.
        assert found is None
        expected = None
    if name == "tasks of two DAGs":
        # Airflow shows them in the order of a set.
        assert found is not None
        found, expected = (re.sub(r"\{.*\}", lambda dags: str(sorted(dags[0])), text) for text in (found, expected))
    assert found == expected


def test_what_is_not_known_is_not_refused(read: Read) -> None:
    text = "with DAG('dag', start_date=datetime(2024, 1, 1), catchup=UNKNOWN, tags=[UNKNOWN]):\n    EmptyOperator("
    result = read(f"{PREAMBLE}{UNKNOWN}{text}task_id='task', pool=UNKNOWN, retries=UNKNOWN)\n")
    assert result.import_error is None
    assert result.dags[0].task("task").pool == "default_pool"


def test_operators_of_others_have_arguments_of_their_own(read: Read) -> None:
    text = "from airflow.providers.example import ExampleOperator\nclass EmptyOperator(ExampleOperator):\n    pass\n"
    body = "    ExampleOperator(task_id='a', queue=['x'], anything=1)\n    EmptyOperator(task_id='b', pool=5, x=1)\n"
    result = read(f"{PREAMBLE}{text}with DAG('dag', start_date=datetime(2024, 1, 1)):\n{body}")
    assert result.import_error is None
    assert list(result.dags[0].tasks) == ["a", "b"]


@pytest.mark.parametrize(("retries", "delay", "expected"), [("-1", "-1", (0, 0.0)), ("'2'", "1.5", (2, 1.5))])
def test_numbers_that_airflow_lets_through(read: Read, retries: str, delay: str, expected: tuple[int, float]) -> None:
    task = f"EmptyOperator(task_id='task', retries={retries}, retry_delay={delay})"
    (dag,) = read(f"{PREAMBLE}with DAG('dag', start_date=datetime(2024, 1, 1)):\n    {task}\n").dags
    assert (dag.task("task").retries, dag.task("task").retry_delay) == expected


def test_what_may_not_happen_at_all_is_not_refused(read: Read) -> None:
    text = "with DAG('dag', start_date=datetime(2024, 1, 1)):\n    a = EmptyOperator(task_id='a')\n"
    result = read(f"{PREAMBLE}{UNKNOWN}{text}    if UNKNOWN:\n        a >> 'b'\n")
    assert result.import_error is None


def test_airflow_1_10_is_not_measured_by_airflow_2(read: Read) -> None:
    text = "with DAG('dag', start_date=datetime(2024, 1, 1), catchup='no'):\n    EmptyOperator(task_id='a', pool=5)\n"
    assert read(f"{PREAMBLE}{text}", version="1.10.12").import_error is None
