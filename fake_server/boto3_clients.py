"""boto3 clients, made quickly."""

from __future__ import annotations

import functools
from typing import Any

import boto3
import botocore.loaders
import botocore.session


def make(service: str, **arguments: Any) -> Any:
    """``boto3.client(service, **arguments)`` of a session of its own, which takes its configuration from now."""
    session = botocore.session.get_session()
    session.register_component("data_loader", _loader())
    # Its stubs have an overload for each service by its literal name.
    client: Any = boto3.Session(botocore_session=session).client
    return client(service, **arguments)


@functools.lru_cache(maxsize=1)
def _loader() -> botocore.loaders.Loader:
    # Descriptions of services are large files; a loader reads each once.
    return botocore.loaders.create_loader()
