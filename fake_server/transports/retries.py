"""Retries of ``requests`` in process: what urllib3 would try again on a connection is tried again without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

_CAUSE = "_cause_in_process"


def caused_in_process(error: RequestException, reason: str | ProtocolError) -> RequestException:
    """Mark what was raised for a request in process, which nobody has tried again yet."""
    cause = reason if isinstance(reason, ProtocolError) else ProtocolError(reason)
    setattr(error, _CAUSE, cause)
    return error


@contextmanager
def retrying_adapters() -> Iterator[None]:
    """Has every adapter of ``requests`` go by its ``max_retries`` in process too, while the context lasts.

    Enter it with the library ``responses`` at work, which answers in place of urllib3. Statuses that are to be tried
    again (``status_forcelist``) that library sees to itself, without waiting between the attempts.
    """
    below = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: PreparedRequest, *arguments: Any, **keywords: Any) -> Response:
        retries = adapter.max_retries
        while True:
            try:
                return below(adapter, request, *arguments, **keywords)
            except RequestException as error:
                retries = _next(retries, request, error)
            retries.sleep()

    with mock.patch.object(HTTPAdapter, "send", send):
        yield


def _next(retries: Any, request: PreparedRequest, error: RequestException) -> Any:
    """What is left of the retries after ``error``, which is raised when that is nothing."""
    cause = getattr(error, _CAUSE, None)
    if cause is None:
        raise error
    try:
        return retries.increment(request.method, request.path_url, error=cause)
    except MaxRetryError as exhausted:
        raise RequestsConnectionError(exhausted, request=request) from error
    except HTTPError:
        # It is not to be tried again at all.
        raise error from error.__cause__
