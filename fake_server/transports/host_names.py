"""Real host names that lead to a loopback port, for every HTTP library of this process that uses Python's sockets."""

from __future__ import annotations

import functools
import ipaddress
import itertools
import re
import socket
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from fake_server.transports.sockets import LOOPBACK

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_Function = Callable[..., Any]

_STAND_INS = ipaddress.ip_network("127.77.0.0/16")
_serial_numbers = itertools.count(1)

_lock = threading.RLock()
_installed: list[HostNames] = []
_patches: list[_Patch] = []


class HostNames:
    """Leads ``host_names``, on any port, to ``port`` on 127.0.0.1 from ``install()`` to ``uninstall()``.

    ``host_names``: exact names, or compiled patterns that match a whole name.

    Each object resolves its names to a loopback address of its own, which nobody listens on, and a connection to that
    address goes to ``port`` instead. Answering with ``port`` when a name is resolved would not do: some libraries use
    only the address of that answer. All other names and addresses are left alone. Several objects work side by side and
    may be uninstalled in any order; where they have names in common, the one installed last counts.

    Libraries that do not ask Python's ``socket.getaddrinfo`` are not reached, for example uvloop, aiohttp with aiodns,
    and other processes.
    """

    def __init__(self, host_names: Iterable[str | re.Pattern[str]], port: int) -> None:
        names = tuple(host_names)
        self._exact = {name.lower() for name in names if isinstance(name, str)}
        self._patterns = tuple(name for name in names if not isinstance(name, str))
        self.port = port
        self.stand_in = str(_STAND_INS[next(_serial_numbers) % (_STAND_INS.num_addresses - 2) + 1])
        """The address that the names resolve to."""

    def install(self) -> None:
        """Begins; installing twice is the same as once."""
        with _lock:
            if self in _installed:
                return
            _remove_patches()
            _installed.append(self)
            is_first = len(_installed) == 1
            for owner, name, replace in (
                (socket, "getaddrinfo", _resolving_host_names),
                (socket.socket, "connect", _connecting_to_ports),
                (socket.socket, "connect_ex", _connecting_to_ports),
            ):
                if is_first or all(patch.is_gone for patch in _patches if patch.target == (owner, name)):
                    _patches.append(_Patch(owner, name, replace))

    def uninstall(self) -> None:
        """Ends, and with the last object the patches of ``socket`` end too; harmless if it is not installed.

        Warns (RuntimeWarning) when somebody has patched the same functions in the meantime: theirs stays in place, and
        so does ours below it, which then does nothing. It is removed by the next object that is installed or
        uninstalled after theirs is gone.
        """
        with _lock:
            if self in _installed:
                _installed.remove(self)
            _remove_patches()
            if not _installed:
                for patch in _patches:
                    patch.warn_of_being_left_behind()

    def matches(self, host_name: str) -> bool:
        """Whether ``host_name`` is one of these."""
        name = host_name.lower().removesuffix(".")
        return name in self._exact or any(pattern.fullmatch(name) for pattern in self._patterns)

    def __enter__(self) -> Self:
        self.install()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.uninstall()

    def __repr__(self) -> str:
        names = [*sorted(self._exact), *(pattern.pattern for pattern in self._patterns)]
        return f"<HostNames {' '.join(names)} to {LOOPBACK}:{self.port}>"


class _Patch:
    """A function of a module or class, replaced until ``undo()``."""

    def __init__(self, owner: object, name: str, replace: Callable[[_Function], _Function]) -> None:
        self.target = (owner, name)
        self._is_inherited = name not in vars(owner)
        self._original = getattr(owner, name)
        self._replacement = replace(self._original)
        self._has_warned = False
        setattr(owner, name, self._replacement)

    @property
    def is_on_top(self) -> bool:
        """Whether nobody has patched the function after us."""
        return getattr(*self.target) is self._replacement

    @property
    def is_gone(self) -> bool:
        """Whether somebody has put the original back meanwhile, as pytest-socket does at the end of each test."""
        return bool(getattr(*self.target) == self._original)

    def undo(self) -> None:
        owner, name = self.target
        if not self._is_inherited:
            setattr(owner, name, self._original)
        elif name in vars(owner):
            delattr(owner, name)

    def warn_of_being_left_behind(self) -> None:
        if self._has_warned:
            return
        self._has_warned = True
        owner, name = self.target
        theirs = getattr(owner, name)
        whose = getattr(theirs, "__module__", None) or repr(theirs)
        warnings.warn(
            f"{name} of {owner!r} was patched by {whose} while host names led to a loopback port, and still is. That"
            " patch is left in place. Undo patches in the reverse order of making them.",
            RuntimeWarning,
            stacklevel=3,
        )


def _remove_patches() -> None:
    """Undoes the patches if no object needs them any more, as far as nobody else's patch is on top of them."""
    while not _installed and (patch := next((patch for patch in _patches if patch.is_on_top or patch.is_gone), None)):
        patch.undo()
        # With this one on top, later ones have been undone with somebody else's patch that was between them.
        later = _patches[_patches.index(patch) :]
        _patches[:] = [other for other in _patches if other not in later or other.target != patch.target]


def _resolving_host_names(original: _Function) -> _Function:
    @functools.wraps(original)
    def getaddrinfo(host: Any, port: Any, *arguments: Any, **keywords: Any) -> Any:
        return original(_stand_in_for(host), port, *arguments, **keywords)

    return getaddrinfo


def _connecting_to_ports(original: _Function) -> _Function:
    @functools.wraps(original)
    def connect(self: socket.socket, address: Any) -> Any:
        return original(self, _destination_of(address))

    return connect


def _stand_in_for(host: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if isinstance(name, str):
        for host_names in reversed(_installed):
            if host_names.matches(name):
                return host_names.stand_in
    return host


def _destination_of(address: Any) -> Any:
    if isinstance(address, tuple) and address:
        for host_names in _installed:
            if address[0] == host_names.stand_in:
                return (LOOPBACK, host_names.port)
    return address
