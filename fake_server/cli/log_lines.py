"""The lines that Airflow's loggers put on stdout, before and between what a command prints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fake_server.clock import Clock

#: MWAA's log format has doubled braces around file and line; plain Airflow has single ones.
BRACES = {"double": ("{{", "}}"), "single": ("{", "}")}


class Logger:
    """Writes log lines in MWAA's format, or none at all.

    ``time_style`` is "iso" for times with an offset, as Airflow writes them since 2.3, or "logging" for those of
    Python's own logging.
    """

    def __init__(self, clock: Clock, log_format: str, enabled: bool, *, time_style: str = "iso") -> None:
        if log_format not in BRACES:
            raise ValueError(f"log_format is one of {', '.join(BRACES)}; got {log_format!r}")
        self._clock = clock
        self._opening, self._closing = BRACES[log_format]
        self._time_style = time_style
        self.enabled = enabled

    def line(self, source: str, message: str, level: str = "INFO") -> str:
        """The line for a message that ``source`` (file and line number) logs now; empty when log lines are off."""
        return self._line(_STAMPS[self._time_style], source, message, level)

    def old_line(self, source: str, message: str, level: str = "INFO") -> str:
        """The same with the time as Python's own logging writes it."""
        return self._line(_plain_stamp, source, message, level)

    def _line(self, stamp: _Stamp, source: str, message: str, level: str) -> str:
        if not self.enabled:
            return ""
        return f"[{stamp(self._clock.now())}] {self._opening}{source}{self._closing} {level} - {message}\n"


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"


def _plain_stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"


_Stamp = Callable[[datetime], str]
_STAMPS: dict[str, _Stamp] = {"iso": _stamp, "logging": _plain_stamp}
