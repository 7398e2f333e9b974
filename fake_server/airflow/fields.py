"""Fields of definitions: each takes what a test author may write, and keeps it in the one form that the rooms read.

They are descriptors that dataclasses know: the type of what is given, and of what is kept, are both seen by type
checkers. A value that cannot be one is a ValueError which names the field, and what it takes. Only setting goes through
them; what is kept lies in the instance, where reading finds it as it finds any attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fake_server import given_values

Given = TypeVar("Given")
Kept = TypeVar("Kept")


class Field(Generic[Given, Kept]):
    """A field that takes ``Given`` and keeps it as ``take`` makes it, which is told the field's name for its errors."""

    def __init__(self, default: Any, take: Callable[[Any, str], Kept]) -> None:
        self._default = default
        self._take = take

    def __set_name__(self, owner: type, name: str) -> None:
        noun = owner.__name__ if owner.__name__.isupper() else owner.__name__.lower()
        self._what = f"a {noun}'s {name}"
        self._name = name

    def __repr__(self) -> str:
        """The default, which is what a signature shows of it."""
        return repr(self._default)

    if TYPE_CHECKING:

        def __get__(self, instance: object | None, owner: type) -> Kept: ...

    def __set__(self, instance: object, value: Given) -> None:
        # A dataclass takes what stands in its class for the default.
        is_left_out = value is self
        instance.__dict__[self._name] = self.default() if is_left_out else self._take(value, self._what)

    def default(self) -> Kept:
        """What is kept where nothing is given."""
        kept: Kept = self._default
        return kept


class Names(Field[str | Iterable[str], tuple[str, ...]]):
    """Texts; a single one is as good as a list of one."""

    def __init__(self, *default: str) -> None:
        super().__init__(default, given_values.names)


class Text(Field[str, str]):
    """A text, which may be empty."""

    def __init__(self, default: str) -> None:
        super().__init__(default, given_values.any_text)


class OptionalText(Field[str | None, str | None]):
    """A text or None."""

    def __init__(self) -> None:
        super().__init__(None, given_values.optional_text)


class Seconds(Field[float | timedelta, float]):
    """A time, in seconds or as a timedelta; zero or more."""

    def __init__(self, default: float) -> None:
        super().__init__(default, given_values.seconds)


class OptionalSeconds(Field[float | timedelta | None, float | None]):
    """A time, or None for no limit."""

    def __init__(self) -> None:
        super().__init__(None, given_values.optional_seconds)


class OptionalMoment(Field[datetime | None, datetime | None]):
    """A datetime, which is in UTC if it has no zone of its own, or None."""

    def __init__(self, default: datetime | None = None) -> None:
        super().__init__(default, given_values.optional_moment)


class WholeNumber(Field[int, int]):
    """An integer, perhaps not below ``least``."""

    def __init__(self, default: int, *, least: int | None = None) -> None:
        super().__init__(default, lambda value, what: given_values.whole_number(value, what, least=least))
