"""Every shell session of the README and the documentation does what it shows, but for those that install something."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.examples.documents import Example, examples, pages, write_files

#: What is left out: sessions that install something or run the project's own tests.
_INSTALLS = re.compile(r"\b(pip install|tox|git clone)\b")
#: Programs that not every machine has.
_OPTIONAL = ("aws", "curl", "jq", "node")

SESSIONS = [
    example
    for page in pages()
    for example in examples(page)
    if example.language == "console" and not _INSTALLS.search(example.text)
]


@pytest.mark.parametrize("example", SESSIONS, ids=str)
def test_a_session_does_what_it_shows(
    example: Example, tmp_path: Path, run: Callable[[Sequence[str]], subprocess.CompletedProcess[str]]
) -> None:
    script, expected = script_of(example.text)
    missing = [name for name in _OPTIONAL if re.search(rf"\b{name} ", script) and shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    write_files(example.page, tmp_path)

    result = run(["bash", "-euo", "pipefail", "-c", script])

    assert result.returncode == 0, result.stdout
    if expected:
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        assert doctest.OutputChecker().check_output(expected, result.stdout, flags), result.stdout


def test_sessions_are_found() -> None:
    assert any("fake-mwaa run" in example.text for example in SESSIONS)
    assert any("fake-mwaa serve" in example.text for example in SESSIONS)


def script_of(session: str) -> tuple[str, str]:
    """The commands of a session, and what it shows of their output."""
    commands: list[str] = []
    output: list[str] = []
    for line in session.splitlines():
        if line.startswith(("$ ", "> ")):
            commands.append(line[2:])
        else:
            output.append(line)
    return "\n".join(commands), "\n".join(output)
