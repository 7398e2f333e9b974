"""What the plugin has to say in the report of a test: the pitfall it was in, and how to reach what it did not reach."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mwaa.pitfalls import Pitfall

#: Tells whether the test has met its pitfall.
WAS_MET: pytest.StashKey[Callable[[], bool]] = pytest.StashKey()
#: Whether the test was skipped, in its set-up or its body.
WAS_SKIPPED: pytest.StashKey[bool] = pytest.StashKey()

#: How operating systems say that a host name is nobody's.
_UNKNOWN_HOST = re.compile(
    r"Name or service not known|nodename nor servname|getaddrinfo failed|No address associated with hostname"
)


def pitfall_of(item: pytest.Item) -> Pitfall | None:
    """The pitfall that a test runs in, if it does."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("mwaa_pitfall") if callspec is not None else None


def complete(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add to the report of one of a test's phases."""
    if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
        _skip_unless_met(item, report)
    if report.when != "teardown" and report.skipped:
        item.stash[WAS_SKIPPED] = True
    if report.failed:
        _explain_pitfall(item, report)
        _explain_reach(item, report)


def _skip_unless_met(item: pytest.Item, report: pytest.TestReport) -> None:
    pitfall, was_met = pitfall_of(item), item.stash.get(WAS_MET, None)
    if pitfall is None or was_met is None or was_met():
        return
    path, line, _ = item.reportinfo()
    reason = f"the test did not meet the pitfall {pitfall.name}: no request came that it concerns."
    report.outcome = "skipped"
    report.longrepr = (str(path), (line or 0) + 1, f"Skipped: {reason}")


def _explain_pitfall(item: pytest.Item, report: pytest.TestReport) -> None:
    pitfall = pitfall_of(item)
    if pitfall is not None:
        report.sections.append(("Amazon MWAA's pitfall", str(pitfall)))


def _explain_reach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Say why only some libraries know the host name of an environment in process."""
    mwaa = getattr(item, "funcargs", {}).get("mwaa")
    if mwaa is None or mwaa.is_live or _UNKNOWN_HOST.search(report.longreprtext) is None:
        return
    text = (
        f"The environment {mwaa.name} runs in process, where boto3 and requests reach it, and nothing else does. For "
        "other HTTP libraries and other processes ask for the fixture mwaa_live. See docs/how-to/async-clients.md."
    )
    report.sections.append(("Amazon MWAA's reach", text))
