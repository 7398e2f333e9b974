"""InvokeRestApi: a call of the environment's own REST API, made by AWS in its caller's name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from werkzeug.test import EnvironBuilder, run_wsgi_app

from fake_server.airflow.errors import UserRefused
from fake_server.aws.exceptions import (
    AccessDeniedException,
    RestApiClientException,
    RestApiServerException,
    ThrottlingException,
    ValidationException,
)

if TYPE_CHECKING:
    from fake_server.aws.environment import Environment

#: Where the paths that callers give begin on the web server.
API_PREFIX = "/api/v1"


def invoke_rest_api(environment: Environment, members: Mapping[str, Any], *, user: str, role: str) -> dict[str, Any]:
    """The answer of the REST API to ``members`` (Path, Method, QueryParameters, Body), asked by ``user``.

    The call goes through the web server as any other, with a session of that user, so it counts as one there too.

    :raises RestApiClientException: for an answer 4xx.
    :raises RestApiServerException: for an answer 5xx, or one beyond the limits of time and size.
    :raises ThrottlingException: beyond the limit of calls a second, where one is set.
    :raises ValidationException: when this Airflow version is too old for it, or the path too long.
    """
    version = environment.airflow.version
    if not version.has_invoke_rest_api:
        raise ValidationException(
            f"InvokeRestApi is available from Apache Airflow 2.4.3; environment {environment.name} has "
            f"{version.number}. Update your environment to use InvokeRestApi."
        )
    _check_path(environment, members["Path"])
    _check_rate(environment)
    started = environment.clock.time()
    status, content = _call(environment, members, _session_cookie(environment, user, role))
    if environment.clock.time() - started > float(environment.assumptions["rest_api_timeout_seconds"]):
        raise RestApiServerException(504, {"message": "The REST API did not answer in time"})
    if len(content) > environment.assumptions.integer("rest_api_answer_bytes"):
        raise RestApiServerException(413, {"message": "The answer of the REST API is too large"})
    response = _document(content)
    if status >= 500:
        raise RestApiServerException(status, response)
    if status >= 400:
        raise RestApiClientException(status, response)
    return {"RestApiStatusCode": status, "RestApiResponse": response}


def _check_path(environment: Environment, path: str) -> None:
    limit = environment.assumptions.integer("rest_api_path_characters")
    if limit and len(path) > limit:
        raise ValidationException(
            f"1 validation error detected: Value '{path}' at 'path' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}"
        )


def _check_rate(environment: Environment) -> None:
    limit = environment.assumptions.integer("rest_api_calls_per_second")
    if not limit:
        return
    now, calls = environment.clock.time(), environment.rest_api_calls
    while calls and calls[0] <= now - 1:
        calls.popleft()
    if len(calls) >= limit:
        raise ThrottlingException("Rate exceeded")
    calls.append(now)


def _session_cookie(environment: Environment, user: str, role: str) -> str:
    with environment.airflow.session() as airflow:
        try:
            signed_in = airflow.security.sign_in(user, role)
        except UserRefused as error:
            raise AccessDeniedException(f"No Airflow role for this caller: {error}") from None
        return environment.web_server.mint_session_cookie(signed_in)


def _call(environment: Environment, members: Mapping[str, Any], cookie: str) -> tuple[int, bytes]:
    path, _, query = str(members["Path"]).partition("?")
    parameters = urlencode(list(_pairs(members.get("QueryParameters") or {})))
    method = members["Method"]
    # Callers that have nothing to say send an empty object even with GET; a body there would be refused.
    writes = method in {"POST", "PUT", "PATCH"}
    builder = EnvironBuilder(
        path=f"{API_PREFIX}/{quote(path.lstrip('/'), safe='/%:@~+,;=')}",
        query_string="&".join(part for part in (query, parameters) if part),
        base_url=f"https://{environment.hostname}",
        method=method,
        headers=[("Accept", "application/json"), ("Cookie", f"session={cookie}")],
        data=json.dumps(members["Body"]) if writes and "Body" in members else None,
        content_type="application/json" if writes else None,
        environ_overrides={"mwaa.invoke_rest_api": True},
    )
    try:
        chunks, status, _headers = run_wsgi_app(environment.web_server, builder.get_environ(), buffered=True)
    except ConnectionResetError:
        return 502, b""
    finally:
        builder.close()
    return int(status.split(" ", 1)[0]), b"".join(chunks)


def _pairs(parameters: Any) -> Any:
    if not isinstance(parameters, Mapping):
        raise ValidationException("QueryParameters has to be an object of names and values.")
    for name, value in parameters.items():
        for item in value if isinstance(value, list) else [value]:
            yield name, item if isinstance(item, str) else json.dumps(item)


def _document(content: bytes) -> Any:
    """The answer as JSON; text that is none stays text, and no answer at all becomes an empty object."""
    if not content.strip():
        return {}
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
