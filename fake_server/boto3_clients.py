"""boto3 clients, made quickly."""

from __future__ import annotations

import functools
import os
from typing import Any

import boto3

#: How boto3 calls what the environment variables hold.
_CREDENTIALS = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}


def make(service: str, **arguments: Any) -> Any:
    """``boto3.client(service, **arguments)``, with the credentials that the environment variables have now."""
    # A session remembers credentials; clients of one session are to have those of their own test.
    credentials = {name: os.environ.get(variable) for name, variable in _CREDENTIALS.items()}
    # Its stubs have an overload for each service by its literal name.
    client: Any = _session().client
    return client(service, **{**credentials, **arguments})


@functools.lru_cache(maxsize=1)
def _session() -> boto3.Session:
    # Making a session and reading the descriptions of services takes longer than most tests.
    return boto3.Session()
