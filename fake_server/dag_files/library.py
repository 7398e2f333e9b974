"""The pure functions and methods of Python, its standard library and pendulum that DAG files use at their top level.

Each works on values that are wholly known; whatever is missing here is unknown to the reader.
"""

from __future__ import annotations

import ast
import inspect
import json
import posixpath
import re
import textwrap
import zoneinfo
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from pathlib import PurePath, PurePosixPath
from typing import Any

from fake_server.dag_files.values import words

#: The methods of plain values that may be called; all are pure, or change a collection of the file's own.
METHODS: dict[type, frozenset[str]] = {
    str: words(
        "capitalize casefold center count endswith expandtabs find format format_map index isalnum isalpha "
        "isdigit isidentifier islower isnumeric isspace istitle isupper join ljust lower lstrip partition "
        "removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines "
        "startswith strip swapcase title translate upper zfill encode"
    ),
    bytes: frozenset({"decode"}),
    dict: frozenset(["copy", "get", "items", "keys", "pop", "setdefault", "update", "values", "clear"]),
    list: words("append clear copy count extend index insert pop remove reverse sort"),
    tuple: frozenset({"count", "index"}),
    set: words("add difference discard intersection issubset issuperset remove union update copy"),
    frozenset: frozenset(["difference", "intersection", "issubset", "issuperset", "union", "copy"]),
    datetime: words("astimezone date isoformat isoweekday replace strftime time timestamp timetuple utcoffset weekday"),
    date: frozenset(["isoformat", "isoweekday", "replace", "strftime", "weekday"]),
    timedelta: frozenset({"total_seconds"}),
    PurePosixPath: words("as_posix is_absolute joinpath match relative_to with_name with_suffix resolve absolute"),
}
#: Attributes of plain values that may be read.
ATTRIBUTES: dict[type, frozenset[str]] = {
    datetime: frozenset(["day", "hour", "microsecond", "minute", "month", "second", "tzinfo", "year"]),
    date: frozenset(["day", "month", "year"]),
    timedelta: frozenset(["days", "microseconds", "seconds"]),
    PurePosixPath: frozenset(["name", "parent", "parents", "parts", "stem", "suffix", "suffixes"]),
}
#: What a text method multiplies its text with.
_PADDING = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs"})
_LONGEST = 100_000


def is_wide(form: str) -> bool:
    """Whether a format asks for a width that nobody needs."""
    return re.search(r"\d{4,}", form) is not None


_LARGEST_INTEGER = 10**30
#: What texts can be joined of.
_OF_PARTS = (str, list, tuple, set, frozenset, dict)


def method_is_safe(target: Any, name: str, arguments: list[Any]) -> bool:
    """Whether calling this method with these arguments takes little time and memory."""
    if not isinstance(target, str):
        return True
    if name in _PADDING:
        return all(not isinstance(argument, int) or argument < 1000 for argument in arguments)
    if name in {"format", "format_map"}:
        # A path such as {0.__class__} would lead from a value to what stands behind it.
        return not is_wide(target) and re.search(r"\{[^{}]*[._\[][^{}]*__", target) is None
    if name == "join":
        parts = list(arguments[0]) if arguments and isinstance(arguments[0], _OF_PARTS) else []
        return sum(len(part) for part in parts if isinstance(part, str)) + len(target) * len(parts) < _LONGEST
    if name == "replace" and len(arguments) > 1 and isinstance(arguments[1], str):
        return (len(target) + 1) * (len(arguments[1]) + 1) < _LONGEST * 10
    return True


def operation_is_small(kind: ast.operator, left: Any, right: Any) -> bool:
    """Whether the outcome of a binary operator takes little time and memory."""
    if isinstance(left, timedelta) or isinstance(right, timedelta):
        return True
    if isinstance(kind, ast.Mult) and isinstance(left, (str, bytes, list, tuple)):
        return isinstance(right, int) and len(left) * right < 100_000
    if isinstance(kind, ast.Mult) and isinstance(right, (str, bytes, list, tuple)):
        return isinstance(left, int) and len(right) * left < 100_000
    if isinstance(kind, ast.Mod) and isinstance(left, (str, bytes)):
        return not is_wide(str(left)) and "*" not in str(left)
    if isinstance(kind, (ast.Pow, ast.LShift)):
        return isinstance(right, (int, float)) and abs(right) < 64 and abs(left) < 10**6
    if isinstance(left, int) and isinstance(right, int):
        return abs(left) < _LARGEST_INTEGER and abs(right) < _LARGEST_INTEGER
    return True


def kind_of(value: Any, table: dict[type, frozenset[str]]) -> frozenset[str]:
    """What of ``table`` holds for a value."""
    if isinstance(value, PurePath):
        return table.get(PurePosixPath, frozenset())
    if isinstance(value, (datetime, timedelta)):
        return table.get(datetime if isinstance(value, datetime) else timedelta, frozenset())
    return table.get(type(value), frozenset())


def zone(name: Any = "UTC") -> tzinfo:
    """The time zone of that name."""
    if isinstance(name, tzinfo):
        return name
    if str(name).upper() in {"UTC", "Z"}:
        return timezone.utc
    return zoneinfo.ZoneInfo(str(name))


def pendulum_datetime(  # noqa: PLR0917 - as pendulum has it
    year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0,
    tz: Any = "UTC",
) -> datetime:  # fmt: skip
    """``pendulum.datetime``, which is in UTC unless ``tz`` says otherwise."""
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone(tz))


def _parse(text: str, tz: Any = "UTC", **_: Any) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone(tz))


def shifted(moment: Any, sign: int, **amounts: int) -> Any:
    """A date so much later (``sign`` 1) or earlier (-1): pendulum's ``add`` and ``subtract``."""
    months = amounts.pop("months", 0) + 12 * amounts.pop("years", 0)
    if months:
        count = moment.year * 12 + moment.month - 1 + sign * months
        year, month = divmod(count, 12)
        last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
        moment = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
    return moment + sign * timedelta(**amounts)


def _duration(years: float = 0, months: float = 0, **amounts: float) -> timedelta:
    return timedelta(**amounts) + timedelta(days=365 * years + 30 * months)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _airflow_datetime(*arguments: Any, **named: Any) -> datetime:
    moment = datetime(*arguments, **named)  # noqa: DTZ001 - as the file has it
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def _dict(*arguments: Any, **named: Any) -> dict[Any, Any]:
    return dict(*arguments, **named)


def _bounded_range(*arguments: int) -> range:
    return range(*arguments)


def _strptime(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007 - as the file has it


def _last(name: str) -> Any:
    return getattr(posixpath, name)


#: Functions by their full names.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "builtins.str": str, "builtins.int": int, "builtins.float": float, "builtins.bool": bool, "builtins.repr": repr,
    "builtins.len": len, "builtins.min": min, "builtins.max": max, "builtins.sum": sum, "builtins.abs": abs,
    "builtins.round": round, "builtins.range": _bounded_range, "builtins.any": any, "builtins.all": all,
    "builtins.ord": ord, "builtins.chr": chr, "builtins.bytes": lambda text, encoding: text.encode(encoding),
    "datetime.datetime": datetime, "datetime.date": date, "datetime.time": time,

    "datetime.timedelta": timedelta, "datetime.timezone": timezone,
    "datetime.datetime.fromisoformat": datetime.fromisoformat,
    "datetime.datetime.strptime": _strptime, "datetime.date.fromisoformat": date.fromisoformat,
    "datetime.datetime.combine": datetime.combine,
    "zoneinfo.ZoneInfo": zone, "pytz.timezone": zone, "pendulum.timezone": zone, "pendulum.tz.timezone": zone,
    "pendulum.timezones.timezone": zone, "dateutil.tz.gettz": zone,
    "pendulum.datetime": pendulum_datetime, "pendulum.DateTime": pendulum_datetime, "pendulum.duration": _duration,
    "pendulum.parse": _parse, "pendulum.parser.parse": _parse, "pendulum.date": date, "pendulum.Duration": _duration,
    "dateutil.parser.parse": _parse, "dateutil.parser.isoparse": _parse, "airflow.utils.timezone.parse": _parse,
    "pendulum.from_format": lambda text, form, **_: _parse(text) if "-" in form else datetime.fromisoformat(text),
    "airflow.utils.timezone.datetime": _airflow_datetime,
    "os.path.basename": _last("basename"), "os.path.dirname": _last("dirname"), "os.path.join": _last("join"),
    "os.path.splitext": _last("splitext"), "os.path.abspath": _last("normpath"), "os.path.realpath": _last("normpath"),
    "os.path.normpath": _last("normpath"), "os.path.split": _last("split"),
    "pathlib.Path": PurePosixPath, "pathlib.PurePath": PurePosixPath, "pathlib.PurePosixPath": PurePosixPath,
    "json.loads": json.loads, "json.dumps": json.dumps, "textwrap.dedent": textwrap.dedent,
    "inspect.cleandoc": inspect.cleandoc,
}  # fmt: skip

#: Functions that depend on the moment at which the file is read, which they get first.
CLOCK_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "datetime.datetime.now": lambda now, tz=None: now.astimezone(tz) if tz is not None else _naive(now),
    "datetime.datetime.today": _naive,
    "datetime.datetime.utcnow": _naive,
    "datetime.date.today": lambda now: now.date(),
    "pendulum.now": lambda now, tz="UTC": now.astimezone(zone(tz)),
    "pendulum.today": lambda now, tz="UTC": _midnight(now.astimezone(zone(tz))),
    "pendulum.yesterday": lambda now, tz="UTC": _midnight(now.astimezone(zone(tz))) - timedelta(days=1),
    "pendulum.tomorrow": lambda now, tz="UTC": _midnight(now.astimezone(zone(tz))) + timedelta(days=1),
    "airflow.utils.timezone.utcnow": lambda now: now,
    "airflow.utils.dates.days_ago": lambda now, n, hour=0, minute=0, second=0, microsecond=0: (
        now.replace(hour=hour, minute=minute, second=second, microsecond=microsecond) - timedelta(days=n)
    ),
}

#: Values by their full names.
CONSTANTS: dict[str, Any] = {
    "datetime.timezone.utc": timezone.utc, "datetime.UTC": timezone.utc, "pendulum.UTC": timezone.utc,
    "pytz.utc": timezone.utc, "pytz.UTC": timezone.utc, "airflow.utils.timezone.utc": timezone.utc,
    "pendulum.tz.UTC": timezone.utc, "typing.TYPE_CHECKING": False, "os.sep": "/", "os.linesep": "\n",
    "string.ascii_lowercase": "abcdefghijklmnopqrstuvwxyz", "string.ascii_uppercase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "string.digits": "0123456789",
}  # fmt: skip

#: Methods of pendulum's dates that Python's own do not have.
PENDULUM_METHODS: dict[str, Callable[..., Any]] = {
    "in_timezone": lambda moment, name: moment.astimezone(zone(name)),
    "in_tz": lambda moment, name: moment.astimezone(zone(name)),
    "to_date_string": lambda moment: moment.strftime("%Y-%m-%d"),
    "to_iso8601_string": lambda moment: moment.isoformat(),
    "format": lambda moment, form: moment.strftime(form) if "%" in form else moment.isoformat(),
    "localize": lambda moment, _: moment,
}
