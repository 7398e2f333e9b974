"""urllib's default opener, set aside for a while: it would go on trusting whom it trusted at its first use."""

from __future__ import annotations

import threading
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_lock = threading.Lock()
_applied: list[NewDefaultOpener] = []
_original: urllib.request.OpenerDirector | None = None


class NewDefaultOpener:
    """Has ``urllib.request.urlopen()`` read the trusted certificates anew at its next use, from ``apply()`` on.

    ``urlopen()`` keeps one opener for the life of the process, and since Python 3.12 the opener keeps the certificates
    that it found when it was made. With the last ``restore()``, in whatever order, the opener from before is back. One
    with handlers of somebody's own, put there with ``install_opener()``, stays in place: it is theirs to set up.
    """

    def apply(self) -> None:
        """Sets the default opener aside."""
        global _original  # noqa: PLW0603 - urllib's is global
        with _lock:
            opener: urllib.request.OpenerDirector | None = getattr(urllib.request, "_opener", None)
            if not _applied:
                _original = opener
            _applied.append(self)
            if not _has_own_handlers(opener):
                urllib.request.install_opener(None)  # as urllib itself starts

    def restore(self) -> None:
        """Undoes ``apply()``; harmless if there is nothing to undo."""
        global _original  # noqa: PLW0603 - urllib's is global
        with _lock:
            if self not in _applied:
                return
            _applied.remove(self)
            if not _has_own_handlers(getattr(urllib.request, "_opener", None)):
                # Another one that is still applied has urllib ask anew, too: whom to trust has just changed.
                urllib.request.install_opener(None if _applied else _original)
            if not _applied:
                _original = None

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


def _has_own_handlers(opener: urllib.request.OpenerDirector | None) -> bool:
    handlers: list[object] = getattr(opener, "handlers", [])
    return any(type(handler).__module__ != urllib.request.__name__ for handler in handlers)
