"""AWS's API endpoint as a WSGI application: what a client finds under its ``endpoint_url``."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber
from werkzeug.wrappers import Request, Response

from fake_server.settings import DEFAULT_REGION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: The name under which requests to MWAA are signed.
_SIGNING_NAME = "airflow"
_CREDENTIAL = re.compile(r"[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")

_NO_FLASK = """\
This endpoint can answer for AWS's other services too, but moto's server, which does that, needs packages that are not
installed here. Install them with: pip install 'moto[server]'
"""


def is_for_aws(environ: WSGIEnvironment) -> bool:
    """Whether a request is one to AWS's API: signed, in a header or in the query, or of a kind that only AWS takes."""
    return (
        environ.get("HTTP_AUTHORIZATION", "").startswith(("AWS4-HMAC-", "AWS "))
        or "HTTP_X_AMZ_TARGET" in environ
        or re.search(r"(^|&)(X-Amz-Signature|AWSAccessKeyId)=", environ.get("QUERY_STRING", "")) is not None
        or (environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/")
        or environ["PATH_INFO"].startswith("/moto-api")
    )


def aws_endpoint(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers for MWAA, and by moto's server for all other services, in the state of this process's mock."""
    region, service = scope_of(environ)
    if service == _SIGNING_NAME:
        return _mwaa_response(environ, region)(environ, start_response)
    return _moto_server()(environ, start_response)


def scope_of(environ: WSGIEnvironment) -> tuple[str, str]:
    """Region and service of the signature; empty texts where there is none."""
    query = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
    match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", "")) or _CREDENTIAL.search(query)
    return (match["region"], match["service"]) if match else ("", "")


def _mwaa_response(environ: WSGIEnvironment, region: str) -> Response:
    """What moto's mock answers, had the request gone to AWS's own host."""
    request = Request(environ)
    headers = HTTPHeaders()
    for name, value in request.headers.items():
        # The host that was asked is kept: it is part of what the caller has signed.
        if name.lower() not in ("content-length", "connection"):
            headers[name] = value
    # As sent: an ARN in a path keeps its %2F.
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.full_path
    answer = botocore_stubber.process_request(
        AWSPreparedRequest(
            method=request.method,
            url=f"https://airflow.{region or DEFAULT_REGION}.amazonaws.com{target}",
            headers=headers,
            body=request.get_data(),
            stream_output=False,
        )
    )
    if answer is None:
        return Response("This process's mock of AWS passes MWAA through to AWS.\n", 501)
    status, answer_headers, body = answer
    return Response(body, status, headers=dict(answer_headers))


@functools.lru_cache(maxsize=1)
def _moto_server() -> WSGIApplication:
    try:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    except ImportError:
        return Response(_NO_FLASK, 501, content_type="text/plain; charset=utf-8")
    application: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    return application
