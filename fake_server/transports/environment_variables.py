"""Environment variables for a while, restored exactly, in whatever order several such whiles end."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_lock = threading.RLock()
_applied: list[EnvironmentVariables] = []
_originals: dict[str, str | None] = {}


class EnvironmentVariables:
    """Sets ``variables`` in ``os.environ`` from ``apply()`` to ``restore()``; a value None unsets the variable.

    Of several that are applied at once the one applied last counts, until it is restored; they may be restored in any
    order. With the last of them, each variable has the value again that it had before the first, or is unset again.
    """

    def __init__(self, variables: Mapping[str, str | None]) -> None:
        self.variables = dict(variables)

    def apply(self) -> None:
        """Sets the variables. Raises RuntimeError if they are set by this object already."""
        with _lock:
            if self in _applied:
                raise RuntimeError("These environment variables are applied already; restore() them first.")
            for name in self.variables:
                _originals.setdefault(name, os.environ.get(name))
            _applied.append(self)
            self._refresh()

    def restore(self) -> None:
        """Undoes ``apply()``; harmless if there is nothing to undo."""
        with _lock:
            if self in _applied:
                _applied.remove(self)
                self._refresh()

    def _refresh(self) -> None:
        for name in self.variables:
            owners = [layer for layer in _applied if name in layer.variables]
            value = owners[-1].variables[name] if owners else _originals.pop(name)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def __enter__(self) -> Self:
        self.apply()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.restore()

    def __repr__(self) -> str:
        # Without the values: some of them may be secret.
        return f"<EnvironmentVariables {' '.join(self.variables)}>"
