"""The rows that commands leave in the event log.

Commands that only read variables, connections and the like leave none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timezone

from fake_server.airflow.deployment import Airflow
from fake_server.cli.installation import ACCOUNT, HOSTNAME, Installation
from fake_server.cli.parser import ParsedCommand

#: Options whose values are not written down.
_SECRET_OPTIONS = ("-p", "--password", "--conn-password")


def record(airflow: Airflow, events: Mapping[str, str], parsed: ParsedCommand, argv: Sequence[str]) -> None:
    """Leave the row of a command, which Airflow writes before the command does anything.

    ``events`` are the dialect's names for the rows.
    """
    event = events.get(" ".join(parsed.command.words))
    if event is None:
        return
    arguments = parsed.arguments
    date = getattr(arguments, "execution_date", None)
    program = Installation.of(airflow.version).program
    airflow.audit.record(
        f"cli_{event}",
        ACCOUNT,
        dag_id=getattr(arguments, "dag_id", None),
        task_id=getattr(arguments, "task_id", None),
        logical_date=date.astimezone(timezone.utc) if date is not None else None,
        extra=json.dumps({"host_name": HOSTNAME, "full_command": str([program, *_without_secrets(argv)])}),
    )


def _without_secrets(argv: Sequence[str]) -> list[str]:
    shown = list(argv)
    for position, word in enumerate(argv):
        option, equals, _ = word.partition("=")
        if option in _SECRET_OPTIONS and equals:
            shown[position] = f"{option}=********"
        elif word in _SECRET_OPTIONS and position + 1 < len(argv):
            shown[position + 1] = "********"
    return shown
