"""``/login/`` and ``/logout/``: user name and password, as Airflow's own login form takes them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.exceptions import TooManyRequests
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from fake_server.clock import Clock
from fake_server.web.pages.destinations import page_of_this_host
from fake_server.web.pages.rendering import render
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

#: How many attempts Airflow allows in how many seconds.
_ATTEMPTS, _PERIOD_SECONDS = 5, 40


class Attempts:
    """Counts the attempts to log in with a password, by client address and in fixed periods."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def count(self, address: str) -> None:
        """Count one attempt.

        :raises TooManyRequests: for the sixth within 40 seconds.
        """
        now = self._clock.time()
        with self._lock:
            start, count = self._counts.get(address, (now, 0))
            if now >= start + _PERIOD_SECONDS:
                start, count = now, 0
            self._counts[address] = (start, count + 1)
        if count >= _ATTEMPTS:
            raise TooManyRequests(f"{_ATTEMPTS} per {_PERIOD_SECONDS} second")


def to_sign_in(request: WebRequest, server: WebServer) -> Response:
    """A redirect to the form, which leads back here afterwards where Airflow's does."""
    if request.path != "/home" and not server.dialect.every_login_leads_back:
        return redirect("/login/")
    return redirect(f"/login/?next={quote(request.url, safe='')}")


def show_form(request: WebRequest, server: WebServer) -> Response:
    """The form; who is logged in already is sent on."""
    request.operation = "sign_in"
    if server.sessions.user_of_request(request) is not None:
        response = redirect("/")
        server.sessions.give_cookie(request, response)
        return response
    return _form(request, server)


def log_in(request: WebRequest, server: WebServer) -> Response:
    """Check name and password and open a session."""
    request.operation = "sign_in"
    server.csrf_tokens.check(request)
    server.sign_in_attempts.count(request.remote_addr or "")
    username, password = request.form.get("username"), request.form.get("password")
    if not username or not password:
        return _form(request, server)
    with server.airflow.session() as airflow:
        user = airflow.security.authenticate(username, password)
    if user is None:
        request.refusal = "wrong user name or password, or the user is not active"
        response = redirect(f"/login/?next={quote('/home', safe='')}")
        server.sessions.give_cookie(request, response)
        return response
    request.principal = user.username
    response = redirect(page_of_this_host(request, request.args.get("next")))
    server.sessions.give_cookie(request, response, server.sessions.open(user))
    return response


def log_out(request: WebRequest, server: WebServer) -> Response:
    """Forget who was logged in; the cookie stays, and means nobody from now on."""
    request.operation = "sign_out"
    server.csrf_tokens.check(request)
    return log_out_by_link(request, server)


def log_out_by_link(request: WebRequest, server: WebServer) -> Response:
    """Log out as Airflow 1.10 does, which asks for no token."""
    request.operation = "sign_out"
    server.sessions.close(request.cookies.get("session"))
    response = redirect("/")
    server.sessions.give_cookie(request, response)
    return response


def _form(request: WebRequest, server: WebServer) -> Response:
    cookie = server.sessions.cookie_for(request)
    titled = server.dialect.pages_have_titles
    response = render(
        "sign_in.html",
        titled=titled,
        environment=server.environment_name,
        csrf_token=server.csrf_tokens.mint(cookie),
    )
    server.sessions.give_cookie(request, response, cookie)
    return response
