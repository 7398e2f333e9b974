"""Regular expressions as people type them."""

from __future__ import annotations

import re

from fake_server.cli.failures import Crash


def compiled(text: str) -> re.Pattern[str]:
    """The regular expression ``text``.

    :raises Crash: when it is none.
    """
    try:
        return re.compile(text)
    except re.error as error:
        raise Crash("re.error", str(error)) from None
