"""``POST /aws_mwaa/login``: a web login token, in the form field ``token``, against the session cookie."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from fake_server.airflow.errors import UserRefused
from fake_server.airflow.security import User
from fake_server.tokens import TOKEN_LIFETIME_SECONDS, RefusedToken
from fake_server.web.pages.rendering import render
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer


def respond(request: WebRequest, server: WebServer) -> Response:
    """Log in whom the token names, with the role it names. Other Airflow sessions of the client are left alone."""
    request.operation = "login"
    try:
        user = _user(server, _claims(request, server))
    except (RefusedToken, UserRefused) as error:
        request.refusal = str(error)
        status = server.assumptions.integer("refused_login_status")
        return render(
            "login_refused.html",
            status,
            reason=str(error),
            environment=server.environment_name,
            hostname=server.hostname,
            lifetime=TOKEN_LIFETIME_SECONDS,
        )
    request.principal = user.username
    if server.assumptions.integer("login_status") == 302:
        response = redirect("/home")
    else:
        response = render("logged_in.html", username=user.username)
    server.sessions.give_cookie(request, response, server.sessions.open(user))
    return response


def _claims(request: WebRequest, server: WebServer) -> Mapping[str, Any]:
    token = request.form.get("token")
    if not token:
        raise RefusedToken("the form has no field 'token'; expected the WebToken of CreateWebLoginToken")
    claims = server.tokens.check_web_token(token)
    if server.assumptions.is_true("web_token_single_use"):
        digest = hashlib.sha256(token.encode()).digest()
        if digest in server.used_web_tokens:
            raise RefusedToken("the token was used before; a web login token is good for one login")
        server.used_web_tokens.add(digest)
    return claims


def _user(server: WebServer, claims: Mapping[str, Any]) -> User:
    """The Airflow user that the claims name, made when there is none, with the role that the claims name."""
    with server.airflow.session() as airflow:
        return airflow.security.sign_in(str(claims["user"]), str(claims["role"]))
