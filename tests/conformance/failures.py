"""What a check of schemathesis found wrong, in few words; and what a real Airflow fails.

``real_airflow.json`` holds what a real Airflow 2.10.5 fails, by operation. It was made by asking one, in the same
state: everything at first, since then whatever the fake fails; see :mod:`tests.conformance.test_openapi`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "real_airflow.json"


def recorded() -> dict[str, list[str]]:
    """Operation, such as ``GET /pools``, to what a real Airflow fails there."""
    failures: dict[str, list[str]] = json.loads(FILE.read_text("utf-8"))
    return failures


def record(failures: dict[str, list[str]]) -> None:
    """Write down what a real Airflow fails."""
    kept = {operation: sorted(words) for operation, words in sorted(failures.items()) if words}
    FILE.write_text(f"{json.dumps(kept, indent=1)}\n", "utf-8")


def words(status: int, failure: Any) -> str:
    """Of a failure of schemathesis: status, what is wrong, and where in the body when it is about a body."""
    where = ""
    if hasattr(failure, "instance_path"):
        steps = ("[]" if isinstance(step, int) else f".{step}" for step in failure.instance_path)
        where = f": {failure.schema_path[-1]} at {''.join(steps) or '.'}"
    return f"{status} {failure.title}{where}"
