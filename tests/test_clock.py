from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import freezegun
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from fake_server.clock import Clock

MOMENT = datetime(2026, 11, 20, 7, 30, tzinfo=timezone.utc)


def test_it_shows_the_wall_clock_until_it_is_advanced() -> None:
    clock = Clock()
    before = time.time()
    assert before <= clock.time() <= time.time()


@time_machine.travel(MOMENT, tick=False)
def test_advance_adds_seconds_and_timedeltas() -> None:
    clock = Clock()
    clock.advance(61)
    clock.advance(timedelta(minutes=1))
    assert clock.now() == MOMENT + timedelta(seconds=121)
    assert clock.now().tzinfo is timezone.utc
    assert clock.time() == MOMENT.timestamp() + 121


@time_machine.travel(MOMENT, tick=False)
def test_reset_goes_back_to_the_wall_clock() -> None:
    clock = Clock()
    clock.advance(3600)
    clock.reset()
    assert clock.now() == MOMENT


@pytest.mark.parametrize("amount", [-1, -0.001, float("inf"), float("nan"), timedelta(seconds=-1), "61", None])
def test_time_does_not_run_backwards(amount: Any) -> None:
    clock = Clock()
    with pytest.raises(ValueError, match=r"takes is a number of seconds or a timedelta, zero or more; got"):
        clock.advance(amount)
    assert abs(clock.time() - time.time()) < 60


def test_time_ends_with_the_year_9999() -> None:
    clock = Clock()
    with pytest.raises(ValueError, match="beyond the year 9999"):
        clock.advance(1e12)
    assert abs(clock.time() - time.time()) < 60


def test_two_clocks_do_not_share_their_offset() -> None:
    one, other = Clock(), Clock()
    one.advance(1000)
    assert one.time() - other.time() > 999


def test_time_machine_moves_it() -> None:
    clock = Clock()
    with time_machine.travel(MOMENT, tick=False) as traveller:
        assert clock.now() == MOMENT
        traveller.shift(61)
        assert clock.now() == MOMENT + timedelta(seconds=61)


def test_freezegun_moves_it() -> None:
    clock = Clock()
    with freezegun.freeze_time(MOMENT) as frozen:
        assert clock.now() == MOMENT
        frozen.tick(61)
        assert clock.now() == MOMENT + timedelta(seconds=61)


def test_while_it_is_frozen_only_advance_moves_it() -> None:
    clock = Clock()
    with time_machine.travel(MOMENT, tick=False) as traveller:
        clock.advance(1)
        clock.freeze()
        traveller.shift(10)
        clock.freeze()
        assert clock.frozen
        assert clock.now() == MOMENT + timedelta(seconds=1)
        clock.advance(59)
        assert clock.now() == MOMENT + timedelta(seconds=60)


def test_it_goes_on_from_where_it_was_frozen() -> None:
    clock = Clock()
    with time_machine.travel(MOMENT, tick=False) as traveller:
        clock.unfreeze()
        clock.freeze()
        traveller.shift(10)
        clock.unfreeze()
        assert not clock.frozen
        assert clock.now() == MOMENT
        traveller.shift(5)
        assert clock.now() == MOMENT + timedelta(seconds=5)


def test_reset_has_it_go_on() -> None:
    clock = Clock()
    with time_machine.travel(MOMENT, tick=False) as traveller:
        clock.freeze()
        traveller.shift(10)
        clock.reset()
        assert not clock.frozen
        assert clock.now() == MOMENT + timedelta(seconds=10)


@time_machine.travel(MOMENT, tick=False)
def test_repr_says_the_time_and_how_far_it_is_off() -> None:
    clock = Clock()
    clock.advance(61)
    assert repr(clock) == "<Clock 2026-11-20T07:31:01+00:00 (+61 s)>"
    clock.freeze()
    assert repr(clock) == "<Clock 2026-11-20T07:31:01+00:00 (frozen, +61 s)>"


@given(st.lists(st.integers(0, 10**6), max_size=10))
def test_many_small_advances_are_one_large_one(seconds: list[int]) -> None:
    with time_machine.travel(MOMENT, tick=False):
        many, one = Clock(), Clock()
        for each in seconds:
            many.advance(each)
        one.advance(sum(seconds))
        assert many.now() == one.now()
