"""Rendering of the HTML pages: templates, the one stylesheet, and what a browser may do with them."""

from __future__ import annotations

import base64
import functools
import hashlib
from datetime import datetime, timezone
from importlib import resources
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from jinja2 import Environment

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' "
    "rx='4' fill='%2316324f'/%3E%3Cpath d='M3.5 8.5h3v-4h3v7h3' fill='none' stroke='%238bc0ff' stroke-width='1.6'/%3E"
    "%3C/svg%3E"
)


def render(
    template: str, status: int = 200, *, titled: bool = True, script: str | None = None, **values: Any
) -> Response:
    """The page of that template; ``values`` are escaped. ``titled``: its title says which page it is.

    A ``script`` is the name of a file among the templates. Style and script stand in the page itself, so that a page is
    one request in the journal. The browser runs and applies nothing else: the page's policy names their digests.
    """
    page = _environment().get_template(template)
    style = _verbatim("style.css")
    policy = {
        "default-src": "'none'",
        "style-src": _digest(style),
        "img-src": "data:",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    if script is not None:
        values["script"] = _verbatim(script)
        policy.update({"script-src": _digest(values["script"]), "connect-src": "'self'"})
    text = page.render(titled=titled, style=style, icon=_ICON, **values)
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    return response


@functools.lru_cache(maxsize=1)
def _environment() -> Environment:
    # Most tests never see a page, so Jinja2 is loaded with the first one.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["utc"] = _utc
    environment.filters["stretch"] = _stretch
    return environment


@functools.cache
def _verbatim(name: str) -> str:
    return resources.files(__package__).joinpath("templates").joinpath(name).read_text("utf-8")


@functools.cache
def _digest(text: str) -> str:
    """``text`` as a source of a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _utc(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _stretch(seconds: float | None) -> str:
    """A stretch of time in words; the two largest units say enough."""
    if seconds is None:
        return "none"
    if seconds < 60:
        return f"{seconds:.3g} s"
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    parts: list[str] = []
    rest = int(seconds)
    for name, size in units:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])
