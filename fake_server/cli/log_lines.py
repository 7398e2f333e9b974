"""The lines that Airflow's loggers put on stdout, before and between what a command prints."""

from __future__ import annotations

from datetime import datetime

from fake_server.clock import Clock

#: MWAA's log format has doubled braces around file and line; plain Airflow has single ones.
BRACES = {"double": ("{{", "}}"), "single": ("{", "}")}


class Logger:
    """Writes log lines in MWAA's format, or none at all."""

    def __init__(self, clock: Clock, log_format: str, enabled: bool) -> None:
        if log_format not in BRACES:
            raise ValueError(f"log_format is one of {', '.join(BRACES)}; got {log_format!r}")
        self._clock = clock
        self._opening, self._closing = BRACES[log_format]
        self.enabled = enabled

    def line(self, source: str, message: str, level: str = "INFO") -> str:
        """The line for a message that ``source`` (file and line number) logs now; empty when log lines are off."""
        if not self.enabled:
            return ""
        return f"[{_stamp(self._clock.now())}] {self._opening}{source}{self._closing} {level} - {message}\n"

    def old_line(self, source: str, message: str, level: str = "INFO") -> str:
        """The same with the time as Python's own logging writes it."""
        line, moment = self.line(source, message, level), self._clock.now()
        return line and f"[{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}]{line.partition(']')[2]}"


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"
