"""What an environment has to complain of when it ends: what the test itself shall fail for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fake_server.environment_contents import EnvironmentContents
    from fake_server.faults import Fault


def complaints_of(mwaa: EnvironmentContents) -> list[str]:
    """What the test shall fail for, in sentences.

    That is the use of a command that MWAA does not support under ``cli_unsupported="fail"``, an error of the fake
    itself, and a fault that was ordered and met by no request.
    """
    return [*mwaa.failures, *(_about_unused(fault, mwaa) for fault in mwaa.faults.unused)]


def _about_unused(fault: Fault, mwaa: EnvironmentContents) -> str:
    asked = {entry.path_alone for entry in mwaa.journal}
    near = difflib.get_close_matches(fault.path or "", asked, n=1)
    hint = f" The nearest path that was asked for is {near[0]}." if near else ""
    return (
        f"A fault was ordered, and no request met it: {fault}.{hint} Where that may be so, end the test with "
        "mwaa.faults.clear(). See docs/how-to/faults.md."
    )
