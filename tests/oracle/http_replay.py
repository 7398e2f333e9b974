"""Sends recorded requests to a fake web server, in order, and compares the answers."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote_to_bytes

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import load_seed_file
from fake_server.airflow.runs import TaskInstance
from fake_server.assumptions import Assumptions
from fake_server.clock import Clock
from fake_server.faults import Faults
from fake_server.journal import Journal
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.web.app import WebServer
from tests.oracle.answers import compact, neutral
from tests.oracle.recorded_cases import SEEDS, Case

#: The options that the recorded server had; MWAA's own defaults differ (executor, secure cookies).
ORACLE_OPTIONS_2 = {
    "core.executor": "SequentialExecutor",
    "core.fernet_key": "b3JhY2xlb3JhY2xlb3JhY2xlb3JhY2xlb3JhY2xlMDA=",
    "core.internal_api_secret_key": "<RANDOM>",
    "core.test_connection": "Enabled",
    "webserver.expose_config": "True",
    "webserver.cookie_secure": "False",
    "api.enable_experimental_api": "True",
    "api.auth_backends": "airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session",
}
ORACLE_OPTIONS_1_10 = {
    "core.executor": "SequentialExecutor",
    "webserver.cookie_secure": "False",
    "api.auth_backend": "airflow.api.auth.backend.default",
}
ORACLE_OPTIONS = {"1.10.12": ORACLE_OPTIONS_1_10, "2.10.5": ORACLE_OPTIONS_2}
#: How JSON was laid out unless the recording says otherwise, where all of a version's recordings have one layout.
USUAL_FORMAT = {"1.10.12": "compact+nl"}
_WAITS_BETWEEN_TRIGGERS = re.compile(r"/api/experimental/dags/[^/]+/dag_runs$")


class RecordedClock(Clock):
    """Starts at the hour of the recording and moves only when it is looked at or told to."""

    def __init__(self, start: datetime = datetime(2026, 11, 20, 7, 25, 30, tzinfo=timezone.utc)) -> None:
        super().__init__()
        self._seconds = start.timestamp()

    def time(self) -> float:
        # No two looks see the same microsecond, as on a real machine.
        self._seconds += 0.000_101
        return self._seconds + self._offset


@dataclass
class Outcome:
    """What came of one case."""

    case: Case
    expected: dict[str, Any]
    actual: dict[str, Any]

    @property
    def equal(self) -> bool:
        return self.expected == self.actual


@dataclass
class HttpReplay:
    """A fake web server, seeded as the recorded one was."""

    options: dict[str, str] = field(default_factory=dict)
    scheduler: bool = False
    prepare: Callable[[HttpReplay], None] | None = None
    #: What the recording calls something that is named after the moment it was made, and what it is called here.
    aliases: dict[str, str] = field(default_factory=dict)
    version: str = "2.10.5"

    def __post_init__(self) -> None:
        self.clock = RecordedClock()
        options = {**ORACLE_OPTIONS[self.version], **self.options}
        self.airflow = Airflow(self.version, clock=self.clock, options=options, scheduler=self.scheduler)
        load_seed_file(self.airflow, SEEDS[self.version])
        _script_what_tasks_do(self.airflow)
        _record_how_it_was_set_up(self.airflow)
        # A plain Airflow's session lasts 30 days, and its cookie travels over HTTP.
        assumptions = Assumptions({"session_cookie_secure": False, "session_duration_minutes": 30 * 24 * 60})
        self.server = WebServer(
            environment_name="recorded",
            hostname="localhost",
            airflow=self.airflow,
            tokens=TokenAuthority("recorded", self.clock, assumptions),
            assumptions=assumptions,
            journal=Journal(),
            faults=Faults(),
            options=EnvironmentOptions(scheduler=self.scheduler),
        )
        self._file_tokens: dict[str, str] = {}
        if self.prepare is not None:
            self.prepare(self)

    def play(self, case: Case) -> Outcome | None:
        """Send one case; None when it needs a live value that nobody can tell."""
        request = self._live(case.content["request"])
        if request is None:
            return None
        waits = request["method"] == "POST" and _WAITS_BETWEEN_TRIGGERS.search(request["path"])
        if waits and not case.name.endswith("same second"):
            self.clock.advance(1.1)
        status, headers, body = self.send(request)
        recorded = dict(case.content["response"])
        if "json" in recorded and self.version in USUAL_FORMAT:
            recorded.setdefault("format", USUAL_FORMAT[self.version])
        answer = compact(status, headers, body, full_text="text" in recorded, condensed="html" in recorded)
        self._remember_file_tokens(answer.get("json"))
        if recorded.pop("trimmed", False):
            for key in ("json", "text", "bytes", "html", "format"):
                recorded.pop(key, None)
                answer.pop(key, None)
        if "format" not in recorded:
            answer.pop("format", None)
        return Outcome(case, neutral(recorded), neutral(answer))

    def step(self, case: Case) -> None:
        """Do what stands between two requests of a recording."""
        setup = case.content["setup"]
        if "sql" in setup:
            _DATABASE_CHANGES[setup["sql"]](self.airflow)
        elif "wait_s" in setup:
            self.clock.advance(setup["wait_s"])
        else:
            for number in range(setup.get("repeat", 1)):
                request = json.loads(json.dumps(setup["request"]).replace("%03d", f"{number:03}"))
                live = self._live(request)
                assert live is not None
                self.send(live)

    def send(self, request: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        """One request through the WSGI application."""
        path, _, query = request["path"].partition("?")
        body: bytes = request["body"] or b""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request["method"],
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": request["path"],
            "RAW_URI": request["path"],
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in request["headers"].items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], Any]:
            started[:] = [int(status.split(maxsplit=1)[0]), headers]
            return lambda _: None

        answer = self.server(environ, start_response)
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return started[0], started[1], content

    def _live(self, recorded: dict[str, Any]) -> dict[str, Any] | None:
        text = json.dumps(recorded)
        for recorded_name, name in self.aliases.items():
            text = text.replace(recorded_name, name)
        for name in re.findall(r"<file_token:([^>]+)>", text):
            if name not in self._file_tokens:
                return None
            text = text.replace(f"<file_token:{name}>", self._file_tokens[name])
        if "<csrf_token>" in text or "<NETLOC>" in text or recorded.get("note"):
            return None
        request = json.loads(text)
        headers = dict(request.get("headers", {}))
        principal = request["principal"]
        if principal.startswith("basic:"):
            headers["Authorization"] = basic(principal[6:])
        if "<value>" in headers.get("Cookie", "") or request.get("cookie"):
            if not request.get("cookie"):
                return None
            headers["Cookie"] = self.session_cookie(request["cookie"])
        body: bytes | None = None
        if "json" in request:
            body = json.dumps(request["json"]).encode()
            headers.setdefault("Content-Type", "application/json")
        elif "text" in request:
            body = request["text"].encode()
        return {"method": request["method"], "path": request["path"], "headers": headers, "body": body}

    def session_cookie(self, username: str) -> str:
        """The Cookie header of a logged-in user."""
        user = self.airflow.security.find_user(username)
        assert user is not None, f"the seed has no user {username!r}"
        return f"session={self.server.mint_session_cookie(user)}"

    def _remember_file_tokens(self, body: Any) -> None:
        for entry in body.get("dags", [body]) if isinstance(body, dict) else []:
            if isinstance(entry, dict) and entry.get("file_token") and entry.get("fileloc"):
                self._file_tokens[entry["fileloc"].rpartition("/")[2]] = entry["file_token"]


def _script_what_tasks_do(airflow: Airflow) -> None:
    """What a seed cannot say: results that depend on the run, and the argument that a task is mapped over."""

    def counted(instance: TaskInstance) -> object:
        return {"count": 3, "source": instance.run.conf.get("source", "default")}

    def doubled(instance: TaskInstance) -> object:
        return 2 * (10, 20, 30)[instance.map_index]

    if "mapped_consumer" not in airflow.dags:
        return
    etl, mapped = airflow.dags["etl_linear"].tasks, airflow.dags["mapped_consumer"].tasks
    etl["extract"] = replace(etl["extract"], xcom={"rows": [1, 2, 3], "return_value": counted})
    for task_id, task in etl.items():
        etl[task_id] = replace(task, email=("a@example.com",))
    mapped["double"] = replace(mapped["double"], mapped_over={"x": "numbers"}, xcom={"return_value": doubled})


def _record_how_it_was_set_up(airflow: Airflow) -> None:
    """The event log's first rows: what was done on the command line before the web server came up."""

    def ran(event: str, *arguments: str) -> None:
        command = str(["<BIN>/airflow", *arguments])
        airflow.audit.record(event, "root", extra=json.dumps({"host_name": "<HOST>", "full_command": command}))

    ran("cli_sync_perm", "sync-perm")
    for user in airflow.security.users:
        names = ["-f", user.first_name, "-l", user.last_name, "-r", user.roles[0].name, "-e", user.email]
        ran("cli_users_create", "users", "create", "-u", user.username, "-p", "********", *names)
    ran("cli_webserver", "webserver", "-p", "8080")


def basic(username: str) -> str:
    """The Authorization header of one of the seed's users."""
    return "Basic " + base64.b64encode(f"{username}:{username}-pw".encode()).decode()


def _deactivate_op(airflow: Airflow) -> None:
    user = airflow.security.find_user("op")
    assert user is not None
    user.active = False


def _deactivate_dag(airflow: Airflow) -> None:
    airflow.dags["failing_retries"].is_active = False


def _break_dag(airflow: Airflow) -> None:
    airflow.dags["etl_linear"].has_import_errors = True


def _start_load(airflow: Airflow) -> None:
    run = airflow.runs.get("etl_linear", "run_a")
    assert run is not None
    instance = run.task_instance("load")
    assert instance is not None
    instance.state = "running"


#: What the recording session changed in the database by hand, said in the deployment's own terms.
_DATABASE_CHANGES: dict[str, Callable[[Airflow], None]] = {
    "update ab_user set active=0 where username='op'": _deactivate_op,
    "update dag set is_active=0 where dag_id='failing_retries'": _deactivate_dag,
    "update dag set has_import_errors=1 where dag_id='etl_linear'": _break_dag,
    (
        "update task_instance set state='running' where dag_id='etl_linear' and task_id='load' and run_id='run_a'"
    ): _start_load,
}
