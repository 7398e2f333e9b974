from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_server.airflow.timetables import DataInterval, timetable_for

UTC = timezone.utc
NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CRONS = st.sampled_from(
    ["@hourly", "@daily", "@weekly", "@monthly", "*/15 * * * *", "0 6 * * 1-5", "30 1 31 * *", "0 0 29 2 *"]
)


@pytest.mark.parametrize(
    ("schedule", "summary", "description", "shown"),
    [
        (None, "None", "Never, external triggers only", None),
        ("@once", "@once", "Once, as soon as possible", {"__type": "CronExpression", "value": "@once"}),
        ("@daily", "0 0 * * *", "At 00:00", {"__type": "CronExpression", "value": "@daily"}),
        (
            "0 6 * * 1-5",
            "0 6 * * 1-5",
            "At 06:00, Monday through Friday",
            {"__type": "CronExpression", "value": "0 6 * * 1-5"},
        ),
        (
            timedelta(days=1, minutes=5),
            "1 day, 0:05:00",
            "",
            {"__type": "TimeDelta", "days": 1, "microseconds": 0, "seconds": 300},
        ),
    ],
)  # fmt: skip
def test_words(schedule: str | timedelta | None, summary: str, description: str, shown: object) -> None:
    timetable = timetable_for(schedule)
    assert (timetable.summary, timetable.description, timetable.as_json()) == (summary, description, shown)


def test_datasets_have_words_too() -> None:
    timetable = timetable_for(None, ("s3://a",))
    assert (timetable.summary, timetable.description) == ("Dataset", "Triggered by datasets")
    assert timetable.manual_interval(NOW) == DataInterval(NOW, NOW)


@pytest.mark.parametrize(
    "schedule", ["", "daily", "61 * * * *", "* * *", "0 0 31 2 x", "@sometimes", timedelta(0), timedelta(-1)]
)
def test_what_is_no_schedule_is_refused(schedule: str | timedelta) -> None:
    with pytest.raises(ValueError, match=r"is not a cron expression|has to be positive"):
        timetable_for(schedule)


def test_the_interval_of_a_manual_run() -> None:
    assert timetable_for(None).manual_interval(NOW) == DataInterval(NOW, NOW)
    daily = timetable_for("@daily").manual_interval(NOW)
    assert (daily.start, daily.end) == (datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    weekdays = timetable_for("0 6 * * 1-5").manual_interval(datetime(2024, 5, 1, tzinfo=UTC))
    assert (weekdays.start, weekdays.end) == (
        datetime(2024, 4, 29, 6, tzinfo=UTC),
        datetime(2024, 4, 30, 6, tzinfo=UTC),
    )
    delta = timetable_for(timedelta(hours=1)).manual_interval(NOW)
    assert (delta.start, delta.end) == (NOW - timedelta(hours=1), NOW)


def test_a_boundary_ends_its_own_interval() -> None:
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    assert timetable_for("@daily").manual_interval(midnight).end == midnight


def test_a_timedelta_is_cut_to_whole_multiples_when_nothing_is_caught_up() -> None:
    interval = timetable_for(timedelta(hours=1)).first_interval(datetime(2024, 1, 1, 0, 20, tzinfo=UTC), NOW, False)
    assert interval == DataInterval(datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 20, 7, tzinfo=UTC))


def test_caught_up_intervals_begin_at_the_start_date() -> None:
    start = datetime(2024, 1, 1, 0, 20, tzinfo=UTC)
    assert timetable_for(timedelta(hours=1)).first_interval(start, NOW, True) == DataInterval(
        start, start + timedelta(hours=1)
    )
    assert timetable_for("@hourly").first_interval(start, NOW, True) == DataInterval(
        datetime(2024, 1, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 2, tzinfo=UTC)
    )


def test_without_a_start_date_nothing_can_be_caught_up() -> None:
    assert timetable_for("@daily").first_interval(None, NOW, True) is None
    assert timetable_for("@daily").first_interval(None, NOW, False) is not None
    assert timetable_for("@once").first_interval(None, NOW, False) is None


def test_boundaries() -> None:
    daily = timetable_for("@daily")
    assert daily.is_boundary(datetime(2026, 11, 20, tzinfo=UTC))
    assert not daily.is_boundary(NOW)
    assert not timetable_for(None).is_boundary(NOW)


@settings(max_examples=60, deadline=None)
@given(CRONS, MOMENTS, MOMENTS, st.booleans())
def test_intervals_follow_each_other_without_gaps(schedule: str, start: datetime, now: datetime, catchup: bool) -> None:
    timetable = timetable_for(schedule)
    interval = timetable.first_interval(start, now, catchup)
    assert interval is not None
    assert interval.start >= start
    for _ in range(3):
        following = timetable.next_interval(interval, interval.end, catchup)
        assert following is not None
        assert following.start == interval.end
        assert following.start < following.end
        assert timetable.is_boundary(following.start)
        interval = following


@settings(max_examples=60, deadline=None)
@given(CRONS, MOMENTS)
def test_what_need_not_be_caught_up_is_at_most_one_interval_old(schedule: str, now: datetime) -> None:
    timetable = timetable_for(schedule)
    interval = timetable.first_interval(datetime(1990, 1, 1, tzinfo=UTC), now, False)
    assert interval is not None
    assert interval.start < interval.end <= now
    following = timetable.next_interval(interval, now, False)
    assert following is not None
    assert following.end > now
