"""The fake beside a real Airflow 2.10.5 on the same machine: the web server, the command line, the cold start.

``tox -e bench-real`` installs the real one and runs this. By hand: ``python -m tests.real_airflow.installation FOLDER``
and then ``REAL_AIRFLOW=FOLDER python -m benchmarks.real_airflow``. Without REAL_AIRFLOW nothing is measured.

Both take turns, so that whatever else the machine does meets both, and each number is a median. Requests go over plain
HTTP on the loopback interface with a session cookie, on a new connection each, since the real web server keeps none.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from tabulate import tabulate

from fake_server import FakeMWAA
from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import load_seed
from fake_server.assumptions import Assumptions
from fake_server.faults import Faults
from fake_server.journal import Journal
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.transports.sockets import LoopbackServer
from fake_server.web.app import WebServer

if TYPE_CHECKING:
    from tests.real_airflow.server import RealAirflow

DAGS = 100
REQUESTS, COMMANDS, STARTS = 60, 7, 5
#: One file with all DAGs, as it would be in the folder of a real Airflow.
SOURCE = f"""
from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator

for number in range({DAGS}):
    with DAG(f"dag_{{number:03}}", schedule=None, start_date=datetime(2024, 1, 1), tags=["bench"]) as dag:
        EmptyOperator(task_id="extract") >> EmptyOperator(task_id="load")
    globals()[dag.dag_id] = dag
"""
SEED: dict[str, Any] = {
    "dags": [
        {
            "dag_id": f"dag_{number:03}",
            "file": "dags.py",
            "source": SOURCE,
            "schedule": None,
            "start_date": "2024-01-01T00:00:00+00:00",
            "tags": ["bench"],
            "tasks": [
                {"task_id": "extract", "operator": "EmptyOperator", "upstream": [], "downstream": ["load"]},
                {"task_id": "load", "operator": "EmptyOperator", "upstream": ["extract"], "downstream": []},
            ],
        }
        for number in range(DAGS)
    ],
    "users": [
        {
            "username": "admin",
            "password": "admin-pw",
            "role": "Admin",
            "first_name": "Ad",
            "last_name": "Min",
            "email": "admin@example.com",
        }
    ],
}
Row = tuple[str, str, str, str, str]


def main() -> None:
    """Print the table."""
    folder = os.environ.get("REAL_AIRFLOW")
    if folder is None:
        print("Left out: REAL_AIRFLOW names no real Airflow. `tox -e bench-real` installs one.")
        return
    from tests.real_airflow.installation import Installation
    from tests.real_airflow.server import RealAirflow

    with tempfile.TemporaryDirectory() as home:
        real = RealAirflow(Installation(Path(folder)), Path(home) / "airflow", seed=SEED)
        real.prepare()
        rows = [cold_start(real), *web_server(real), *command_line(real)]
    print(tabulate(rows, headers=["", "real Airflow", "fake", "times faster", "promised"], disable_numparse=True))


def row(name: str, real: list[float], fake: list[float], promised: int) -> Row:
    """A line of the table, from seconds."""
    slow, fast = statistics.median(real), statistics.median(fake)
    return name, f"{slow * 1000:.1f} ms", f"{fast * 1000:.2f} ms", f"{slow / fast:.0f}", f"at least {promised}"


def seconds(action: Callable[..., object], *arguments: object) -> float:
    """How long it takes."""
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


def web_server(real: RealAirflow) -> Iterator[Row]:
    """Reading and triggering through ``/api/v1``."""
    with _started(real), _fake_web_server() as (port, cookie):
        ends = {real.port: real.cookie("admin"), port: cookie}
        numbers = itertools.count()

        def get(port: int) -> None:
            answer = ask(port, ends[port], "GET", f"/api/v1/dags?limit={DAGS}")
            assert len(answer["dags"]) == DAGS

        def trigger(port: int) -> None:
            number = next(numbers)
            date = f"{2025 + number}-01-01T00:00:00Z"
            run = {"dag_run_id": f"run_{number}", "logical_date": date, "conf": {"size": number}}
            ask(port, ends[port], "POST", f"/api/v1/dags/dag_{number % DAGS:03}/dagRuns", run)

        for name, action in (("GET /dags, 100 DAGs", get), ("POST dagRuns", trigger)):
            times: dict[int, list[float]] = {each: [] for each in ends}
            for _ in range(REQUESTS):
                for each, taken in times.items():
                    taken.append(seconds(action, each))
            yield row(name, times[real.port][3:], times[port][3:], 15)


def command_line(real: RealAirflow) -> Iterator[Row]:
    """``dags trigger``: the real command, and the fake's endpoint in process and on a socket with HTTPS."""
    # A run for a date before the DAG's start is refused, and so is a second one for the same date.
    dates = (f"{year}-01-01" for year in itertools.count(3000))

    def command() -> None:
        arguments = ["dags", "trigger", "dag_000", "-e", next(dates)]
        done = subprocess.run(
            [real.installation.airflow, *arguments], env=real.environment, capture_output=True, check=True
        )
        assert b"dag_000" in done.stdout

    def post(mwaa: FakeMWAA, session: requests.Session, token: str) -> None:
        response = session.post(
            f"{mwaa.url}/aws_mwaa/cli",
            f"dags trigger dag_000 -e {next(dates)}",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert response.status_code == 200

    commands: list[float] = []
    posts: dict[str, list[float]] = {"in process": [], "over HTTPS": []}
    for _ in range(COMMANDS):
        commands.append(seconds(command))
        for hosting, taken in posts.items():
            with FakeMWAA(dags=["dag_000"], live=hosting != "in process") as mwaa, requests.Session() as session:
                token = mwaa.client().create_cli_token(Name=mwaa.name)["CliToken"]
                post(mwaa, session, token)
                taken += [seconds(post, mwaa, session, token) for _ in range(20)]
    for hosting, taken in posts.items():
        yield row(f"dags trigger, {hosting}", commands[1:], taken[20:], 300)


def cold_start(real: RealAirflow) -> Row:
    """From the start of the process to the first answer with 200."""
    reals, fakes = [], []
    for _ in range(STARTS):
        try:
            reals.append(seconds(real.start))
        finally:
            real.stop()
        with tempfile.TemporaryDirectory() as folder:
            fakes.append(seconds_to_serve(Path(folder)))
    return row("cold start to the first 200", reals[1:], fakes[1:], 5)


def seconds_to_serve(folder: Path) -> float:
    """How long ``fake-mwaa serve`` takes to its first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "fake_server", "serve", "--http", "--port", str(port)]
    start = time.perf_counter()
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            while not _answers(port):
                assert server.poll() is None, (folder / "log").read_text("utf-8")
                time.sleep(0.02)
            return time.perf_counter() - start
        finally:
            server.send_signal(signal.SIGINT)


def ask(port: int, cookie: str, method: str, path: str, body: Any = None) -> Any:
    """One request on a connection of its own."""
    with contextlib.closing(HTTPConnection("localhost", port, timeout=60)) as connection:
        headers = {"Cookie": cookie, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        content = response.read()
    assert response.status == 200, content
    return json.loads(content)


def _answers(port: int) -> bool:
    with contextlib.closing(HTTPConnection("localhost", port, timeout=60)) as connection:
        try:
            connection.request("GET", "/api/v1/version")
            return connection.getresponse().status == 200
        except OSError:
            return False


@contextlib.contextmanager
def _started(real: RealAirflow) -> Iterator[None]:
    """The web server of a real Airflow runs."""
    try:
        real.start()
        yield
    finally:
        real.stop()


@contextlib.contextmanager
def _fake_web_server() -> Iterator[tuple[int, str]]:
    """Port and cookie of the fake with the same DAGs, behind a socket."""
    airflow = Airflow(scheduler=False)
    load_seed(airflow, SEED)
    assumptions = Assumptions({"session_cookie_secure": False})
    server = WebServer(
        environment_name="bench",
        hostname="localhost",
        airflow=airflow,
        tokens=TokenAuthority("bench", airflow.clock, assumptions),
        assumptions=assumptions,
        journal=Journal(),
        faults=Faults(),
        options=EnvironmentOptions(scheduler=False),
    )
    user = airflow.security.find_user("admin")
    assert user is not None
    with LoopbackServer(server) as live:
        yield live.port, f"session={server.mint_session_cookie(user)}"


if __name__ == "__main__":
    main()
