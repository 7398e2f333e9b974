from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_server.airflow.errors import SeedError
from fake_server.airflow.seed_check import check_seed, is_valid, seed_schema, unknown_keys

SEED: dict[str, Any] = {
    "dags": [
        {
            "dag_id": "etl",
            "schedule": 60,
            "params": {"size": {"value": 1, "schema": {"type": "integer"}}},
            "tasks": [
                {"task_id": "a", "retries": 2, "outcome": ["failed", "success"], "downstream": ["b"]},
                {"task_id": "b", "mapped_over": {"x": "a"}, "duration": 1.5, "xcom": {"k": None}},
            ],
        }
    ],
    "variables": {"a": "b", "n": 1, "o": {}},
    "pools": [{"name": "small", "slots": -1}],
    "connections": [{"conn_id": "c", "conn_type": "http", "port": 80}],
    "users": [{"username": "me", "password": "pw", "role": "Op"}],
    "xcoms": [{"dag_id": "etl", "task_id": "a", "key": "rows", "value": [1]}],
}


def test_a_right_seed_passes() -> None:
    check_seed(SEED, "seed")
    check_seed({}, "seed")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("dags",), {}, "seed: dags: .*is not of type 'array'"),
        (("dags", 0), {"tasks": []}, r"seed: dags\[0\]: 'dag_id' is a required property"),
        (("dags", 0, "dag_id"), "", r"seed: dags\[0\].dag_id: '' (is too short|should be non-empty)"),
        (("dags", 0, "max_active_runs"), 0, r"dags\[0\].max_active_runs: 0 is less than the minimum of 1"),
        (("dags", 0, "tasks", 0, "retries"), "2", r"dags\[0\].tasks\[0\].retries: '2' is not of type 'integer'"),
        (("dags", 0, "tasks", 0, "retries"), True, r"retries: True is not of type 'integer'"),
        (("dags", 0, "tasks", 1, "duration"), -1, r"tasks\[1\].duration: -1 is less than the minimum of 0"),
        (("dags", 0, "tasks", 0, "outcome"), "fine", r"tasks\[0\].outcome: 'fine' is not"),
        (("pools", 0, "slots"), None, r"pools\[0\].slots: None is not of type 'integer'"),
        (("connections", 0, "port"), 80.5, r"connections\[0\].port: 80.5 is not of type"),
    ],
)
def test_a_mistake_is_named_with_its_place(path: tuple[str | int, ...], value: object, words: str) -> None:
    seed: Any = copy.deepcopy(SEED)
    place = seed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(SeedError, match=words):
        check_seed(seed, "seed")


@pytest.mark.parametrize("seed", [None, [], "text", 3])
def test_a_seed_is_an_object(seed: object) -> None:
    with pytest.raises(SeedError, match=r"the whole: .* is not of type 'object'"):
        check_seed(seed, "seed")


def test_unknown_keys_are_named_with_their_place() -> None:
    seed = {"dagz": 1, "dags": [{"dag_id": "a", "colour": 1, "tasks": [{"task_id": "t", "colour": 2}]}]}
    assert list(unknown_keys(seed)) == ["dagz", "dags[0].colour", "dags[0].tasks[0].colour"]
    assert list(unknown_keys(SEED)) == []


JUNK: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.floats(-2, 2)
    | st.text(max_size=3)
    | st.just([])
    | st.just({})
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_it_agrees_with_jsonschema(data: st.DataObject) -> None:
    seed: Any = copy.deepcopy(SEED)
    for _ in range(data.draw(st.integers(0, 3))):
        place: Any = seed
        container: Any = None
        key: Any = None
        for _ in range(data.draw(st.integers(1, 5))):
            if not isinstance(place, (dict, list)) or not place:
                break
            container, key = (
                place,
                data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place)))),
            )
            place = place[key]
        if container is not None:
            if isinstance(container, dict) and data.draw(st.booleans()):
                del container[key]
            else:
                container[key] = data.draw(JUNK)
    expected = jsonschema.Draft202012Validator(seed_schema()).is_valid(seed)
    assert is_valid(seed, seed_schema()) == expected


def test_a_right_seed_needs_no_jsonschema() -> None:
    code = (
        "import json, sys; from fake_server.airflow.deployment import Airflow; "
        "from fake_server.airflow.loading import load_seed; load_seed(Airflow(), json.loads(sys.argv[1])); "
        "print([m for m in ('jsonschema', 'cron_descriptor') if m in sys.modules])"
    )
    seed = {key: value for key, value in SEED.items() if key != "dags"} | {"xcoms": []}
    done = subprocess.run([sys.executable, "-c", code, json.dumps(seed)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
