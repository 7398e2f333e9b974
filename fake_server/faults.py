"""Faults that a test orders in advance: a refusal, a slow answer, a broken connection.

They are consulted before anything else, so a request that meets one changes nothing in the environment.
"""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fake_server import given_values, path_patterns

#: The operations of the control plane, which a fault may be for.
OPERATIONS = (
    "CreateCliToken", "CreateEnvironment", "CreateWebLoginToken", "DeleteEnvironment", "GetEnvironment",
    "InvokeRestApi", "ListEnvironments", "ListTagsForResource", "PublishMetrics", "TagResource", "UntagResource",
    "UpdateEnvironment",
)  # fmt: skip


class ConnectionReset(ConnectionResetError):
    """Raised by a WSGI application in place of an answer: the transport is to break the connection off."""


#: Where a transport without sockets puts the client's read timeout, in seconds, into the WSGI environment.
CLIENT_TIMEOUT = "client.timeout"


class ClientGaveUp(TimeoutError):
    """Raised by a WSGI application in place of an answer that comes after the client's timeout."""


@dataclass(frozen=True)
class Fault:
    """One ordered fault. What it does: wait ``delay`` seconds, then break off, or answer, or let the request pass."""

    #: Whom it meets. ``path`` may have shell wildcards and is compared without the query string.
    path: str | None = None
    method: str | None = None
    #: An operation of the control plane, such as ``CreateCliToken``.
    operation: str | None = None
    #: The answer's status; None lets the request go on to its ordinary answer.
    status: int | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    #: How many requests it meets; None for all.
    times: int | None = 1
    #: How many matching requests pass before the first one it meets.
    after: int = 0

    def __str__(self) -> str:
        target = self.operation or f"{self.method or 'any method'} {self.path or 'any path'}"
        effects = [
            *([f"{self.delay:g} s late"] if self.delay else ()),
            *(["connection reset"] if self.reset else ()),
            *([f"answered {self.status}"] if self.status is not None else ()),
        ]
        return f"{target}: {', '.join(effects)}"


@dataclass
class _Order:
    fault: Fault
    seen: int = 0
    met: int = 0


class Faults:
    """The faults ordered for one environment, in the order in which they are tried.

    ``sleep`` is what a delay is spent with; seconds of real time, since it is the client's patience that is tested.
    """

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sleep = sleep
        self._orders: list[_Order] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Faults {'; '.join(str(order.fault) for order in self._orders) or 'none'}>"

    def add(
        self,
        *,
        path: str | None = None,
        method: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        body: str | bytes | Mapping[str, Any] | list[Any] | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float | timedelta = 0.0,
        reset: bool = False,
        times: int | None = 1,
        after: int = 0,
    ) -> Fault:
        """Order a fault for requests to ``path`` (with shell wildcards), or for an ``operation`` of the control plane.

        With a ``body`` and no ``status`` the answer is 200; a mapping or list becomes JSON. With ``delay`` (seconds,
        or a timedelta) alone the request is answered as ever, late. ``times=None`` meets every request; the first
        ``after`` pass.

        :raises ValueError: for a fault that does nothing, a value out of its range, or an operation that there is not.
        """
        if body is not None and status is None:
            status = 200
        _check(path=path, method=method, status=status, reset=reset, times=times, after=after)
        late = given_values.seconds(delay, "a fault's delay")
        if status is None and not reset and not late:
            raise ValueError("this fault does nothing; give it a status, a body, a delay or reset=True")
        if operation is not None and (path is not None or method is not None):
            raise ValueError("a fault is for an operation of the control plane or for a path and method, not for both")
        _check_operation(operation)
        content, default_type = _encoded(body)
        all_headers = {"Content-Type": content_type or default_type, **(headers or {})}
        fault = Fault(
            path=path,
            method=method.upper() if method is not None else None,
            operation=operation,
            status=status,
            body=content,
            headers=all_headers,
            delay=late,
            reset=reset,
            times=times,
            after=after,
        )
        with self._lock:
            self._orders.append(_Order(fault))
        return fault

    def throttle(self, operation: str, times: int | None = 1) -> Fault:
        """Refuse the next ``times`` calls of a control-plane operation as AWS refuses callers that ask too often."""
        return self.add(
            operation=operation,
            status=429,
            body={"message": "Rate exceeded"},
            headers={"x-amzn-ErrorType": "ThrottlingException"},
            times=times,
        )

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that a request to the web server meets, which is used up by asking; None for none."""
        if not self._orders:
            return None
        return self._take(
            lambda fault: (
                fault.operation is None
                and (fault.method is None or fault.method == method)
                and (fault.path is None or path_patterns.matches(path, fault.path))
            )
        )

    def take_operation(self, name: str) -> Fault | None:
        """The fault that a call of a control-plane operation meets, which is used up by asking; None for none."""
        return self._take(lambda fault: fault.operation == name)

    @property
    def unused(self) -> list[Fault]:
        """The faults that no request has met: a test that ordered them has not tested what it meant to."""
        with self._lock:
            return [order.fault for order in self._orders if not order.met]

    def clear(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._orders.clear()

    def _take(self, matches: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for order in self._orders:
                fault = order.fault
                if not matches(fault) or (fault.times is not None and order.met >= fault.times):
                    continue
                order.seen += 1
                if order.seen > fault.after:
                    order.met += 1
                    return fault
        return None


def _encoded(body: str | bytes | Mapping[str, Any] | list[Any] | None) -> tuple[bytes, str]:
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if body is None or isinstance(body, str):
        return (body or "").encode(), "text/plain; charset=utf-8"
    return given_values.json_text(body, "a fault's body").encode(), "application/json"


def _check_operation(operation: str | None) -> None:
    if operation is None or operation in OPERATIONS:
        return
    # So that create_cli_token finds CreateCliToken.
    in_small_letters = {name.lower(): name for name in OPERATIONS}
    near = difflib.get_close_matches(operation.replace("_", "").lower(), in_small_letters, n=1)
    hint = f" Did you mean {in_small_letters[near[0]]!r}?" if near else ""
    raise ValueError(
        f"the control plane has no operation {operation!r}.{hint} There are: {', '.join(OPERATIONS)}. "
        "See docs/how-to/faults.md."
    )


def _check(
    *, path: str | None, method: str | None, status: int | None, reset: bool, times: int | None, after: int
) -> None:
    given_values.optional_text(method, "a fault's method")
    path_patterns.check(path, "a fault's path")
    if status is not None and not 200 <= given_values.whole_number(status, "a fault's status") <= 599:
        raise given_values.refusal("a fault's status", "an HTTP status from 200 to 599", status)
    if times is not None and given_values.whole_number(times, "a fault's times") < 1:
        raise given_values.refusal("a fault's times", "a whole number from 1, or None for always", times)
    given_values.whole_number(after, "a fault's after", least=0)
    if reset and status is not None:
        raise ValueError("a fault either resets the connection or answers; got both reset and a status or body")
