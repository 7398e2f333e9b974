"""Which view answers which path outside of the REST APIs, by family of web servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from fake_server.web.mwaa import cli, console_sso, login
from fake_server.web.pages import dag, environment, health, home, recorded_requests, sign_in, trigger
from fake_server.web.pages.visits import behind_login
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

View = Callable[[WebRequest, "WebServer"], Response]


class _Route(NamedTuple):
    """``name`` is what the pages call it when they link to it."""

    name: str
    method: str
    path: str
    view: View


_COMMON = (
    _Route("index", "GET", "/", home.index),
    _Route("home", "GET", "/home", behind_login("home", home.home)),
    _Route("sign_in", "GET", "/login/", sign_in.show_form),
    _Route("log_in", "POST", "/login/", sign_in.log_in),
    _Route("pause", "POST", "/paused", behind_login("pause", dag.pause)),
    _Route("health", "GET", "/health", health.respond),
    _Route("cli", "POST", "/aws_mwaa/cli", cli.respond),
    _Route("console_sso", "GET", "/aws_mwaa/aws-console-sso", console_sso.show_page),
    _Route("web_token", "POST", "/aws_mwaa/aws-console-sso", console_sso.issue_token),
    _Route("login", "POST", "/aws_mwaa/login", login.respond),
    # What a real Airflow does not have stands where no Airflow has anything.
    _Route("environment", "GET", "/_environment", behind_login("environment", environment.show)),
    _Route(
        "recorded_requests", "GET", "/_environment/requests", behind_login("recorded_requests", recorded_requests.show)
    ),
)
_DAG = behind_login("dag", dag.show)
_TRIGGER_FORM = behind_login("trigger_form", trigger.show_form)
_TRIGGER = behind_login("trigger", trigger.trigger)

_ROUTES: Mapping[str, tuple[_Route, ...]] = {
    # The DAG is named in the query string.
    "1.10": (
        *_COMMON,
        _Route("dag", "GET", "/tree", _DAG),
        _Route("trigger_form", "GET", "/trigger", _TRIGGER_FORM),
        _Route("trigger", "POST", "/trigger", _TRIGGER),
        _Route("log_out", "GET", "/logout/", sign_in.log_out_by_link),
    ),
    "2": (
        *_COMMON,
        _Route("dag_alone", "GET", "/dags/<dag_id>", dag.to_grid),
        _Route("dag", "GET", "/dags/<dag_id>/grid", _DAG),
        _Route("trigger_form", "GET", "/dags/<dag_id>/trigger", _TRIGGER_FORM),
        _Route("trigger", "POST", "/dags/<dag_id>/trigger", _TRIGGER),
        _Route("log_out", "POST", "/logout/", sign_in.log_out),
    ),
}


class UrlMap:
    """The paths of one family, and the views behind them by name."""

    def __init__(self, routes: tuple[_Route, ...]) -> None:
        self.views: Mapping[str, View] = {route.name: route.view for route in routes}
        self.rules = Map(
            [
                # Some clients send commands to /aws_mwaa/cli/.
                Rule(
                    route.path,
                    endpoint=route.name,
                    methods=[route.method, "OPTIONS"],
                    strict_slashes=route.path != "/aws_mwaa/cli",
                )
                for route in routes
            ]
        )


#: By :attr:`fake_server.versions.AirflowVersion.web_dialect`.
URL_MAPS: Mapping[str, UrlMap] = {family: UrlMap(routes) for family, routes in _ROUTES.items()}
