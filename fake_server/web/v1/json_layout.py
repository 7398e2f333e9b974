"""JSON as the stable REST API writes it: keys sorted, two spaces a level, ASCII only, a newline at the end."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any

#: Stands for a nested value while the C encoder writes the flat rest of an object; random, so that no value is like it.
_PLACEHOLDER = secrets.token_hex(12)
_encoders: dict[str, json.JSONEncoder] = {}


def render(value: Any) -> str:
    """``value`` as the body of an answer."""
    return _render(value, "\n") + "\n"


def isoformat(moment: datetime | None) -> str | None:
    """A moment as answers show it."""
    return None if moment is None else moment.isoformat()


# With an indentation, Python's encoder does without its C part and takes ten times as long. The separator between
# items is free, though: one that ends the line and indents the next writes a flat object just as well.


def _render(value: Any, line: str) -> str:
    """``value``, where ``line`` ends a line and begins one with the indentation around ``value``."""
    if isinstance(value, RenderedList):
        inner = line + "  "
        return f"[{inner}{(',' + inner).join(value.items)}{line}]" if value.items else "[]"
    if not value or not isinstance(value, (dict, list)):
        return _encoder(line).encode(value)
    inner = line + "  "
    if isinstance(value, list):
        return f"[{inner}{(',' + inner).join([_render(item, inner) for item in value])}{line}]"
    nested = [key for key, item in value.items() if item and isinstance(item, (dict, list, RenderedList))]
    if not nested:
        return f"{{{inner}{_encoder(inner).encode(value)[1:-1]}{line}}}"
    flat = {**value, **{key: f"{_PLACEHOLDER}{index}" for index, key in enumerate(nested)}}
    text = _encoder(inner).encode(flat)[1:-1]
    for index, key in enumerate(nested):
        text = text.replace(f'"{_PLACEHOLDER}{index}"', _render(value[key], inner), 1)
    return f"{{{inner}{text}{line}}}"


def _encoder(inner: str) -> json.JSONEncoder:
    encoder = _encoders.get(inner)
    if encoder is None:
        encoder = _encoders[inner] = json.JSONEncoder(sort_keys=True, separators=("," + inner, ": "))
    return encoder


class RenderedList:
    """A list, one level below the top, whose items are text already; see :func:`render_item`."""

    __slots__ = ("items",)

    def __init__(self, items: list[str]) -> None:
        self.items = items


def render_item(value: Any) -> str:
    """One item of a list that is a member of the answer's outermost object."""
    return _render(value, "\n    ")
