"""The recordings of single versions of Airflow 2, all of the same steps.

Each is ``recordings/VERSION/steps.jsonl``: a line that says where the DAG files were, and one for each step with its
answer. A line that is as in another version's recording says only in whose, for most are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from fake_server.versions import VERSIONS
from tests.oracle.recorded_cases import RECORDINGS

Line = dict[str, Any]
#: What the recording of a version is called.
FILE = "steps.jsonl"
#: What stands for the recorded version's own number.
_NUMBER = "<VERSION>"


def recorded_versions() -> list[str]:
    """The versions whose answers to the steps were recorded, the oldest first."""
    return [version for version in VERSIONS if (RECORDINGS / version / FILE).exists()]


@cache
def recording(version: str) -> tuple[Line, ...]:
    """All lines, each complete."""
    complete = (_complete(number, text) for number, text in enumerate(_texts(version)))
    return tuple(json.loads(text.replace(_NUMBER, version)) for text in complete)


def write_recording(version: str, lines: Sequence[Line]) -> None:
    """Store what was recorded, with references to what older versions answered as well."""
    known: dict[str, str] = {}
    for older in recorded_versions():
        if older == version:
            break
        known.update(dict.fromkeys(_texts(older), older))
    texts = []
    for line in lines:
        text = json.dumps(line, ensure_ascii=False).replace(version, _NUMBER)
        texts.append(json.dumps({"n": line["n"], "as": known[text]}) if text in known and "n" in line else text)
    path = RECORDINGS / version / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in texts), "utf-8")


@cache
def _texts(version: str) -> tuple[str, ...]:
    return tuple((RECORDINGS / version / FILE).read_text("utf-8").splitlines())


def _complete(number: int, text: str) -> str:
    """The line itself, or the one that it refers to."""
    line = json.loads(text)
    return _texts(line["as"])[number] if "as" in line else text
