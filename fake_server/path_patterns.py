"""Paths of URLs with shell wildcards, such as ``/api/v1/*``, as faults and the journal take them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from fake_server import given_values

_BEGINNINGS = ("/", "*", "?", "[")


def check(pattern: object, what: str) -> None:
    """Refuse what can match no path.

    :raises ValueError: for a URL, a query string, or a path that does not begin with a slash.
    """
    given_values.optional_text(pattern, what)
    if isinstance(pattern, str) and (not pattern.startswith(_BEGINNINGS) or re.search(r"\?\w+=", pattern)):
        expected = "the path of a URL, without host and query string, in which wildcards may stand, such as '/api/v1/*'"
        raise given_values.refusal(what, expected, pattern)


def matches(path: str, pattern: str) -> bool:
    """Whether ``path``, without its query string, fits; a path without wildcards fits itself."""
    return path == pattern or fnmatchcase(path, pattern)
