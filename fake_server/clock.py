"""The one clock that every room asks for the time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

from fake_server import given_values

#: The first second of the year 10000.
_END_OF_TIME = 253_402_300_800.0


class Clock:
    """Wall-clock time plus an offset that a test may grow with :meth:`advance`; :meth:`freeze` stops the wall clock.

    ``time.time`` is looked up at every call, so tools that replace it (time-machine, freezegun) are seen. ``monotonic``
    is never used: freezegun freezes it, and a token's lifetime is a matter of the wall clock anyway.
    """

    __slots__ = ("_frozen_at", "_offset")

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen_at: float | None = None

    def __repr__(self) -> str:
        frozen = "frozen, " if self.frozen else ""
        return f"<Clock {self.now().isoformat()} ({frozen}{self.offset:+.0f} s)>"

    @property
    def offset(self) -> float:
        """How many seconds it is ahead of the wall clock; fewer than 0 when it has been frozen."""
        return self.time() - time.time() if self.frozen else self._offset

    def time(self) -> float:
        """Seconds since the epoch, UTC."""
        return (time.time() if self._frozen_at is None else self._frozen_at) + self._offset

    def now(self) -> datetime:
        """The current moment as an aware ``datetime`` in UTC."""
        return datetime.fromtimestamp(self.time(), timezone.utc)

    def advance(self, seconds: float | timedelta) -> None:
        """Let ``seconds`` (a number or a ``timedelta``) pass at once: tokens expire, runs move on.

        :raises ValueError: for a negative or non-finite amount, since time does not run backwards in a deployment; for
            one that leads beyond the year 9999; for what is no amount at all.
        """
        amount = given_values.seconds(seconds, "what Clock.advance() takes")
        if self.time() + amount >= _END_OF_TIME:
            raise ValueError(
                f"Clock.advance({seconds!r}) leads beyond the year 9999, which no date of Python's can show"
            )
        self._offset += amount

    @property
    def frozen(self) -> bool:
        """Whether only :meth:`advance` lets time pass."""
        return self._frozen_at is not None

    def freeze(self) -> None:
        """Let no time pass by itself from now on; :meth:`advance` still does. For limits that are met to the second."""
        if self._frozen_at is None:
            self._frozen_at = time.time()

    def unfreeze(self) -> None:
        """Let time pass by itself again, on from the moment that the clock shows."""
        if self._frozen_at is not None:
            self._offset, self._frozen_at = self.offset, None

    def reset(self) -> None:
        """Back to the wall clock's own time, as at the start."""
        self._offset = 0.0
        self._frozen_at = None
