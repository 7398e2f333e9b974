"""When a DAG is due: schedules and data intervals, as Airflow's timetables have them."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from fake_server import given_values

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class DataInterval:
    """The stretch of time that a run processes."""

    start: datetime
    end: datetime

    @classmethod
    def exact(cls, moment: datetime) -> DataInterval:
        """An interval without extent."""
        return cls(moment, moment)

    def in_utc(self) -> DataInterval:
        """The same stretch, whatever the offsets it was given with."""
        return DataInterval(self.start.astimezone(timezone.utc), self.end.astimezone(timezone.utc))


class Timetable(ABC):
    """A DAG's schedule."""

    _description: str = ""
    #: What ``timetable_summary`` says; the command line shows it too.
    summary: str = ""
    #: Whether there are automatic runs at all.
    can_be_scheduled: bool = True
    #: Whether runs follow each other at dates that are known beforehand.
    is_periodic: bool = False

    @property
    def description(self) -> str:
        """What ``timetable_description`` of the REST API says."""
        return self._description

    @abstractmethod
    def manual_interval(self, run_after: datetime) -> DataInterval:
        """The data interval of a run that somebody triggers at ``run_after``."""

    def first_interval(self, start_date: datetime | None, now: datetime, catchup: bool) -> DataInterval | None:
        """The interval of the first automatic run, or None when there are no automatic runs."""
        return None

    def next_interval(self, last: DataInterval, now: datetime, catchup: bool) -> DataInterval | None:
        """The interval that follows ``last``, or None when there is none."""
        return None

    def is_boundary(self, moment: datetime) -> bool:
        """Whether a periodic schedule has a run with this logical date."""
        return False

    def following(self, moment: datetime) -> datetime | None:
        """The first date of a periodic schedule after ``moment``; None for any other schedule."""
        return None

    def as_json(self) -> Any:
        """What ``schedule_interval`` of the REST API shows."""
        return None


class NullTimetable(Timetable):
    """``schedule=None``: runs only when somebody triggers one."""

    _description = "Never, external triggers only"
    summary = "None"
    can_be_scheduled = False

    def manual_interval(self, run_after: datetime) -> DataInterval:
        return DataInterval.exact(run_after)


class OnceTimetable(Timetable):
    """``schedule="@once"``: one automatic run, at the start date."""

    _description = "Once, as soon as possible"
    summary = "@once"

    def manual_interval(self, run_after: datetime) -> DataInterval:
        return DataInterval.exact(run_after)

    def first_interval(self, start_date: datetime | None, now: datetime, catchup: bool) -> DataInterval | None:
        return DataInterval.exact(start_date) if start_date is not None else None

    def as_json(self) -> Any:
        return {"__type": "CronExpression", "value": "@once"}


class DatasetTimetable(Timetable):
    """Triggered by datasets; without an event, a manual run has an interval of no extent."""

    _description = "Triggered by datasets"
    summary = "Dataset"

    def manual_interval(self, run_after: datetime) -> DataInterval:
        return DataInterval.exact(run_after)

    def as_json(self) -> Any:
        return {"__type": "CronExpression", "value": "Dataset"}


class _PeriodicTimetable(Timetable):
    """Shared by cron and timedelta schedules: consecutive intervals, a run at the end of each."""

    is_periodic = True

    @abstractmethod
    def following(self, moment: datetime) -> datetime:
        """The first boundary after ``moment``."""

    @abstractmethod
    def preceding(self, moment: datetime) -> datetime:
        """The last boundary before ``moment``."""

    @abstractmethod
    def align(self, moment: datetime) -> datetime:
        """The first boundary at or after ``moment``."""

    @abstractmethod
    def latest(self, now: datetime) -> DataInterval:
        """The last interval that is complete at ``now``."""

    def manual_interval(self, run_after: datetime) -> DataInterval:
        return self.latest(run_after)

    def is_boundary(self, moment: datetime) -> bool:
        return self.align(moment) == moment

    def first_interval(self, start_date: datetime | None, now: datetime, catchup: bool) -> DataInterval | None:
        if start_date is None:
            return None if catchup else self.latest(now)
        earliest = self.align(start_date)
        if not catchup:
            earliest = max(earliest, self.latest(now).start)
        return DataInterval(earliest, self.following(earliest))

    def next_interval(self, last: DataInterval, now: datetime, catchup: bool) -> DataInterval | None:
        start = self.align(last.end)
        if not catchup:
            start = max(start, self.latest(now).start)
        return DataInterval(start, self.following(start))


class CronTimetable(_PeriodicTimetable):
    """A cron expression or a preset such as ``@daily``."""

    def __init__(self, expression: str) -> None:
        from croniter import croniter

        self.given = expression
        self.expression = PRESETS.get(expression, expression)
        try:
            self._iterator = croniter(self.expression, _EPOCH)
        except (ValueError, KeyError, AttributeError):
            choices = ", ".join([*PRESETS, "@once"])
            raise ValueError(f"{expression!r} is not a cron expression, and none of {choices}") from None
        self.summary = self.expression

    @functools.cached_property
    def description(self) -> str:
        """Worked out when somebody asks: the library takes long to import."""
        return _describe(self.expression)

    def following(self, moment: datetime) -> datetime:
        return self._step("get_next", moment)

    def preceding(self, moment: datetime) -> datetime:
        return self._step("get_prev", moment)

    def align(self, moment: datetime) -> datetime:
        before = self.preceding(moment)
        following = self.following(before)
        return following if following >= moment else self.following(moment)

    def latest(self, now: datetime) -> DataInterval:
        end = self.preceding(now)
        if self.following(end) == now:
            end = now
        return DataInterval(self.preceding(end), end)

    def as_json(self) -> Any:
        return {"__type": "CronExpression", "value": self.given}

    def _step(self, direction: str, moment: datetime) -> datetime:
        # One iterator serves all steps: parsing the expression takes longer than a step.
        self._iterator.set_current(moment.astimezone(timezone.utc), force=True)
        result: datetime = getattr(self._iterator, direction)(datetime)
        return result.astimezone(timezone.utc).replace(fold=0)


class DeltaTimetable(_PeriodicTimetable):
    """A ``timedelta`` between runs, counted from the start date."""

    def __init__(self, delta: timedelta) -> None:
        if delta <= timedelta(0):
            raise ValueError("a schedule's timedelta has to be positive")
        self.delta = delta
        self.summary = str(delta)

    def following(self, moment: datetime) -> datetime:
        return moment + self.delta

    def preceding(self, moment: datetime) -> datetime:
        return moment - self.delta

    def align(self, moment: datetime) -> datetime:
        return moment

    def latest(self, now: datetime) -> DataInterval:
        # Airflow rounds down to whole multiples since the epoch here, and only here.
        end = now - (now - _EPOCH) % self.delta
        return DataInterval(end - self.delta, end)

    def manual_interval(self, run_after: datetime) -> DataInterval:
        return DataInterval(run_after - self.delta, run_after)

    def as_json(self) -> Any:
        return {
            "__type": "TimeDelta",
            "days": self.delta.days,
            "microseconds": self.delta.microseconds,
            "seconds": self.delta.seconds,
        }


def timetable_for(schedule: str | timedelta | None, datasets: tuple[str, ...] = ()) -> Timetable:
    """The timetable of a DAG's ``schedule``.

    :raises ValueError: when ``schedule`` is no preset, cron expression or positive timedelta.
    """
    if datasets:
        return DatasetTimetable()
    if schedule is None:
        return NullTimetable()
    if isinstance(schedule, timedelta):
        return DeltaTimetable(schedule)
    if not isinstance(schedule, str):
        raise given_values.refusal(
            "a DAG's schedule",
            "a preset such as '@daily', a cron expression, a timedelta or None, and datasets are its dataset_triggers",
            schedule,
        )
    if schedule == "@once":
        return OnceTimetable()
    return CronTimetable(schedule)


def _describe(expression: str) -> str:
    from cron_descriptor import CasingTypeEnum, ExpressionDescriptor, FormatException, MissingFieldException

    try:
        descriptor = ExpressionDescriptor(expression, casing_type=CasingTypeEnum.Sentence, use_24hour_time_format=True)
        return str(descriptor.get_description())
    except (FormatException, MissingFieldException):
        return ""
