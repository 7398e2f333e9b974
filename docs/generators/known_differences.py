"""The page of known differences, from the lists that the tests go by."""

from __future__ import annotations

from collections.abc import Mapping

from docs.generators.markdown import code, page
from tests.oracle import cli_sessions, sessions, version_sessions
from tests.oracle.recorded_cases import known_differences
from tests.oracle.version_recordings import recorded_versions

_INTRODUCTION = """\
Where the fake answers otherwise than real Airflow was recorded to answer, and why. Each entry is
tested: when the fake comes to give the recorded answer, the test of that entry fails, and the entry is removed."""


def known_differences_page() -> str:
    """The entries, put together by their reasons."""
    commands = {
        case.id: f"airflow {' '.join(case.content['argv'])}"
        for file in cli_sessions.RECORDINGS
        for case in cli_sessions.commands_of(file)
    }
    requests = {
        case.id: f"{case.content['request']['method']} {case.content['request']['path']}"
        for session in sessions.SESSIONS
        for case in sessions.requests_of(session)
    }
    steps = {
        case.id: f"{version}: {case.name}"
        for version in recorded_versions()
        for case in version_sessions.steps_of(version)
    }
    return page(
        "Known differences",
        _INTRODUCTION,
        "## Requests to the web server",
        _entries(known_differences("known_differences_http.json"), requests),
        "## Commands",
        _entries(known_differences("known_differences_cli.json"), commands),
        "## Other versions of Airflow 2",
        _entries(known_differences("known_differences_versions.json"), steps),
        "## API auth backends",
        _entries(known_differences("known_differences_auth.json"), {}),
    )


def _entries(reasons: Mapping[str, str], names: Mapping[str, str]) -> str:
    """One paragraph per reason, with what it is about."""
    grouped: dict[str, list[str]] = {}
    for case_id, reason in reasons.items():
        grouped.setdefault(reason, []).append(names.get(case_id, case_id))
    lines = []
    for reason, cases in grouped.items():
        lines.append(f"- {reason[0].upper()}{reason[1:].rstrip('.')}.")
        lines += [f"  - {code(_shortened(case))}" for case in dict.fromkeys(cases)]
    return "\n".join(lines) or "None."


def _shortened(text: str) -> str:
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= 110 else f"{line[:107]}..."
