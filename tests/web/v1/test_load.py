"""Sixteen clients at once on the live server: nothing is lost, nothing is there twice, nobody meets a 500.

Runs for as many seconds as MWAA_LOAD_SECONDS says; without it, it is left out. `tox -e conformance` takes 30.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from fake_server.transports.sockets import LoopbackServer
from tests.web.servers import cookie, make_server

SECONDS = float(os.environ.get("MWAA_LOAD_SECONDS", "0"))
CLIENTS = 16
#: Names that every client wants to have.
CONTESTED = [f"contested_{number}" for number in range(4)]
#: What may be answered to somebody who comes too late, besides success.
TOO_LATE = {("POST", 409), ("PATCH", 404), ("DELETE", 404), ("GET", 404)}
RUNS = "/api/v1/dags/etl/dagRuns"

pytestmark = pytest.mark.skipif(not SECONDS, reason="takes its time: `tox -e conformance` runs it")


@dataclass
class Hammer:
    """One client: what it has done, and what has to be there because of it."""

    port: int
    headers: dict[str, str]
    number: int
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    #: How often it has made or removed something that others want too.
    made: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    #: Its own runs and their notes; its own variables and their values.
    runs: dict[str, str | None] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def hit(self) -> None:
        """Ask whatever comes to mind, until the time is over."""
        dice = random.Random(self.number)  # noqa: S311 - it is for tests, not for secrets
        self._connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        actions = [
            self._trigger,
            self._note,
            self._delete_run,
            self._set,
            self._patch,
            self._unset,
            self._contest,
            self._list,
        ]
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                dice.choice(actions)(dice)
        finally:
            self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        headers = {**self.headers, "Content-Type": "application/json"} if body is not None else self.headers
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self._connection.getresponse()
        content = response.read()
        self.statuses[method, response.status] += 1
        allowed = response.status in (200, 204) or (method, response.status) in TOO_LATE
        assert allowed, f"{method} {path}: {response.status} {content.decode()[:500]}"
        return response.status, json.loads(content) if content else None

    def _trigger(self, dice: random.Random) -> None:
        run_id = f"run_{self.number}_{len(self.runs)}_{dice.random()}"
        self.ask("POST", RUNS, {"dag_run_id": run_id})
        self.runs[run_id] = None

    def _note(self, dice: random.Random) -> None:
        if self.runs:
            run_id, note = dice.choice(list(self.runs)), str(dice.random())
            _, shown = self.ask("PATCH", f"{RUNS}/{run_id}/setNote", {"note": note})
            assert shown["note"] == note
            self.runs[run_id] = note

    def _delete_run(self, dice: random.Random) -> None:
        if len(self.runs) > 50:
            run_id = dice.choice(list(self.runs))
            assert self.ask("DELETE", f"{RUNS}/{run_id}")[0] == 204
            del self.runs[run_id]

    def _set(self, dice: random.Random) -> None:
        key, value = f"key_{self.number}_{dice.randrange(20)}", str(dice.random())
        self.ask("POST", "/api/v1/variables", {"key": key, "value": value})
        self.variables[key] = value

    def _patch(self, dice: random.Random) -> None:
        if self.variables:
            key, value = dice.choice(list(self.variables)), str(dice.random())
            _, shown = self.ask("PATCH", f"/api/v1/variables/{key}", {"key": key, "value": value})
            assert shown["value"] == value
            self.variables[key] = value

    def _unset(self, dice: random.Random) -> None:
        if self.variables:
            key = dice.choice(list(self.variables))
            assert self.ask("DELETE", f"/api/v1/variables/{key}")[0] == 204
            del self.variables[key]

    def _contest(self, dice: random.Random) -> None:
        name = dice.choice(CONTESTED)
        if dice.random() < 0.5:
            status, _ = self.ask("POST", "/api/v1/pools", {"name": name, "slots": self.number})
            self.made[name] += status == 200
        else:
            status, _ = self.ask("DELETE", f"/api/v1/pools/{name}")
            self.removed[name] += status == 204

    def _list(self, dice: random.Random) -> None:
        _, runs = self.ask("GET", f"{RUNS}?limit=100&offset={dice.randrange(100)}&order_by=-execution_date")
        ids = [run["dag_run_id"] for run in runs["dag_runs"]]
        assert len(ids) == len(set(ids)) <= runs["total_entries"]


def test_nothing_is_lost_and_nothing_is_there_twice() -> None:
    web_server = make_server(scheduler=False)
    broken: list[str] = []
    with LoopbackServer(web_server, on_error=lambda error, environ: broken.append(repr(error))) as live:
        hammers = [Hammer(live.port, cookie(web_server), number) for number in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(hammer.hit) for hammer in hammers]:
                done.result()
    assert not broken
    airflow = web_server.airflow
    runs = airflow.runs.of("etl")
    assert {run.run_id: run.note for run in runs} == {
        key: note for hammer in hammers for key, note in hammer.runs.items()
    }
    assert len({run.id for run in runs}) == len(runs)
    expected = {key: value for hammer in hammers for key, value in hammer.variables.items()}
    assert {variable.key: variable.value for variable in airflow.variables} == expected
    assert len({variable.id for variable in airflow.variables}) == len(expected)
    for name in CONTESTED:
        left = sum(hammer.made[name] - hammer.removed[name] for hammer in hammers)
        assert left == (airflow.pools.find(name) is not None)
    requests = sum(hammer.statuses.total() for hammer in hammers)
    print(f"{requests} requests by {CLIENTS} clients in {SECONDS:.0f} s, {len(runs)} runs left")  # noqa: T201
