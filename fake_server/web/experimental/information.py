"""What answers without looking at anything."""

from __future__ import annotations

from typing import Any

from fake_server.web.experimental.call import Call


def test(call: Call) -> Any:  # noqa: ARG001 - every handler is called alike
    """Whether the API is there."""
    return {"status": "OK"}


def info(call: Call) -> Any:
    """Which Airflow this is."""
    return {"version": call.airflow.version.number}
