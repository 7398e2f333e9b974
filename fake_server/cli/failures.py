"""How commands fail: with one line on stderr, or with a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from fake_server.airflow.errors import AirflowError

#: Path, line and function of one level of a traceback.
Frame = tuple[str, int, str]

_DIRECTLY = "The above exception was the direct cause of the following exception:"
_DURING = "During handling of the above exception, another exception occurred:"


class CommandFailed(Exception):
    """The command ends with exit code 1 and this line on stderr; an empty one prints nothing."""

    def __init__(self, message: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Cause(NamedTuple):
    """An exception that led to another one: while it was handled, or ``directly``, as by ``raise … from``."""

    name: str
    message: str
    directly: bool = False


class Crash(Exception):
    """The command dies of an exception: exit code 1 and a traceback on stderr.

    ``name`` is the exception's dotted name, ``causes`` are the exceptions that led to it, the first one first.
    """

    def __init__(self, name: str, message: str, causes: Sequence[Cause] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.causes = tuple(causes)

    @classmethod
    def of(cls, error: AirflowError) -> Crash:
        """The traceback that a refusal of the domain becomes where no command words it better."""
        message = str(error)
        # KeyError shows the repr of its text.
        return cls(error.exception_name, repr(message) if error.exception_name == "KeyError" else message)

    def traceback(self, frames: Iterable[Frame]) -> str:
        """The text on stderr. ``frames`` name Airflow's files; their source lines are not reproduced."""
        levels = "".join(f'  File "{path}", line {line}, in {function}\n' for path, line, function in frames)
        causes = (
            f"{_traceback(levels, cause.name, cause.message)}\n{_DIRECTLY if cause.directly else _DURING}\n\n"
            for cause in self.causes
        )
        return "".join(causes) + _traceback(levels, self.name, str(self))


@contextmanager
def unforeseen() -> Iterator[None]:
    """For input that Airflow takes as it comes: what is wrong with it shows in Python's own exception.

    :raises Crash: with that exception.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Crash(type(error).__name__, str(error)) from None


def _traceback(levels: str, name: str, message: str) -> str:
    last = f"{name}: {message}" if message else name
    return f"Traceback (most recent call last):\n{levels}{last}\n"
