"""The language of Graphviz, as the package of that name writes it."""

from __future__ import annotations

import re

_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*|-?(\.[0-9]+|[0-9]+(\.[0-9]*)?)")


def quoted(name: str) -> str:
    """``name`` as the name or label of a node: in quotes unless it is a plain name or a number."""
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '\\"') + '"'
