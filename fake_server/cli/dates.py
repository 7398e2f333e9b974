"""Dates as people type them."""

from __future__ import annotations

from datetime import datetime, timezone


def parse_date(text: str, now: datetime) -> datetime:
    """The aware moment that ``text`` names: ISO 8601 or anything that dateutil understands.

    Without an offset it is UTC. ``now`` completes a text that says only a time.

    :raises ValueError: when it names none.
    """
    from dateutil import parser

    if text == "now":
        return now
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        moment = parser.isoparse(text)
    except ValueError:
        try:
            moment = parser.parse(text, default=midnight)
        except OverflowError:
            raise ValueError(f"{text!r} lies beyond all calendars") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
