from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_server.transports.environment_variables import EnvironmentVariables

SET, UNSET = "MWAA_TEST_SET", "MWAA_TEST_UNSET"


@pytest.fixture(autouse=True)
def initial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SET, "before")
    monkeypatch.delenv(UNSET, raising=False)


def test_they_are_set_and_restored() -> None:
    before = dict(os.environ)
    with EnvironmentVariables({SET: "during", UNSET: "during"}):
        assert (os.environ[SET], os.environ[UNSET]) == ("during", "during")
    assert dict(os.environ) == before


def test_none_unsets() -> None:
    before = dict(os.environ)
    with EnvironmentVariables({SET: None, UNSET: None}):
        assert SET not in os.environ
        assert UNSET not in os.environ
    assert dict(os.environ) == before


def test_an_empty_value_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SET, "")
    with EnvironmentVariables({SET: "during"}):
        pass
    assert os.environ[SET] == ""


def test_an_error_restores_too() -> None:
    with pytest.raises(ValueError, match="inside"), EnvironmentVariables({SET: "during"}):
        raise ValueError("inside")
    assert os.environ[SET] == "before"


def test_what_was_changed_meanwhile_is_restored_too() -> None:
    with EnvironmentVariables({SET: "during", UNSET: "during"}):
        os.environ[SET] = "somebody's"
        del os.environ[UNSET]
    assert os.environ[SET] == "before"
    assert UNSET not in os.environ


def test_two_that_end_in_the_order_they_began() -> None:
    first, second = EnvironmentVariables({SET: "first", UNSET: "first"}), EnvironmentVariables({SET: "second"})
    first.apply()
    second.apply()
    assert (os.environ[SET], os.environ[UNSET]) == ("second", "first")
    first.restore()
    assert os.environ[SET] == "second"
    assert UNSET not in os.environ
    second.restore()
    assert os.environ[SET] == "before"


@given(st.permutations(range(4)), st.permutations(range(4)))
def test_any_order_ends_where_it_began(begin: list[int], end: list[int]) -> None:
    before = dict(os.environ)
    layers = [EnvironmentVariables({SET: str(number), UNSET: None if number % 2 else "x"}) for number in range(4)]
    applied: list[int] = []
    for number in begin:
        layers[number].apply()
        applied.append(number)
        assert os.environ[SET] == str(number)
    for number in end:
        layers[number].restore()
        applied.remove(number)
        assert os.environ[SET] == (str(applied[-1]) if applied else "before")
    assert dict(os.environ) == before


def test_applied_twice() -> None:
    variables = EnvironmentVariables({SET: "during"})
    with variables, pytest.raises(RuntimeError, match=r"applied already; restore\(\) them first"):
        variables.apply()
    assert os.environ[SET] == "before"


def test_restored_without_need() -> None:
    variables = EnvironmentVariables({SET: "during"})
    variables.restore()
    with variables:
        pass
    variables.restore()
    assert os.environ[SET] == "before"


def test_values_are_not_shown() -> None:
    assert repr(EnvironmentVariables({"AWS_SECRET_ACCESS_KEY": "x"})) == "<EnvironmentVariables AWS_SECRET_ACCESS_KEY>"
