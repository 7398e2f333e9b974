"""What a page of runs costs among 200,000 runs and among 2,000, and how much memory a stored run takes.

The requests go through the whole web server, but not through a socket, whose time would hide a difference.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tabulate import tabulate
from werkzeug.test import Client

from fake_server.airflow.dags import DAG, named_tasks
from fake_server.airflow.deployment import Airflow
from fake_server.assumptions import Assumptions
from fake_server.faults import Faults
from fake_server.journal import Journal
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.web.app import WebServer

FEW, MANY = 2_000, 200_000
DAGS = 4
ROUNDS = 40
STATES = ("queued", "success", "failed")
BEGINNING = datetime(2000, 1, 1, tzinfo=timezone.utc)
_RUNS = "/api/v1/dags/{dag}/dagRuns?limit=100&offset={offset}"
PAGES = {
    "one DAG": _RUNS.format(dag="dag_3", offset=100),
    "one DAG, newest first": _RUNS.format(dag="dag_3", offset=100) + "&order_by=-execution_date",
    "one DAG, by state": _RUNS.format(dag="dag_3", offset=50) + "&state=failed&order_by=execution_date",
    "one DAG, by state, oldest start first": _RUNS.format(dag="dag_3", offset=50) + "&state=failed&order_by=start_date",
    "one DAG, since a date": _RUNS.format(dag="dag_3", offset=10)
    + "&execution_date_gte={late}&order_by=-execution_date",
    "all DAGs": _RUNS.format(dag="~", offset=1000),
    "all DAGs, newest first": _RUNS.format(dag="~", offset=1000) + "&order_by=-execution_date",
    "all DAGs, by state": _RUNS.format(dag="~", offset=500) + "&state=failed&order_by=-start_date",
    "all DAGs, by id": _RUNS.format(dag="~", offset=1000) + "&order_by=dag_run_id",
}


def deployment() -> WebServer:
    """A web server with DAGs and without runs."""
    airflow = Airflow(scheduler=False)
    airflow.security.add_user("admin", "admin")
    for number in range(DAGS):
        airflow.add_dag(DAG(f"dag_{number}", named_tasks(["extract", "load"])))
    assumptions = Assumptions({"session_cookie_secure": False})
    return WebServer(
        environment_name="many-runs",
        hostname="localhost",
        airflow=airflow,
        tokens=TokenAuthority("many-runs", airflow.clock, assumptions),
        assumptions=assumptions,
        journal=Journal(),
        faults=Faults(),
        options=EnvironmentOptions(scheduler=False),
    )


def fill(airflow: Airflow, count: int) -> None:
    """Make ``count`` runs of all DAGs and in all states."""
    dice = random.Random(count)  # noqa: S311 - it only has to be different everywhere
    hours = dice.sample(range(count), count)
    with airflow.session():
        for number, hour in enumerate(hours):
            date = BEGINNING + timedelta(hours=hour * MANY / count)
            run = airflow.trigger_dag(f"dag_{number % DAGS}", run_id=f"run_{number}", logical_date=date)
            state = STATES[dice.randrange(len(STATES))]
            if state != "queued":
                airflow.set_run_state(run, state)


def milliseconds(client: Client, path: str) -> float:
    """How long one request takes."""
    start = time.perf_counter()
    response = client.get(path)
    seconds = time.perf_counter() - start
    assert response.status_code == 200, response.text
    return seconds * 1000


def resident_bytes() -> int:
    """The memory of this process, on Linux."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


def main() -> None:
    """Fill both, then let them take turns."""
    servers = {count: deployment() for count in (FEW, MANY)}
    fill(servers[FEW].airflow, FEW)
    gc.collect()
    before, start = resident_bytes(), time.perf_counter()
    fill(servers[MANY].airflow, MANY)
    seconds = time.perf_counter() - start
    gc.collect()
    per_run = (resident_bytes() - before) / MANY
    clients = {}
    for count, server in servers.items():
        user = server.airflow.security.find_user("admin")
        assert user is not None
        clients[count] = Client(server)
        clients[count].set_cookie("session", server.mint_session_cookie(user))
    late = "2010-01-01T00:00:00Z"
    rows = []
    for name, page in PAGES.items():
        times: dict[int, list[float]] = {FEW: [], MANY: []}
        for _ in range(ROUNDS):
            for count, client in clients.items():
                times[count].append(milliseconds(client, page.replace("{late}", late)))
        few, many = (statistics.median(times[count]) for count in (FEW, MANY))
        rows.append((name, f"{few:.2f}", f"{many:.2f}", f"{many / few:.2f}"))
    print(tabulate(rows, headers=["page of 100 runs", f"ms of {FEW:,}", f"ms of {MANY:,}", "ratio (at most 2)"]))
    print(f"\n{per_run:.0f} bytes a stored run (at most 1500); {MANY:,} runs made in {seconds:.1f} s")


if __name__ == "__main__":
    main()
