"""Where real Airflow stumbles over an exception that it does not catch, the fake stumbles too."""

from __future__ import annotations

from typing import NoReturn


class Crash(Exception):
    """Answered with the page for exceptions that Airflow does not catch.

    ``text`` says, for the journal, what was wrong. ``exception`` is the last line of Airflow's traceback, which the
    page of Airflow 1.10 shows; where that is not given, it is the text.
    """

    def __init__(self, text: str, exception: str | None = None) -> None:
        super().__init__(text if exception is None else f"{text} ({exception})")
        self.exception = exception if exception is not None else text


def crash(text: str, exception: str | None = None) -> NoReturn:
    """Fail as real Airflow does at this place; see :class:`Crash`."""
    raise Crash(text, exception)
