"""Plugins: the fake loads none."""

from __future__ import annotations

from typing import Any

from fake_server.web.v1.call import Call
from fake_server.web.v1.paging import page


def get_plugins(call: Call) -> Any:
    """The plugins that are loaded."""
    loaded: tuple[Any, ...] = ()
    return {"plugins": list(page(call, loaded)), "total_entries": len(loaded)}
