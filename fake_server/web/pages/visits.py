"""What all pages behind the login share: who looks, what they may do, the frame around the page, messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from fake_server.airflow.dags import DAG
from fake_server.airflow.default_roles import Permission
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.security import User
from fake_server.web.crashes import crash
from fake_server.web.pages.rendering import render
from fake_server.web.pages.sign_in import to_sign_in
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

#: Who may see what everybody did, which are the pages that a real Airflow does not have.
MAY_WATCH: Permission = ("can_read", "Audit Logs")


class AccessDenied(Exception):
    """The user may not do this; answered as Airflow does, with a redirect and a message on the next page."""


@dataclass(frozen=True)
class Visit:
    """One request of a logged-in user, while nobody else uses the deployment."""

    request: WebRequest
    server: WebServer
    airflow: Airflow
    user: User
    cookie: str

    def may(self, *permissions: Permission, dag_id: str | None = None) -> bool:
        """Whether the user holds all of ``permissions``, for that DAG if one is named."""
        return self.user.may(permissions, dag_id)

    def require(self, *permissions: Permission, dag_id: str | None = None) -> None:
        """Go on only for who holds all of ``permissions``.

        :raises AccessDenied: for everybody else.
        """
        if not self.may(*permissions, dag_id=dag_id):
            missing = ", ".join(f"{action} on {resource}" for action, resource in permissions)
            raise AccessDenied(f"{self.user.username} may not: {missing}")

    @property
    def dag_id(self) -> str:
        """The DAG that the request is about: part of the path, or in Airflow 1.10 of the query string."""
        return str(self.request.path_arguments.get("dag_id") or self.request.args.get("dag_id", ""))

    def find_dag(self) -> DAG | None:
        """The DAG that the request is about; None when its file does not have it."""
        dag = self.airflow.dags.get(self.dag_id)
        return dag if dag is not None and dag.is_active else None

    def dag_or_crash(self) -> DAG:
        """The DAG that the request is about, at a place where Airflow does not expect that there may be none."""
        dag = self.find_dag()
        if dag is None:
            crash(f"there is no DAG {self.dag_id!r}")
        return dag

    def path(self, name: str, **values: Any) -> str:
        """The path of the page of that name in this version of Airflow, with its query string."""
        return self.request.routes.build(name, values)

    def page(self, template: str, here: str | None = None, **values: Any) -> Response:
        """The page of that template; ``here`` is its name among the pages that are linked everywhere."""
        server = self.server
        navigation = [("home", "DAGs")]
        if self.may(MAY_WATCH):
            navigation += [("recorded_requests", "Requests"), ("environment", "Environment")]
        return render(
            template,
            titled=server.dialect.pages_have_titles,
            environment=server.environment_name,
            version=self.airflow.version.number,
            username=self.user.username,
            roles=", ".join(role.name for role in self.user.roles) or "no role",
            navigation=navigation,
            here=here,
            log_out_method=server.dialect.log_out_method.lower(),
            messages=server.sessions.take_messages(self.cookie),
            csrf_token=server.csrf_tokens.mint(self.cookie),
            path=self.path,
            origin=self.request.full_path.rstrip("?"),
            **values,
        )

    def tell(self, message: str) -> None:
        """Show ``message`` on the next page that the user sees."""
        self.server.sessions.leave_message(self.cookie, message)


View = Callable[[WebRequest, "WebServer"], Response]


def behind_login(operation: str, view: Callable[[Visit], Response]) -> View:
    """A view for those who are logged in; everybody else is sent to the login form first.

    ``operation`` is what the journal calls it. Whatever changes something needs the token of a form.
    """

    def respond(request: WebRequest, server: WebServer) -> Response:
        request.operation = operation
        if request.method == "POST":
            server.csrf_tokens.check(request)
        user = server.sessions.user_of_request(request)
        cookie = server.sessions.cookie_for(request)
        if user is None:
            response = to_sign_in(request, server)
        else:
            request.principal = user.username
            with server.airflow.session() as airflow:
                visit = Visit(request, server, airflow, user, cookie)
                try:
                    response = view(visit)
                except AccessDenied as denied:
                    request.refusal = str(denied)
                    visit.tell("Access is Denied")
                    response = redirect(server.dialect.where_the_denied_go)
        server.sessions.give_cookie(request, response, cookie)
        return response

    return respond
