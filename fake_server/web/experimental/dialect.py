"""What the experimental APIs of two families of versions word differently, as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fake_server.versions import AirflowVersion
from fake_server.web.pages import errors_1_10
from fake_server.web.problems import problem_of


@dataclass(frozen=True)
class Dialect:
    """The words and layouts of one family."""

    #: How JSON is laid out.
    dumps: Callable[[Any], str]
    #: Whether answers say that the API is deprecated, and where to read what to do.
    is_deprecated: bool
    #: Answers for an unknown path or a method that is not allowed.
    word_http_error: Callable[[HTTPException], Response]
    #: What stands between date and time in "Dag Run for date ... not found".
    date_separator: str
    #: Where a run is shown; ``{dag_id}`` and ``{date}`` are quoted already.
    run_page: str
    #: Whether a state that does not exist is an error; where not, no run has it.
    refuses_unknown_states: bool
    #: Whether null will do for ``replace_microseconds``.
    null_is_false: bool
    #: What the JSON of a pool has.
    pool_members: tuple[str, ...]
    #: The longest name of a pool that is not refused in words.
    longest_pool_name: int | None
    #: Whether gunicorn words errors of the database; where not, Airflow's page for exceptions does.
    database_errors_escape: bool


_DIALECTS: dict[str, Dialect] = {
    "1.10": Dialect(
        dumps=lambda value: json.dumps(value, separators=(",", ":"), sort_keys=True) + "\n",
        is_deprecated=False,
        word_http_error=errors_1_10.error_page,
        date_separator="T",
        run_page="/graph?dag_id={dag_id}&execution_date={date}",
        refuses_unknown_states=False,
        null_is_false=False,
        pool_members=("description", "id", "pool", "slots"),
        longest_pool_name=None,
        database_errors_escape=False,
    ),
    "2": Dialect(
        dumps=json.dumps,
        is_deprecated=True,
        word_http_error=problem_of,
        date_separator=" ",
        run_page="/dags/{dag_id}/graph?execution_date={date}",
        refuses_unknown_states=True,
        null_is_false=True,
        pool_members=("description", "id", "include_deferred", "pool", "slots"),
        longest_pool_name=256,
        database_errors_escape=True,
    ),
}


def dialect_of(version: AirflowVersion) -> Dialect:
    """How the experimental API of ``version`` words its answers."""
    return _DIALECTS[version.web_dialect]
