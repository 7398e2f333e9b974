"""A real Airflow, installed and seeded, with its web server on a free port of the loopback interface."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlencode

from tests.oracle.recorded_cases import SEED
from tests.real_airflow.installation import Installation

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_INSIDE = Path(__file__).parent / "inside"
#: How long the web server may take to its first answer, in seconds: an idle machine needs ten, a busy one a minute.
_START_TIMEOUT = 300.0
#: What both the real Airflow and the fake are configured with.
SHARED_OPTIONS = {
    "api.auth_backends": "airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session",
    "api.enable_experimental_api": "True",
    "core.executor": "SequentialExecutor",
    "core.fernet_key": "VGhpcyBrZXkgaXMga25vd24gdG8gZXZlcnkgdGVzdC4=",
    "core.test_connection": "Enabled",
    "webserver.expose_config": "True",
}
#: What makes answers depend on nothing but what was asked.
_OPTIONS = {
    **SHARED_OPTIONS,
    "core.load_examples": "False",
    # A web server looks at once whether a DAG has changed, not after ten seconds.
    "core.min_serialized_dag_fetch_interval": "0",
    # Every command would look through all migrations there ever were.
    "database.check_migrations": "False",
    "usage_data_collection.enabled": "False",
    "webserver.secret_key": "a-secret-of-this-test",
    "webserver.web_server_host": "127.0.0.1",
    # Longer than a busy machine takes to start it.
    "webserver.web_server_master_timeout": "600",
    "webserver.web_server_worker_timeout": "600",
    "webserver.workers": "1",
}

Headers = list[tuple[str, str]]
#: Status, headers and body.
Reply = tuple[int, Headers, bytes]


class RealAirflow:
    """A real Airflow with SQLite and no scheduler, seeded with the DAGs and users of ``tests/oracle/seeds``.

    ``folder`` becomes its AIRFLOW_HOME. ``options`` are ``section.option`` to text. Use it as a context manager: it is
    prepared and its web server answers inside, and nothing of it runs on afterwards.
    """

    def __init__(
        self,
        installation: Installation,
        folder: Path,
        *,
        options: Mapping[str, str] | None = None,
        seed: Mapping[str, Any] | None = None,
    ) -> None:
        self.installation = installation
        self.folder = folder
        self.dags_folder = folder / "dags"
        self.port = _free_port()
        self._seed = seed if seed is not None else json.loads(SEED.read_text("utf-8"))
        self._options = {**_OPTIONS, **(options or {})}
        self._database = folder / "airflow.db"
        self._saved_database = folder / "saved.db"
        self._cookies: dict[str, str] = {}
        self._web_server: subprocess.Popen[bytes] | None = None
        self._command_server: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that every process of this Airflow gets; none that speaks of Airflow comes from outside."""
        # Without bytecode files every command takes three times as long.
        unwanted = re.compile(
            r"AIRFLOW_|PYTHON(PATH|HOME|DONTWRITEBYTECODE|WARNINGS)$|VIRTUAL_ENV$|COLUMNS$|LINES$|COV"
        )
        inherited = {name: value for name, value in os.environ.items() if not unwanted.match(name)}
        options = {
            "core.dags_folder": str(self.dags_folder),
            "database.sql_alchemy_conn": f"sqlite:///{self._database}",
            "webserver.base_url": self.url,
            "webserver.web_server_port": str(self.port),
            **self._options,
        }
        variables = {f"AIRFLOW__{name.upper().replace('.', '__')}": value for name, value in options.items()}
        path = f"{self.installation.airflow.parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
        # Commands are logged under the name of the user who gives them; this is MWAA's. Sets keep to one order.
        fixed = {"LOGNAME": "airflow", "PYTHONHASHSEED": "0"}
        return {**inherited, **variables, **fixed, "PATH": path, "AIRFLOW_HOME": str(self.folder)}

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def prepare(self) -> None:
        """Write the DAG files, and make the database with users and parsed DAGs."""
        self.dags_folder.mkdir(parents=True)
        for dag in self._seed["dags"]:
            (self.dags_folder / dag["file"]).write_text(dag["source"], "utf-8")
        (self.folder / "config").mkdir()
        shutil.copy(_INSIDE / "airflow_local_settings.py", self.folder / "config")
        with self._log("prepare") as log:
            subprocess.run(
                [self.installation.python, _INSIDE / "prepare.py"],
                input=json.dumps(self._seed["users"]).encode(),
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                check=True,
            )

    def start(self) -> None:
        """Start the web server, and wait for its first answer.

        :raises RuntimeError: when it ends instead or does not answer in time; the text has the end of its log.
        """
        for leftover in self.folder.glob("airflow-webserver*.pid"):
            leftover.unlink()
        with self._log("webserver") as log:
            self._web_server = subprocess.Popen(
                [self.installation.airflow, "webserver"],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Its gunicorn and that one's workers are told to end together.
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._answers():
            if self._web_server.poll() is not None or time.monotonic() > deadline:
                said = (self.folder / "webserver.log").read_text("utf-8", "replace")
                raise RuntimeError(f"The web server does not answer. Its log ends so:\n{said[-3000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End every process of this Airflow."""
        if self._command_server is not None:
            self._command_server.communicate()
            self._command_server = None
        if self._web_server is not None:
            server, self._web_server = self._web_server, None
            for ending in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, ending)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    server.wait(timeout=20)
                    break

    def save(self) -> None:
        """Remember the state that :meth:`restore` brings back: everything, for Airflow keeps all in its database.

        What the users' logging in has left there, apart from their sessions, is forgotten, and so is the event log.
        """
        with contextlib.closing(sqlite3.connect(self._database)) as database, database:
            database.execute("UPDATE ab_user SET login_count = NULL, fail_login_count = NULL, last_login = NULL")
            database.execute("DELETE FROM log")
        shutil.copyfile(self._database, self._saved_database)

    def restore(self) -> None:
        """Bring back what was saved. No request may be under way; every one opens the database anew."""
        shutil.copyfile(self._saved_database, self._database)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """One request, with the path as it is."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()

    def cookie(self, username: str) -> str:
        """The Cookie header of a user who has logged in with the web server's form."""
        if username not in self._cookies:
            password = next(user["password"] for user in self._seed["users"] if user["username"] == username)
            self._cookies[username] = self._log_in(username, password)
        return self._cookies[username]

    def command(self, argv: list[str], stdin: str | None = None) -> tuple[int, str, str]:
        """Run ``airflow`` with these arguments; exit code, stdout and stderr."""
        if self._command_server is None:
            self._command_server = self._start_command_server()
        server = self._command_server
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps({"argv": argv, "stdin": stdin}) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        return answer["exit"], answer["stdout"], answer["stderr"]

    def _start_command_server(self) -> subprocess.Popen[str]:
        with self._log("commands") as log:
            return subprocess.Popen(
                [self.installation.python, _INSIDE / "command_server.py"],
                env=self.environment,
                cwd=self.folder,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def _log_in(self, username: str, password: str) -> str:
        status, headers, page = self.send("GET", "/login/", {}, None)
        found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found is not None, f"the login page has no token: {status}"
        form = urlencode({"username": username, "password": password, "csrf_token": found[1].decode()}).encode()
        sent = {"Cookie": _session_of(headers), "Content-Type": "application/x-www-form-urlencoded"}
        status, headers, _ = self.send("POST", "/login/", sent, form)
        assert status == 302, f"{username} could not log in: {status}"
        return _session_of(headers)

    def _answers(self) -> bool:
        try:
            return self.send("GET", "/api/v1/version", {}, None)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    @contextlib.contextmanager
    def _log(self, name: str) -> Iterator[BinaryIO]:
        """A log file, for a child process."""
        with (self.folder / f"{name}.log").open("ab") as file:
            yield file


def _session_of(headers: Headers) -> str:
    cookies = [value for name, value in headers if name.lower() == "set-cookie" and value.startswith("session=")]
    return cookies[-1].partition(";")[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
