"""The one clock that every room asks for the time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone


class Clock:
    """Wall-clock time plus an offset that a test may grow with :meth:`advance`.

    ``time.time`` is looked up at every call, so tools that replace it (time-machine, freezegun) are seen. ``monotonic``
    is never used: freezegun freezes it, and a token's lifetime is a matter of the wall clock anyway.
    """

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        self._offset = 0.0

    def __repr__(self) -> str:
        return f"<Clock {self.now().isoformat()} (advanced by {self._offset:g} s)>"

    def time(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time() + self._offset

    def now(self) -> datetime:
        """The current moment as an aware ``datetime`` in UTC."""
        return datetime.fromtimestamp(self.time(), timezone.utc)

    def advance(self, seconds: float | timedelta) -> None:
        """Let ``seconds`` (a number or a ``timedelta``) pass at once: tokens expire, runs move on.

        :raises ValueError: for a negative or non-finite amount; time does not run backwards in a deployment.
        """
        amount = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
        if not 0 <= amount < float("inf"):
            raise ValueError(f"Clock.advance() takes a finite number of seconds, zero or more; got {seconds!r}")
        self._offset += amount

    def reset(self) -> None:
        """Back to the wall clock's own time, as at the start."""
        self._offset = 0.0
