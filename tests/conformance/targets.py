"""Who is asked: the live fake, or a real Airflow; both in the same state whenever they are asked."""

from __future__ import annotations

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_server.transports.sockets import LoopbackServer
from tests.conformance.specification import DATASET
from tests.real_airflow.fake import FakeAirflow, comparable_seed
from tests.real_airflow.installation import Installation
from tests.real_airflow.server import RealAirflow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NEW_YEAR = "2024-01-01T00:00:00Z"
READING_DAGS = [{"action": {"name": "can_read"}, "resource": {"name": "DAGs"}}]
#: What there is besides the seed.
PREPARATION: list[tuple[str, str, Any]] = [
    ("POST", "/variables", {"key": "greeting", "value": "hello", "description": "what to say"}),
    ("POST", "/pools", {"name": "small", "slots": 2, "description": "a pool"}),
    ("POST", "/connections", {"connection_id": "warehouse", "conn_type": "postgres", "port": 5432, "extra": "{}"}),
    ("POST", "/roles", {"name": "Analyst", "actions": READING_DAGS}),
    ("POST", "/dags/etl_linear/dagRuns", {"dag_run_id": "done", "logical_date": NEW_YEAR, "note": "a note"}),
    ("PATCH", "/dags/etl_linear/dagRuns/done", {"state": "success"}),
    ("POST", "/dags/etl_linear/dagRuns", {"dag_run_id": "queued", "logical_date": "2024-01-02T00:00:00Z"}),
    ("POST", "/dags/mapped_consumer/dagRuns", {"dag_run_id": "done", "logical_date": NEW_YEAR}),
    ("POST", "/datasets/events", {"dataset_uri": DATASET, "extra": {"by": "hand"}}),
]  # fmt: skip


class Target(ABC):
    """Somebody who answers requests to ``/api/v1``."""

    def __init__(self) -> None:
        self._is_as_prepared = True
        self.prepare()
        response = self.airflow.send("GET", "/api/v1/dags/etl_linear", {"Cookie": self.airflow.cookie("admin")}, None)
        self.file_token: str = json.loads(response[2])["file_token"]

    @property
    @abstractmethod
    def airflow(self) -> FakeAirflow | RealAirflow: ...

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    def headers(self) -> dict[str, str]:
        """Those of an administrator."""
        return {"Cookie": self.airflow.cookie("admin")}

    def prepare(self) -> None:
        """Make what there is besides the seed."""
        headers = {**self.headers, "Content-Type": "application/json"}
        for method, path, body in PREPARATION:
            status, _, answer = self.airflow.send(method, f"/api/v1{path}", headers, json.dumps(body).encode())
            assert status == 200, f"{method} {path}: {answer.decode()}"

    @abstractmethod
    def restore(self) -> None:
        """Bring the prepared state back."""

    def be_as_prepared(self) -> None:
        """Bring the prepared state back, if a request may have changed it since."""
        if not self._is_as_prepared:
            self.restore()
            self._is_as_prepared = True

    def note(self, method: str, status: int) -> None:
        """Remember that there was a request: refused ones change nothing."""
        if method != "GET" and not 400 <= status < 500:
            self._is_as_prepared = False


class Fake(Target):
    """The fake behind a socket."""

    def __init__(self, server_url: str, fake: FakeAirflow) -> None:
        self._url = server_url
        self._fake = fake
        super().__init__()

    @property
    def airflow(self) -> FakeAirflow:
        return self._fake

    @property
    def url(self) -> str:
        return self._url

    def restore(self) -> None:
        self._fake.restore()
        self.prepare()


class Real(Target):
    """A real Airflow."""

    def __init__(self, real: RealAirflow) -> None:
        self._real = real
        super().__init__()
        shutil.copyfile(real._database, real._saved_database)

    @property
    def airflow(self) -> RealAirflow:
        return self._real

    @property
    def url(self) -> str:
        return self._real.url

    def restore(self) -> None:
        self._real.restore()


@contextmanager
def fake_target(folder: Path) -> Iterator[Fake]:
    """The live fake."""
    fake = FakeAirflow(folder / "dags")

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return fake.web_server(environ, start_response)

    with LoopbackServer(application) as server:
        yield Fake(server.url, fake)


@contextmanager
def real_target(installation: Path, folder: Path) -> Iterator[Real]:
    """The real Airflow of an installation."""
    with RealAirflow(Installation(installation), folder, seed=comparable_seed()) as real:
        for user in ("admin", "viewer"):
            real.cookie(user)
        yield Real(real)
