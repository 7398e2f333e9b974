"""The page that people land on: the DAGs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from fake_server.web.pages.rendering import render
from fake_server.web.pages.sign_in import to_sign_in
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer


def index(request: WebRequest, server: WebServer) -> Response:
    """The root leads to the DAGs."""
    request.operation = "index"
    response = redirect("/home")
    server.sessions.give_cookie(request, response)
    return response


def home(request: WebRequest, server: WebServer) -> Response:
    """The DAGs that the logged-in user may read; everybody else is sent to the login form."""
    request.operation = "home"
    user = server.sessions.user_of_request(request)
    cookie = server.sessions.cookie_for(request)
    if user is None:
        response = to_sign_in(request)
    else:
        request.principal = user.username
        with server.airflow.session() as airflow:
            dags = [
                {
                    "dag_id": dag.dag_id,
                    "description": dag.description or "",
                    "schedule": str(dag.schedule) if dag.schedule is not None else "none",
                    "owners": ", ".join(dag.owners),
                    "paused": "paused" if dag.is_paused else "active",
                    "runs": sum(1 for _ in airflow.runs.of(dag.dag_id)),
                }
                for dag in airflow.dags_by_id
                if dag.is_active and user.may([("can_read", "DAGs")], dag.dag_id)
            ]
        response = render(
            "home.html",
            titled=server.dialect.pages_have_titles,
            environment=server.environment_name,
            version=server.airflow.version.number,
            username=user.username,
            dags=dags,
            csrf_token=server.csrf_tokens.mint(cookie),
        )
    server.sessions.give_cookie(request, response, cookie)
    return response
