"""Authentication and authorization are answered as real Airflow was recorded to answer them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from fake_server.airflow.errors import ConfigurationError
from tests.oracle.auth_matrix import VERSIONS, Row, differences, legend, options_of, rows
from tests.oracle.http_replay import HttpReplay
from tests.oracle.recorded_cases import known_differences

KNOWN_DIFFERENCES = known_differences("known_differences_auth.json")
SETTINGS = [(version, name, setting) for version in VERSIONS for name, setting in legend(version)["settings"].items()]
STARTING = [
    (version, name) for version, name, setting in SETTINGS if setting["starts"] and name not in KNOWN_DIFFERENCES
]
#: Settings under which the recorded web server never came up, and those that the fake refuses on purpose.
REFUSED = [
    (version, name)
    for version, name, setting in SETTINGS
    if (not setting["starts"] or name in KNOWN_DIFFERENCES) and not name.startswith("google_openid")
]


@pytest.mark.parametrize(
    ("version", "row"),
    [
        pytest.param(version, row, id=f"{version} {row['setting']} {row['kind']} {row['credential']}")
        for version in VERSIONS
        for row in rows(version)
        if (version, row["setting"]) in STARTING
    ],
)
def test_recorded_answers(version: str, row: Row, record_property: Callable[[str, object], None]) -> None:
    """One credential under one setting: every request is answered as recorded."""
    scores: Counter[str] = Counter()
    wrong: list[str] = []
    for request in row["answers"]:
        key = (row["kind"], row["credential"], request)
        difference = differences(version, row["setting"]).get(key)
        known = " ".join((row["setting"], *key)) in KNOWN_DIFFERENCES
        if known and difference is None:
            wrong.append(f"{request} is as recorded now: take it off the list of known differences")
        elif difference is not None and not known:
            wrong.append(f"{request}\n{difference}")
        scores["known difference" if known else "equal" if difference is None else "differs"] += 1
    for verdict, count in scores.items():
        record_property("replay", [f"{version}/auth_matrix", verdict, count])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("version", "setting"), REFUSED)
def test_a_backend_that_cannot_be_had_is_refused_when_the_environment_is_made(version: str, setting: str) -> None:
    """The real web server dies, Airflow 2's silently for two minutes; the fake says at once what is wrong."""
    with pytest.raises(ConfigurationError, match="API auth backend"):
        HttpReplay(options_of(version, setting), version=version)
