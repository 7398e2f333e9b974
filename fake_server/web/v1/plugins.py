"""Plugins: the fake loads none."""

from __future__ import annotations

from typing import Any

from fake_server.web.v1.call import Call


def get_plugins(call: Call) -> Any:  # noqa: ARG001 - any page of none is empty
    """The plugins that are loaded."""
    return {"plugins": [], "total_entries": 0}
