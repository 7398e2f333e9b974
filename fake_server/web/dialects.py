"""What the web servers of two families of versions do differently in every answer, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fake_server.versions import AirflowVersion
from fake_server.web.crashes import Crash
from fake_server.web.pages import errors, errors_1_10


@dataclass(frozen=True)
class WebDialect:
    """How a family of web servers words what no single page or API decides."""

    #: On every answer that does not have them already.
    headers: Mapping[str, str]
    #: The SameSite attribute of the session cookie, if it has one.
    cookie_samesite: str | None
    #: The page for an unknown path or a method that is not allowed.
    error_page: Callable[[HTTPException], Response]
    #: The page for an exception that Airflow does not catch.
    crash_page: Callable[[AirflowVersion, Crash], Response]
    #: Changes a redirect into the form that the family has.
    word_redirect: Callable[[Response], None]
    #: Whether the title of an HTML page says which page it is.
    pages_have_titles: bool
    #: Whether whoever logs in comes to the page that they asked for; to the DAGs they come in any case.
    every_login_leads_back: bool
    #: Where people go who may not do what they asked for; the page that they come to in the end tells them.
    where_the_denied_go: str
    #: How one logs out: by a form (POST), or by following a link (GET).
    log_out_method: str
    #: Whether a page of a DAG that does not exist leads to the DAGs with a message; where not, it is an exception.
    explains_missing_dags: bool
    #: Whether a DAG that is triggered from its page is unpaused too.
    triggers_unpause: bool
    #: Whether ``/health`` sets a session cookie too, as all other pages do.
    health_has_cookie: bool
    #: By how much its JSON is indented.
    health_indent: int | None


def _as_it_is(response: Response) -> None:
    """Nothing to change."""


_DIALECTS: dict[str, WebDialect] = {
    "1.10": WebDialect(
        headers={"Vary": "Cookie"},
        cookie_samesite=None,
        error_page=errors_1_10.error_page,
        crash_page=lambda version, crash: errors_1_10.crash_page(crash.exception),
        word_redirect=errors_1_10.word_redirect,
        pages_have_titles=False,
        every_login_leads_back=False,
        where_the_denied_go="/login/",
        log_out_method="GET",
        explains_missing_dags=False,
        triggers_unpause=False,
        health_has_cookie=True,
        health_indent=4,
    ),
    "2": WebDialect(
        headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"},
        cookie_samesite="Lax",
        error_page=errors.error_page,
        crash_page=lambda version, crash: errors.crash_page(version),
        word_redirect=_as_it_is,
        pages_have_titles=True,
        every_login_leads_back=True,
        where_the_denied_go="/home",
        log_out_method="POST",
        explains_missing_dags=True,
        triggers_unpause=True,
        health_has_cookie=False,
        health_indent=None,
    ),
}


def web_dialect(version: AirflowVersion) -> WebDialect:
    """What the web server of ``version`` does."""
    return _DIALECTS[version.web_dialect]
