"""Where a form leads when it names a page to go to."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from werkzeug.wrappers import Request


def page_of_this_host(request: Request, wanted: str | None) -> str:
    """``wanted`` as an absolute URL if it is on the host that ``request`` was sent to, else the page of DAGs."""
    if not wanted:
        return "/home"
    try:
        url = urljoin(request.host_url, wanted)
        here, there = urlsplit(request.host_url), urlsplit(url)
    except ValueError:
        # No URL at all, such as one with half an IPv6 address.
        return "/home"
    return url if there.scheme in {"http", "https"} and there.netloc == here.netloc else "/home"


def with_query(url: str, **added: str) -> str:
    """``url`` with more in its query string, in place of what has the same names."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in added]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added.items()])))
