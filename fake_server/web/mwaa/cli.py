"""``POST /aws_mwaa/cli``: runs an Airflow command and returns both of its streams in base64."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from fake_server.cli import command_line, support
from fake_server.journal import answer_text
from fake_server.tokens import RefusedToken
from fake_server.web.request import WebRequest

if TYPE_CHECKING:
    from fake_server.web.app import WebServer


class _Refused(Exception):
    """The request is answered with ``status`` before any command runs."""

    def __init__(self, status: int, reason: str, body: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.body = body if body is not None else reason + "\n"


def respond(request: WebRequest, server: WebServer) -> Response:
    """Check the token, read the command, run it. The Content-Type is not looked at, and a token may be used again."""
    request.operation = "cli"
    try:
        request.principal = _user(request, server)
        command = _command(request, server)
        request.command = command
        argv = _words(command, server)
        _check_supported(argv, server)
        _take_slot(server)
    except _Refused as refused:
        request.refusal = refused.reason
        return Response(refused.body, refused.status, content_type="text/plain; charset=utf-8")
    result = command_line.run(
        server.airflow,
        argv,
        log_format=server.assumptions.text("log_format_braces"),
        log_lines=server.options.log_lines,
        has_graphviz=server.assumptions.is_true("graphviz_installed"),
    )
    stdout, stderr = result.stdout, result.stderr
    if server.retouch_streams is not None:
        stdout, stderr = server.retouch_streams(command, stdout, stderr)
    request.answer = answer_text(stdout + stderr, "text/plain")
    status = 200 if result.exit_code == 0 else server.assumptions.integer("failed_command_status")
    return Response(_envelope(stdout, stderr), status, content_type="application/json")


def _user(request: WebRequest, server: WebServer) -> str:
    """The user that the request's token was issued to."""
    try:
        return str(server.tokens.check_cli_token(_bearer_token(request)).get("user", ""))
    except RefusedToken as error:
        status = server.assumptions.integer("refused_cli_token_status")
        raise _Refused(status, str(error), server.assumptions.text("refused_cli_token_body")) from None


def _bearer_token(request: WebRequest) -> str:
    credentials = request.authorization
    if credentials is None:
        header = request.headers.get("Authorization")
        raise RefusedToken("there is no Authorization header" if header is None else "the Authorization is malformed")
    if credentials.type != "bearer":
        raise RefusedToken(f"the Authorization scheme is {credentials.type!r}; expected 'Bearer'")
    if not credentials.token:
        raise RefusedToken("the Authorization header has no token behind 'Bearer'")
    return credentials.token


def _command(request: WebRequest, server: WebServer) -> str:
    limit = server.assumptions.integer("maximum_command_bytes")
    if (request.content_length or 0) > limit:
        raise _Refused(413, f"the command is {request.content_length} bytes long; at most {limit} are accepted")
    body = request.get_data()
    status = server.assumptions.integer("malformed_command_status")
    if len(body) > limit:
        raise _Refused(413, f"the command is {len(body)} bytes long; at most {limit} are accepted")
    if not body.strip():
        raise _Refused(status, "the body is empty; expected an Airflow command as text, such as: dags list")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Refused(status, f"byte {error.start} of the body is not UTF-8; expected a command as text") from None


def _words(command: str, server: WebServer) -> tuple[str, ...]:
    try:
        return command_line.split(command)
    except command_line.CommandSyntaxError as error:
        raise _Refused(server.assumptions.integer("malformed_command_status"), str(error)) from None


def _check_supported(argv: tuple[str, ...], server: WebServer) -> None:
    if server.options.cli_unsupported == "allow":
        return
    words = support.unsupported(server.airflow.version, argv)
    if words is None:
        return
    reason = f"Amazon MWAA does not support the command {words!r} with Airflow {server.airflow.version.number}"
    if server.options.cli_unsupported == "fail":
        server.failures.append(
            f"{reason}; it was sent to {server.environment_name}. See docs/reference/coverage-command-line.md."
        )
    raise _Refused(server.assumptions.integer("unsupported_command_status"), reason)


def _take_slot(server: WebServer) -> None:
    """Refuse what comes while as many commands run as may, in the words of whoever stands before the web server."""
    limit = server.assumptions.integer("concurrent_commands")
    if not server.command_slots.take(limit, float(server.assumptions["command_seconds"])):
        status = server.assumptions.integer("too_many_commands_status")
        reason = f"{limit} commands are under way already"
        raise _Refused(status, reason, {502: "Bad Gateway", 504: "Gateway Timeout"}[status])


def _envelope(stdout: str, stderr: str) -> str:
    return json.dumps({"stderr": _base64(stderr), "stdout": _base64(stdout)})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")
