"""Authentication and authorization are answered as real Airflow 2.10.5 was recorded to answer them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from fake_server.airflow.errors import ConfigurationError
from tests.oracle.auth_matrix import Row, differences, legend, rows
from tests.oracle.http_replay import HttpReplay
from tests.oracle.recorded_cases import known_differences

KNOWN_DIFFERENCES = known_differences("known_differences_auth.json")
STARTING = [
    name for name, setting in legend()["settings"].items() if setting["starts"] and name not in KNOWN_DIFFERENCES
]
#: Settings under which the recorded web server never came up, and those that the fake refuses on purpose.
REFUSED = [
    name
    for name, setting in legend()["settings"].items()
    if (not setting["starts"] or name in KNOWN_DIFFERENCES) and not name.startswith("google_openid")
]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{row['setting']} {row['kind']} {row['credential']}")
        for row in rows()
        if row["setting"] in STARTING
    ],
)
def test_recorded_answers(row: Row, record_property: Callable[[str, object], None]) -> None:
    """One credential under one setting: every request is answered as recorded."""
    scores: Counter[str] = Counter()
    wrong: list[str] = []
    for request in row["answers"]:
        key = (row["kind"], row["credential"], request)
        difference = differences(row["setting"]).get(key)
        known = " ".join((row["setting"], *key)) in KNOWN_DIFFERENCES
        if known and difference is None:
            wrong.append(f"{request} is as recorded now: take it off the list of known differences")
        elif difference is not None and not known:
            wrong.append(f"{request}\n{difference}")
        scores["known difference" if known else "equal" if difference is None else "differs"] += 1
    for verdict, count in scores.items():
        record_property("replay", ["2.10.5/auth_matrix", verdict, count])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("setting", REFUSED)
def test_a_backend_that_cannot_be_had_is_refused_when_the_environment_is_made(setting: str) -> None:
    """The real web server dies silently for two minutes; the fake says at once what is wrong."""
    with pytest.raises(ConfigurationError, match="API auth backend"):
        HttpReplay({"api.auth_backends": legend()["settings"][setting]["auth_backends"]})
