"""The fake beside a real Airflow: seeded alike, configured alike, and asked in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug.test import create_environ, run_wsgi_app

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import load_seed
from fake_server.assumptions import Assumptions
from fake_server.cli.command_line import run
from fake_server.clock import Clock
from fake_server.faults import Faults
from fake_server.journal import Journal
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.versions import DEFAULT_VERSION
from fake_server.web.app import WebServer
from tests.oracle.recorded_cases import SEED
from tests.real_airflow.server import SHARED_OPTIONS, Reply


def comparable_seed() -> dict[str, Any]:
    """The seed of the recordings without the file that cannot be imported: it would show in every command's output."""
    seed: dict[str, Any] = json.loads(SEED.read_text("utf-8"))
    seed["import_errors"] = []
    return seed


class FakeAirflow:
    """The fake in this process, without a scheduler. ``dags_folder`` is where it says that its DAG files are."""

    def __init__(
        self,
        dags_folder: Path,
        *,
        options: Mapping[str, str] | None = None,
        version: str = DEFAULT_VERSION,
        new_clock: Callable[[], Clock] = Clock,
    ) -> None:
        self._version = version
        self._new_clock = new_clock
        self._options = {
            **SHARED_OPTIONS,
            "core.dags_folder": str(dags_folder),
            "webserver.cookie_secure": "False",
            **(options or {}),
        }
        self._seed = comparable_seed()
        self._assumptions = Assumptions({"session_cookie_secure": False, "session_duration_minutes": 30 * 24 * 60})
        self.restore()

    def restore(self) -> None:
        """Begin anew."""
        clock = self._new_clock()
        self.airflow = Airflow(self._version, clock=clock, options=self._options, scheduler=False)
        load_seed(self.airflow, self._seed)
        self.web_server = WebServer(
            environment_name="fake",
            hostname="localhost",
            airflow=self.airflow,
            tokens=TokenAuthority("fake", clock, self._assumptions),
            assumptions=self._assumptions,
            journal=Journal(),
            faults=Faults(),
            options=EnvironmentOptions(scheduler=False),
        )
        self._cookies: dict[str, str] = {}

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """One request, with the path as it is."""
        environ = create_environ(method=method, headers=dict(headers), data=body)
        plain, _, query = path.partition("?")
        environ.update(
            PATH_INFO=unquote_to_bytes(plain).decode("latin-1"),
            QUERY_STRING=query,
            RAW_URI=path,
            REQUEST_URI=path,
            REMOTE_ADDR="127.0.0.1",
        )
        content, status, answered = run_wsgi_app(self.web_server, environ, buffered=True)
        return int(status.split()[0]), list(answered), b"".join(content)

    def cookie(self, username: str) -> str:
        """The Cookie header of a user who is logged in."""
        if username not in self._cookies:
            user = self.airflow.security.find_user(username)
            assert user is not None, f"the seed has no user {username!r}"
            self._cookies[username] = f"session={self.web_server.mint_session_cookie(user)}"
        return self._cookies[username]

    def command(self, argv: list[str], stdin: str | None = None) -> tuple[int, str, str]:
        """Run ``airflow`` with these arguments; exit code, stdout and stderr."""
        result = run(self.airflow, ["airflow", *argv], log_format="single", stdin=stdin, has_graphviz=False)
        return result.exit_code, result.stdout, result.stderr
