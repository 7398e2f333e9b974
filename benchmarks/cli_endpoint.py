"""``POST /aws_mwaa/cli`` in process, beside a plain ``responses`` callback that answers the same constant.

All take turns, so that whatever else the machine does meets all of them. Each number is a median. ``dags trigger``
prints a table with rich, so it is also compared with what rich itself takes for such a table; and so is ``dags list``
with a thousand DAGs.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import requests
import responses
from rich.box import ASCII_DOUBLE_HEAD
from rich.console import Console
from rich.table import Table
from tabulate import tabulate

from fake_server import FakeMWAA

ROUNDS, COUNT = 20, 20
MANY_DAGS, LISTS = 1000, 5
PLAIN = "https://plain.example/aws_mwaa/cli"


def microseconds(call: Callable[[], object], count: int = COUNT) -> float:
    """How long one call takes, on average."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count * 1e6


def rich_table(*rows: dict[str, Any]) -> None:
    """What rich does for the output of one ``dags trigger``, or of any other command that prints a table."""
    table = Table(box=ASCII_DOUBLE_HEAD, show_edge=False, pad_edge=False, caption=" ")
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row.values()))
    console = Console(file=io.StringIO(), width=200, height=25, color_system=None, force_terminal=False)
    console.print(table)


def poster(session: requests.Session, url: str, token: str) -> Callable[[bytes], requests.Response]:
    """Sends a command."""

    def post(command: bytes) -> requests.Response:
        response = session.post(url, command, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 200
        return response

    return post


def main() -> None:
    """Print the table."""
    # The runs of a DAG need dates of their own.
    dates = (b"%d-01-01" % year for year in itertools.count(1000))
    with FakeMWAA(dags=["etl"]) as mwaa:
        mwaa.variables["key"] = "value"
        with requests.Session() as session:
            token = mwaa.client().create_cli_token(Name=mwaa.name)["CliToken"]
            post = poster(session, f"{mwaa.url}/aws_mwaa/cli", token)
            constant = post(b"variables get key").content
            shown = mwaa.dag("etl").trigger(run_id="shown")
            row = {
                name: getattr(shown, name, None)
                for name in (
                    "conf", "dag_id", "run_id", "data_interval", "logical_date", "end_date", "external_trigger",
                    "last_scheduling_decision", "run_type", "start_date", "state", "queued_at",
                )
            }  # fmt: skip
            rounds = []
            for _ in range(ROUNDS + 2):
                get = microseconds(lambda: post(b"variables get key"))
                trigger = microseconds(lambda: post(b"dags trigger etl -e " + next(dates)))
                rounds.append((plain(constant), get, trigger, microseconds(lambda: rich_table(row))))
    base, get, trigger, rich = (statistics.median(times) for times in zip(*rounds[2:], strict=True))
    rows = [
        ("a plain callback", f"{base:.0f} us", ""),
        ("variables get", f"{get:.0f} us", f"{get / base:.2f}"),
        ("dags trigger", f"{trigger:.0f} us", f"{trigger / base:.2f}"),
        ("rich's table alone", f"{rich:.0f} us", f"{rich / base:.2f}"),
    ]
    print(tabulate(rows, headers=["POST /aws_mwaa/cli", "median", "ratio"]))
    print(f"\nvariables get beside a plain callback: {get / base:.2f} (promised: at most 4)")
    promised = 4 * base + 2 * rich
    print(
        f"dags trigger: {trigger:.0f} us (promised: at most 4 plain callbacks and twice rich's time, {promised:.0f} us)"
    )
    listed, table = many_dags()
    ratio = f"{listed / table:.2f} times rich's {table:.0f} ms (promised: below 3)"
    print(f"dags list, {MANY_DAGS:,} DAGs: {listed:.0f} ms, {ratio}")


def many_dags() -> tuple[float, float]:
    """Milliseconds of a ``dags list`` with many DAGs, and of rich alone for the same table."""
    lists, tables = [], []
    with FakeMWAA(dags=[f"dag_{number:04}" for number in range(MANY_DAGS)]) as mwaa, requests.Session() as session:
        client = mwaa.client()

        def post(command: bytes) -> requests.Response:
            # On a slow machine all of it together takes longer than a token lives.
            token = client.create_cli_token(Name=mwaa.name)["CliToken"]
            return poster(session, f"{mwaa.url}/aws_mwaa/cli", token)(command)

        stdout = base64.b64decode(post(b"dags list -o json").json()["stdout"]).decode()
        rows = json.loads(stdout[stdout.index("[{") :])
        assert len(rows) == MANY_DAGS
        for _ in range(LISTS):
            lists.append(microseconds(lambda: post(b"dags list"), 1) / 1000)
            tables.append(microseconds(lambda: rich_table(*rows), 1) / 1000)
    return statistics.median(lists[1:]), statistics.median(tables[1:])


def plain(constant: bytes) -> float:
    """A callback that answers a constant, on a mock of its own."""

    def answer(_request: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, constant

    with responses.RequestsMock() as mock, requests.Session() as session:
        mock.add_callback(responses.POST, PLAIN, answer, content_type="application/json")
        post = poster(session, PLAIN, "token")
        return microseconds(lambda: post(b"variables get key"))


if __name__ == "__main__":
    main()
