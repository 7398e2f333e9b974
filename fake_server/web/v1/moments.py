"""Dates and times in query parameters and filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from fake_server.airflow.run_store import Period
from fake_server.web.v1.forms import moment
from fake_server.web.v1.problems import BrokenStream


def query_moment(text: str | None) -> datetime | None:
    """A date and time of the query in UTC; its format has been checked.

    :raises BrokenStream: for a moment that lies outside the years 1 to 9999 once it is in UTC.
    """
    if text is None:
        return None
    try:
        return moment(text.upper()).astimezone(timezone.utc)
    except OverflowError:
        raise BrokenStream from None


def query_period(query: Mapping[str, Any], name: str) -> Period:
    """The query parameters ``<name>_gte`` and ``<name>_lte``."""
    return Period(query_moment(query[f"{name}_gte"]), query_moment(query[f"{name}_lte"]))


def period(values: Mapping[str, Any], name: str) -> Period:
    """The fields ``<name>_gte`` and ``<name>_lte`` of a form, as moments or absent."""
    return Period(values.get(f"{name}_gte"), values.get(f"{name}_lte"))
