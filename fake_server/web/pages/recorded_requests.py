"""The page of recorded requests: the environment's journal. A real Airflow does not have it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from fake_server.journal import JournalEntry
from fake_server.web.pages.visits import MAY_WATCH, Visit

#: So many entries are shown.
_SHOWN_ENTRIES = 200


def show(visit: Visit) -> Response:
    """The newest entries. Answers are left out: they may hold what the user may not read."""
    visit.require(MAY_WATCH)
    entries = list(visit.server.journal)
    shown = [_shown(entry) for entry in reversed(entries[-_SHOWN_ENTRIES:])]
    return visit.page("recorded_requests.html", "recorded_requests", entries=shown, total=len(entries))


def _shown(entry: JournalEntry) -> dict[str, Any]:
    try:
        words = HTTPStatus(entry.status).phrase
    except ValueError:
        words = ""
    return {
        "time": entry.time,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "status_words": words,
        "principal": entry.principal,
        "operation": entry.operation,
        "command": entry.command,
        "refusal": entry.refusal,
    }
