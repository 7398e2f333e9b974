"""One call of the experimental API, as its handlers see it, and the ways in which it can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fake_server.airflow.dags import DAG
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.runs import DagRun
from fake_server.cli.dates import parse_date
from fake_server.web.experimental.dialect import Dialect
from fake_server.web.request import WebRequest


@dataclass(frozen=True)
class Call:
    """An authenticated request."""

    request: WebRequest
    airflow: Airflow
    dialect: Dialect

    def date(self, text: str) -> datetime:
        """The execution date that ``text`` names, with the offset that it has there.

        :raises Refused: when it names none.
        """
        try:
            return parse_date(text, self.airflow.clock.now())
        except (ValueError, OverflowError):
            raise Refused(
                400,
                f"Given execution date, {text}, could not be identified as a date. "
                "Example date format: 2015-11-16T14:34:15+00:00",
            ) from None

    def run_at(self, dag: DAG, date: datetime) -> DagRun:
        """The run with that execution date.

        :raises Refused: when there is none.
        """
        run = self.airflow.runs.at(dag.dag_id, date)
        if run is None:
            raise Refused(404, f"Dag Run for date {self.date_text(date)} not found in dag {dag.dag_id}")
        return run

    def date_text(self, date: datetime) -> str:
        """``date`` as refusals write it."""
        old = self.airflow.version.date_separator == "T"
        return date.isoformat(sep="T" if old else self.dialect.date_separator)


#: Answers a call with what becomes the JSON body, or with :class:`Html`; the path's values come by name.
Handler = Callable[..., Any]


@dataclass(frozen=True)
class Html:
    """An answer that is not JSON."""

    text: str


class Refused(Exception):
    """Answered with ``status`` and ``{"error": text}``."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class DatabaseCrash(Exception):
    """The database refused what was written. ``exception`` is the last line of Airflow's traceback."""

    def __init__(self, text: str, exception: str) -> None:
        super().__init__(text)
        self.exception = exception
