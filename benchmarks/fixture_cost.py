"""What it costs to set an environment up and take it down again, beside a bare ``mock_aws``.

All take turns, so that whatever else the machine does meets all of them. Each number is a median of processor time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from moto import mock_aws
from tabulate import tabulate

from fake_server import FakeMWAA

ROUNDS = 60


def bare() -> None:
    """What every test with moto pays."""
    with mock_aws():
        pass


def in_process() -> None:
    """What the fixture ``mwaa`` does."""
    with FakeMWAA():
        pass


def with_content() -> None:
    """The same with something in it."""
    with FakeMWAA(dags=["one", "two"], auth_backends=["basic_auth"], config={"api.maximum_page_limit": "50"}) as mwaa:
        mwaa.add_user("ann", "secret", role="Viewer")
        mwaa.variables["key"] = "value"


def live() -> None:
    """What the fixture ``mwaa_live`` does."""
    with FakeMWAA(live=True):
        pass


def milliseconds(use: Callable[[], None]) -> float:
    """How long one use takes."""
    start = time.process_time()
    use()
    return (time.process_time() - start) * 1e3


def main() -> None:
    """Print the table."""
    uses = (bare, in_process, with_content, live)
    rounds = [[milliseconds(use) for use in uses] for _ in range(ROUNDS + 2)][2:]
    medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
    rows = [
        (label, f"{median:.2f} ms", f"{median / medians[0]:.2f}")
        for label, median in zip(("mock_aws", "mwaa", "mwaa with content", "mwaa_live"), medians, strict=True)
    ]
    print(tabulate(rows, headers=["set-up and teardown", "median", "ratio"]))
    print(f"\nmwaa beside mock_aws: {medians[1] / medians[0]:.2f} (promised: at most 2)")


if __name__ == "__main__":
    main()
