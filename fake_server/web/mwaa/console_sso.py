"""``/aws_mwaa/aws-console-sso``: the page that a browser opens to log in, and the signed call that gets a token."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from fake_server.web.pages.rendering import render
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

#: An Authorization header of AWS Signature Version 4.
_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256\s+"
    r"Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request\s*,\s*"
    r"SignedHeaders=[^,\s]+\s*,\s*Signature=[0-9a-f]{64}"
)


class _Refused(Exception):
    """The request is answered with ``status``; the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def show_page(request: WebRequest, server: WebServer) -> Response:
    """A page whose script hands the token in the URL's fragment, which no server sees, on to /aws_mwaa/login."""
    request.operation = "console_sso"
    response = render("console_sso.html", script="hand_over.js", environment=server.environment_name)
    server.sessions.give_cookie(request, response)
    return response


def issue_token(request: WebRequest, server: WebServer) -> Response:
    """A web login token for a caller who signs the request as AWS's SDKs do.

    The signature cannot be verified, for the fake knows nobody's secret key; that there is one for the service
    ``airflow`` is.
    """
    request.operation = "console_sso"
    try:
        _check_signature(request, server)
        _check_name(request, server)
    except _Refused as refused:
        request.refusal = str(refused)
        return _json({"message": str(refused)}, refused.status)
    token = server.tokens.mint_web_token(server.assumptions.text("console_sso_user"), server.options.role)
    return _json({"webToken": token, "webServerHostname": server.hostname}, 200)


def _check_signature(request: WebRequest, server: WebServer) -> None:
    header = request.headers.get("Authorization", "")
    match = _SIGNATURE.fullmatch(header)
    if not header:
        reason = "the request is not signed; expected an AWS Signature Version 4 for the service 'airflow'"
    elif match is None:
        reason = "the Authorization header is no AWS Signature Version 4"
    elif match["service"] != "airflow":
        reason = f"the request is signed for the service {match['service']!r}; expected 'airflow'"
    else:
        return
    raise _Refused(server.assumptions.integer("refused_console_sso_status"), reason)


def _check_name(request: WebRequest, server: WebServer) -> None:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise _Refused(400, 'the body is not JSON; expected {"name": "<environment>"}') from None
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str):
        raise _Refused(400, 'the body has no text "name"; expected {"name": "<environment>"}')
    if name != server.environment_name:
        raise _Refused(404, f"this web server belongs to {server.environment_name!r}, not to {name!r}")


def _json(body: dict[str, str], status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
