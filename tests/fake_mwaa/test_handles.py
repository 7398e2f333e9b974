"""The handles that a test holds refuse at once what nothing could be done with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from fake_server import DAG, FakeMWAA


@pytest.fixture(scope="module")
def mwaa() -> Iterator[FakeMWAA]:
    with FakeMWAA() as environment:
        environment.add_dag("etl")
        yield environment


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda mwaa: mwaa.variables.__setitem__(3, "x"), "a variable's key is a text"),
        (lambda mwaa: mwaa.variables.__setitem__("", "x"), "a variable's key is a text that is not empty"),
        (lambda mwaa: mwaa.variables.__setitem__("a", b"x"), "the value of variable 'a' has to be something that JSON"),
        (lambda mwaa: mwaa.pools.add("", 1), "a pool's name is a text that is not empty"),
        (lambda mwaa: mwaa.pools.add("p", "3"), "a pool's number of slots is a whole number from -1; got '3'"),
        (lambda mwaa: mwaa.pools.add("p", -2), "a pool's number of slots is a whole number from -1; got -2"),
        (lambda mwaa: mwaa.connections.add(None, "http"), "a connection's conn_id is a text"),
        (lambda mwaa: mwaa.connections.add("c", None), "a connection's conn_type is a text"),
        (lambda mwaa: mwaa.connections.add("c", "http", port="80"), "a connection's port is a whole number"),
        (lambda mwaa: mwaa.connections.add("c", "http", host=5), "a connection's host is a text or None; got 5"),
        (lambda mwaa: mwaa.connections.add("c", "http", extra={1}), "extra has to be something that JSON knows"),
        (lambda mwaa: mwaa.add_user("", "pw"), "a user's username is a text that is not empty"),
        (lambda mwaa: mwaa.add_user("ann", role=None), "a user's role is a list of texts; got None"),
        (lambda mwaa: mwaa.dag("etl").trigger([1]), "a run's conf is a mapping"),
        (lambda mwaa: mwaa.dag("etl").trigger('{"a": 1}'), "a run's conf is a mapping"),
        (lambda mwaa: mwaa.dag("etl").trigger({"a": object()}), "a run's conf has to be something that JSON knows"),
        (lambda mwaa: mwaa.dag("etl").trigger(logical_date="2024-01-01"), "a run's logical_date is a datetime"),
        (lambda mwaa: mwaa.dag("etl").trigger(run_id=5), "a run's run_id is a text"),
        (lambda mwaa: mwaa.dag("etl").trigger(run_id=""), "a run's run_id is a text that is not empty"),
    ],
)
def test_what_is_refused(mwaa: FakeMWAA, use: Callable[[Any], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        use(mwaa)
    assert not mwaa.variables
    assert list(mwaa.pools) == ["default_pool"]
    assert not mwaa.connections
    assert mwaa.dag("etl").runs == []
    assert mwaa.airflow.security.find_user("ann") is None


@pytest.mark.parametrize("secret", [b"hidden-value", ["hidden-value"]])
def test_a_password_is_not_shown(mwaa: FakeMWAA, secret: Any) -> None:
    for use in (
        lambda: mwaa.add_user("ann", secret),
        lambda: mwaa.connections.add("c", "http", password=secret),
    ):
        with pytest.raises(ValueError, match="password is a text or None") as caught:
            use()
        assert "hidden-value" not in str(caught.value)


def test_what_is_not_there_cannot_be_deleted(mwaa: FakeMWAA) -> None:
    for stored in (mwaa.variables, mwaa.pools, mwaa.connections):
        with pytest.raises(KeyError, match=r"there is no .* 'nope'"):
            del stored["nope"]


def test_a_dag_object_is_taken_as_it_is(mwaa: FakeMWAA) -> None:
    for more in ({"tags": ["x"]}, {"paused": True}, {"tasks": ["a"]}):
        with pytest.raises(TypeError, match="give its tasks and fields to DAG"):
            mwaa.add_dag(DAG("other"), **more)


def test_a_logical_date_without_a_zone_is_in_utc() -> None:
    with FakeMWAA("another") as mwaa:
        run = mwaa.add_dag("etl").trigger(logical_date=datetime(2024, 1, 1))  # noqa: DTZ001 - that is what is tested
        assert run.logical_date == datetime(2024, 1, 1, tzinfo=timezone.utc)
        assert run.run_id == "manual__2024-01-01T00:00:00+00:00"
