"""Authentication and authorization are answered as real Airflow 2.10.5 was recorded to answer them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fake_server.airflow.errors import ConfigurationError
from tests.oracle.auth_matrix import differences, legend, rows
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
    ("setting", "kind", "credential", "request_"),
    [
        pytest.param(
            row["setting"],
            row["kind"],
            row["credential"],
            request,
            id=f"{row['setting']} {row['credential']} {request}",
        )
        for row in rows()
        if row["setting"] in STARTING
        for request in row["answers"]
    ],
)
def test_recorded_answer(
    setting: str, kind: str, credential: str, request_: str, record_property: Callable[[str, object], None]
) -> None:
    key = (kind, credential, request_)
    difference = differences(setting).get(key)
    known = KNOWN_DIFFERENCES.get(" ".join((setting, *key)))
    if known is not None:
        record_property("replay", ["2.10.5/auth_matrix", "known difference"])
        assert difference is not None, "this is as recorded now: take it off the list of known differences"
        return
    record_property("replay", ["2.10.5/auth_matrix", "equal" if difference is None else "differs"])
    assert difference is None, difference


@pytest.mark.parametrize("setting", REFUSED)
def test_a_backend_that_cannot_be_had_is_refused_when_the_environment_is_made(setting: str) -> None:
    """The real web server dies silently for two minutes; the fake says at once what is wrong."""
    with pytest.raises(ConfigurationError, match="auth_backends"):
        HttpReplay({"api.auth_backends": legend()["settings"][setting]["auth_backends"]})
