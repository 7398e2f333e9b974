"""What is asked of both: Hypothesis strategies for requests and commands, valid ones and others.

Names come from small fixed sets, so that requests often hit what earlier ones have made. ``Known`` says what that is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.real_airflow.steps import Command, Request

T = TypeVar("T")
API = "/api/v1"
EXPERIMENTAL = "/api/experimental"

DAGS = ("etl_linear", "branching_cron", "failing_retries", "manual_paused", "mapped_consumer")
TASKS = {
    "etl_linear": ("extract", "transform", "load"),
    "branching_cron": ("start", "choose", "big", "small", "join"),
    "failing_retries": ("ok", "boom", "never"),
    "manual_paused": ("first", "grp.a", "grp.b"),
    "mapped_consumer": ("numbers", "double"),
}
FILES = tuple(f"{dag_id}.py" for dag_id in DAGS)
DATASETS = ("s3://oracle-bucket/orders.parquet", "s3://nowhere/nothing")
#: Dates of runs; never now, which the real and the fake do not share to the microsecond.
DATES = (
    "2024-01-02T03:04:05+00:00",
    "2024-03-01T00:00:00Z",
    "2024-03-01T05:30:00+05:30",
    "2024-05-06T06:00:00.123456+00:00",
    "2023-06-01T00:00:00+00:00",
    "2099-01-01T00:00:00+00:00",
)
BAD_DATES = ("2024-01-02T03:04:05", "2024-01-02", "yesterday", "", None, 5)
RUN_STATES = ("queued", "running", "success", "failed")
TASK_STATES = ("success", "failed", "skipped", "queued", "up_for_retry", "removed", "none", "bogus")
TEXTS = ("", "plain", "two words", "Grüße", "<b>&amp;</b>", "a/b", "x" * 300, "100%", "'quoted' \"twice\"", " padded ")
LIMITS = ("0", "1", "2", "3", "100", "101", "1000", "-1", "abc", "", "1.5")
OFFSETS = ("0", "1", "2", "50", "-1", "abc", "")
FORMATS = ("table", "json", "yaml", "plain")


@dataclass
class Known:
    """What requests so far have made."""

    runs: list[tuple[str, str]] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    pools: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Nothing has been made yet."""
        for names in (self.runs, self.variables, self.pools, self.connections, self.users, self.roles):
            names.clear()


def chosen(*values: T) -> SearchStrategy[T]:
    """One of the values."""
    return st.sampled_from(values)


def mostly(usual: SearchStrategy[T], other: SearchStrategy[T]) -> SearchStrategy[T]:
    """``usual`` in five of six cases."""
    return st.integers(0, 5).flatmap(lambda die: other if die == 5 else usual)


def one_of_known(names: list[T], others: SearchStrategy[T]) -> SearchStrategy[T]:
    """A name that exists by then, if there is one; sometimes another.

    ``names`` may grow and shrink: a strategy is built once, which takes longer than many draws from it.
    """
    drawn = st.tuples(st.integers(0, 5), st.integers(0, 7), others)
    return drawn.map(lambda dice: names[dice[1] % len(names)] if names and dice[0] < 5 else dice[2])


def segment(text: str) -> str:
    """A name as one segment of a path."""
    return quote(text, safe="")


def dag_ids() -> SearchStrategy[str]:
    return mostly(st.sampled_from(DAGS), chosen("nope", "ETL_LINEAR", "~", "ä"))


def runs(known: Known) -> SearchStrategy[tuple[str, str]]:
    """A DAG's id and a run's."""
    return one_of_known(known.runs, st.tuples(dag_ids(), chosen("r1", "none", "scheduled__2024-01-01T00:00:00+00:00")))


def tasks_of(dag_id: str) -> SearchStrategy[str]:
    return mostly(st.sampled_from(TASKS.get(dag_id, ("extract",))), chosen("nope", "grp"))


def dates() -> SearchStrategy[Any]:
    return st.integers(0, 14).flatmap(lambda die: st.sampled_from(BAD_DATES if die == 14 else DATES))


def subset(values: dict[str, SearchStrategy[Any]], required: tuple[str, ...] = ()) -> SearchStrategy[dict[str, Any]]:
    """An object with the required members, mostly, and some of the others."""
    optional = {name: strategy for name, strategy in values.items() if name not in required}
    whole = st.fixed_dictionaries({name: values[name] for name in required}, optional=optional)
    return mostly(whole, st.fixed_dictionaries({}, optional=values))


def wrong_json() -> SearchStrategy[Any]:
    """A JSON value that no schema expects here."""
    return chosen(None, True, 0, -1, 1.5, "text", [], [1], {}, {"a": 1}, 10**12)


def spoilt(body: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Any]:
    """The body; in one of ten cases with a member of the wrong type or that does not belong there, or another value."""

    def spoil(given: dict[str, Any]) -> SearchStrategy[Any]:
        names = sorted(given) or ["name"]
        return st.one_of(
            st.builds(lambda name, value: {**given, name: value}, st.sampled_from(names), wrong_json()),
            st.builds(lambda value: {**given, "no_such_member": value}, wrong_json()),
            chosen([], "", "{", "null", '{"a": NaN}', "[]", '"text"', "\x00"),
        )

    return st.integers(0, 9).flatmap(lambda die: body.flatmap(spoil) if die == 9 else body)


def query(parameters: dict[str, SearchStrategy[str]]) -> SearchStrategy[str]:
    """A query string with up to three of the parameters, or an unknown one."""
    pair = st.sampled_from(sorted(parameters)).flatmap(lambda name: st.tuples(st.just(name), parameters[name]))
    known = st.lists(pair, max_size=3)
    # Only one: the real Airflow names several in no particular order.
    unknown = st.lists(st.tuples(st.just("limits"), chosen("1", "")), min_size=1, max_size=2)
    return st.integers(0, 19).flatmap(lambda die: unknown if die == 19 else known).map(_query_string)


def _query_string(pairs: list[tuple[str, str]]) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""


def paged(order_by: tuple[str, ...], **filters: SearchStrategy[str]) -> SearchStrategy[str]:
    """The query of a list: pages, order by one of the names, filters."""
    names = mostly(
        st.builds(lambda sign, name: sign + name, chosen("", "", "-"), st.sampled_from(order_by)),
        chosen("bogus", "", "-", "--id"),
    )
    return query({"limit": st.sampled_from(LIMITS), "offset": st.sampled_from(OFFSETS), "order_by": names, **filters})


def periods(*names: str) -> dict[str, SearchStrategy[str]]:
    """Filters by time."""
    texts = mostly(st.sampled_from(DATES), chosen("2024-01-02", "yesterday", ""))
    return {f"{name}_{end}": texts for name in names for end in ("gte", "lte")}


def principals() -> SearchStrategy[str]:
    """Who asks: nearly always the admin."""
    others = chosen("viewer", "user", "op", "", "basic:admin:wrong", "basic:nobody:x", "basic:op:op-pw", "basic:u1:pw")
    return st.integers(0, 11).flatmap(lambda die: others if die == 11 else st.just("admin"))


def request(
    method: SearchStrategy[str] | str,
    path: SearchStrategy[str] | str,
    body: SearchStrategy[Any] | None = None,
    *,
    principal: SearchStrategy[str] | None = None,
) -> SearchStrategy[Request]:
    """A request by somebody."""
    kinds = st.integers(0, 29).flatmap(
        lambda die: (
            chosen("text/plain", None, "application/x-www-form-urlencoded")
            if die == 29
            else st.just("application/json")
        )
    )
    return st.builds(
        Request,
        st.just(method) if isinstance(method, str) else method,
        st.just(path) if isinstance(path, str) else path,
        body if body is not None else st.none(),
        principal if principal is not None else principals(),
        kinds if body is not None else st.just("application/json"),
    )


def joined(*parts: SearchStrategy[str] | str) -> SearchStrategy[str]:
    """Texts one after the other."""
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def command(*words: SearchStrategy[Any] | str) -> SearchStrategy[Command]:
    """A command of these words; a strategy may give one, several or none."""

    def flatten(parts: tuple[Any, ...]) -> Command:
        argv: list[str] = []
        for part in parts:
            argv.extend([part] if isinstance(part, str) else part)
        return Command(tuple(argv))

    return st.tuples(*(st.just(word) if isinstance(word, str) else word for word in words)).map(flatten)


def output() -> SearchStrategy[tuple[str, ...]]:
    """The option for the format, or none."""
    return st.one_of(st.just(()), st.sampled_from(FORMATS).map(lambda name: ("-o", name)))


def option(flag: str, values: SearchStrategy[str]) -> SearchStrategy[tuple[str, ...]]:
    """A flag with its value, or nothing."""
    return st.one_of(st.just(()), values.map(lambda value: (flag, value)))


def switch(flag: str) -> SearchStrategy[tuple[str, ...]]:
    """A flag, or nothing."""
    return chosen((), (flag,))


def as_json(values: SearchStrategy[Any]) -> SearchStrategy[str]:
    return values.map(json.dumps)
