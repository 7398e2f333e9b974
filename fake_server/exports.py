"""Environment variables as a shell reads them."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import PurePath

SHELLS = ("bash", "fish", "powershell")


def shell_in_use(path: str | None) -> str:
    """The shell of :data:`SHELLS` that the one at ``path`` (the variable SHELL) understands: bash, if it is not known.

    What bash reads, zsh and other shells of its family read too.
    """
    name = PurePath(path or "").name
    return {"fish": "fish", "pwsh": "powershell", "powershell": "powershell"}.get(name, "bash")


def export(shell: str, name: str, value: str) -> str:
    """The line of ``shell`` that gives an environment variable to what it starts."""
    return _EXPORTS[shell](name, value)


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    # Between single quotes only the quote itself and the backslash are special.
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    # Typographic quotes count as quotes there.
    quoted = "".join(character * 2 if character in "'\u2018\u2019\u201a\u201b" else character for character in value)
    return f"$Env:{name} = '{quoted}'"


_EXPORTS: dict[str, Callable[[str, str], str]] = {"bash": _bash, "fish": _fish, "powershell": _powershell}
