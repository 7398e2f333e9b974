"""Rendering of the HTML pages."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, status: int = 200, *, titled: bool = True, **values: Any) -> Response:
    """The page of that template; ``values`` are escaped. ``titled``: its title says which page it is."""
    text = _environment().get_template(template).render(titled=titled, **values)
    return Response(text, status, content_type="text/html; charset=utf-8")


@functools.lru_cache(maxsize=1)
def _environment() -> Environment:
    # Most tests never see a page, so Jinja2 is loaded with the first one.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
