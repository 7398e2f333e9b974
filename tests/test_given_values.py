from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from fake_server import given_values

MOMENT = datetime(2024, 1, 1, 6, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("take", "given", "kept"),
    [
        (given_values.text, "a", "a"),
        (given_values.any_text, "", ""),
        (given_values.optional_text, None, None),
        (given_values.key, "a.b-c_ä", "a.b-c_ä"),
        (given_values.key, "x" * 250, "x" * 250),
        (given_values.names, "a", ("a",)),
        (given_values.names, ["b", "a"], ("b", "a")),
        (given_values.names, {"b", "a"}, ("a", "b")),
        (given_values.names, (name for name in "ab"), ("a", "b")),
        (given_values.names, (), ()),
        (given_values.seconds, 0, 0),
        (given_values.seconds, 1.5, 1.5),
        (given_values.seconds, timedelta(minutes=2), 120.0),
        (given_values.optional_seconds, None, None),
        (given_values.whole_number, -3, -3),
        (given_values.moment, MOMENT, MOMENT),
        (given_values.moment, datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=timezone.utc)),  # noqa: DTZ001 - that is it
        (given_values.optional_moment, None, None),
        (given_values.mapping, {"a": 1}, {"a": 1}),
        (given_values.json_text, {"a": [1, None]}, '{"a": [1, null]}'),
    ],
)
def test_what_is_taken(take: Callable[[object, str], Any], given: object, kept: object) -> None:
    assert take(given, "it") == kept


@pytest.mark.parametrize(
    ("take", "given", "words"),
    [
        (given_values.text, "", "it is a text that is not empty; got ''"),
        (given_values.any_text, None, "it is a text; got None"),
        (given_values.optional_text, 5, "it is a text or None; got 5"),
        (
            given_values.key,
            "a b",
            "it is made of up to 250 letters, digits, '-', '_' and '.', as in Airflow",
        ),
        (given_values.key, "x" * 251, "up to 250"),
        (given_values.key, 5, "got 5"),
        (given_values.names, 5, "it is a list of texts; got 5"),
        (given_values.names, [5], r"got \[5\]"),
        (given_values.names, b"a", "got b'a'"),
        (given_values.names, {"a": 1}, "got {'a': 1}"),
        (given_values.seconds, -1, "it is a number of seconds or a timedelta, zero or more; got -1"),
        (given_values.seconds, float("nan"), "got nan"),
        (given_values.seconds, float("inf"), "got inf"),
        (given_values.seconds, "3", "got '3'"),
        (given_values.seconds, True, "got True"),
        (given_values.seconds, None, "got None"),
        (given_values.whole_number, 1.0, "it is a whole number; got 1.0"),
        (given_values.moment, date(2024, 1, 1), "it is a datetime; got datetime.date"),
        (given_values.moment, "2024-01-01", "got '2024-01-01'"),
        (given_values.mapping, ["a"], r"it is a mapping of names to values; got \['a'\]"),
        (given_values.mapping, {1: 2}, "got {1: 2}"),
        (given_values.json_text, {"a": MOMENT}, "it has to be something that JSON knows: Object of type datetime"),
    ],
)
def test_what_is_refused(take: Callable[[object, str], Any], given: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        take(given, "it")


def test_the_least_is_told() -> None:
    with pytest.raises(ValueError, match="it is a whole number from 1; got 0"):
        given_values.whole_number(0, "it", least=1)


def test_a_secret_is_not_shown() -> None:
    given_values.secret("x", "it")
    given_values.secret(None, "it")
    with pytest.raises(ValueError, match=r"^it is a text or None; got something of type bytes$"):
        given_values.secret(b"hidden", "it")
