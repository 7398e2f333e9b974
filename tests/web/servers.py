"""Web servers to test, each with an environment of its own."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from werkzeug.test import Client

from fake_server.airflow.dags import DAG, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.assumptions import Assumptions
from fake_server.faults import Faults
from fake_server.journal import Journal
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.versions import DEFAULT_VERSION, airflow_version
from fake_server.web.app import WebServer

BACKEND = "airflow.api.auth.backend."


def make_server(
    *,
    name: str = "production",
    version: str = DEFAULT_VERSION,
    auth_backends: str | None = None,
    config: Mapping[str, str] | None = None,
    assume: Mapping[str, Any] | None = None,
    scheduler: bool = True,
    **options: Any,
) -> WebServer:
    """A web server with the user admin/admin-pw and the DAG ``etl``; cookies also go over plain HTTP."""
    settings = dict(config or {})
    if auth_backends is not None:
        settings[f"api.{airflow_version(version).auth_backends_option}"] = auth_backends
    airflow = Airflow(version, options=settings, scheduler=scheduler)
    airflow.security.add_user("admin", "admin-pw")
    airflow.security.add_user("viewer", "viewer-pw", "Viewer")
    airflow.add_dag(DAG("etl", named_tasks(["extract", "load"]), source="# the file of etl\n"))
    assumptions = Assumptions({"session_cookie_secure": False, **(assume or {})})
    return WebServer(
        environment_name=name,
        hostname=f"{name}.example",
        airflow=airflow,
        tokens=TokenAuthority(name, airflow.clock, assumptions),
        assumptions=assumptions,
        journal=Journal(),
        faults=Faults(),
        options=EnvironmentOptions(scheduler=scheduler, **options),
    )


def client_of(server: WebServer) -> Client:
    """A client with a cookie jar."""
    return Client(server)


def client_without_jar(server: WebServer) -> Client:
    """A client that sends the Cookie header that it is given."""
    return Client(server, use_cookies=False)


def basic(username: str = "admin", password: str | None = None, scheme: str = "Basic") -> dict[str, str]:
    """The header for name and password."""
    pair = f"{username}:{password if password is not None else username + '-pw'}"
    return {"Authorization": f"{scheme} {base64.b64encode(pair.encode()).decode()}"}


def cookie(server: WebServer, username: str = "admin") -> dict[str, str]:
    """The header for a logged-in user."""
    user = server.airflow.security.find_user(username)
    assert user is not None
    return {"Cookie": f"session={server.mint_session_cookie(user)}"}
