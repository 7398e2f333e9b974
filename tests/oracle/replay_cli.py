"""Runs recorded commands on a fake deployment, in order, and compares what they print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import load_seed_file
from fake_server.cli.command_line import run
from tests.oracle.http_replay import RecordedClock
from tests.oracle.printed_texts import comparable
from tests.oracle.recorded_cases import SEEDS, Case

#: The options that the recorded installation had; MWAA's own defaults differ.
ORACLE_OPTIONS = {
    "1.10.12": {
        "core.executor": "SequentialExecutor",
        "core.fernet_key": "b3JhY2xlb3JhY2xlb3JhY2xlb3JhY2xlb3JhY2xlMDA=",
        "webserver.cookie_secure": "False",
        "webserver.secret_key": "oracle-secret-key",
        "webserver.web_server_host": "127.0.0.1",
        "webserver.workers": "1",
    },
    "2.10.5": {"core.executor": "SequentialExecutor", "core.test_connection": "Enabled"},
}
_PLACE = re.compile(r"<((?:DAGS|HOME)~*)>")


@dataclass
class CommandOutcome:
    """What came of one command: exit code, stdout and stderr, each without what differs from run to run."""

    case: Case
    expected: dict[str, Any]
    actual: dict[str, Any]

    @property
    def equal(self) -> bool:
        return self.expected == self.actual


@dataclass
class CommandReplay:
    """A fake deployment, seeded as the recorded one was.

    ``dags_folder`` is what stands for it in the recording, which is as long as the real path was, so that tables have
    the recorded widths. ``files`` are those that the recorded commands read.
    """

    dags_folder: str
    files: dict[str, str] = field(default_factory=dict)
    has_graphviz: bool = False
    import_errors: dict[str, str] = field(default_factory=dict)
    scheduler: bool = False
    version: str = "2.10.5"

    def __post_init__(self) -> None:
        self.clock = RecordedClock()
        self.options = {**ORACLE_OPTIONS[self.version], "core.dags_folder": self.dags_folder}
        self.airflow = Airflow(self.version, clock=self.clock, options=self.options, scheduler=self.scheduler)
        load_seed_file(self.airflow, SEEDS[self.version])
        _write_scripts(self.airflow)
        _forget_web_server(self.airflow)
        self.airflow.import_errors.clear()
        self.airflow.import_errors.update(self.import_errors)
        self.airflow.files.update(self.files)

    def play(self, case: Case) -> CommandOutcome:
        """Run one recorded command."""
        content = case.content
        self.clock.advance(1.5)
        environment = {
            name.removeprefix("AIRFLOW__").lower().replace("__", "."): value
            for name, value in content.get("env", {}).items()
        }
        self.airflow.config.update({**self.options, **environment})
        result = run(
            self.airflow,
            ["airflow", *map(rooted, content["argv"])],
            log_format="single",
            stdin=content.get("stdin"),
            has_graphviz=self.has_graphviz,
        )
        self.airflow.config.update(self.options)
        expected: dict[str, Any] = {"exit": content["exit"]}
        actual: dict[str, Any] = {"exit": result.exit_code}
        for stream, printed in (("stdout", result.stdout), ("stderr", result.stderr)):
            expected[stream], actual[stream] = comparable(rooted(content[stream]), printed, content["argv"])
        return CommandOutcome(case, expected, actual)

    def exported(self, name: str) -> str | None:
        """The file that a command wrote last under this name."""
        return next((text for path, text in self.airflow.files.items() if path.endswith(f"/{name}")), None)


def rooted(text: str) -> str:
    """``text`` with paths in the place of placeholders for folders; they are as long as what they stand for."""
    return _PLACE.sub(r"/\1~", text)


#: What the recorded DAGs print and return, which their seeds do not tell.
_SCRIPTS: dict[str, dict[tuple[str, str], dict[str, Any]]] = {
    "1.10.12": {
        ("branching_cron", "big"): {"log": "big 50 2021-02-03"},
        ("etl_linear", "extract"): {"xcom": {"return_value": {"count": 3}, "rows": [1, 2, 3]}},
        ("failing_retries", "boom"): {"log": "about to fail", "outcome": "failed"},
        ("hello_world", "a"): {"log": "2021-02-03"},
        ("manual_paused", "first"): {"log": "first"},
    },
    "2.10.5": {
        ("branching_cron", "big"): {"log": "big 50 2024-07-01"},
        ("etl_linear", "extract"): {
            "xcom": {"return_value": {"count": 3, "source": "default"}, "rows": [1, 2, 3]},
            "email": ("a@example.com",),
        },
        ("etl_linear", "transform"): {"email": ("a@example.com",)},
        ("etl_linear", "load"): {"log": "loading 6", "xcom": {}, "email": ("a@example.com",)},
        ("failing_retries", "boom"): {"log": "about to fail", "outcome": "failed"},
        ("manual_paused", "first"): {"log": "first"},
        ("manual_paused", "grp.a"): {"log": "a"},
        ("manual_paused", "grp.b"): {"log": "b"},
    },
}


def _forget_web_server(airflow: Airflow) -> None:
    """Take from Admin what a web server gives it when it first starts; none had when commands were recorded."""
    admin = airflow.security.find_role("Admin")
    assert admin is not None
    admin.permissions -= {("can_delete", "SLA Misses"), ("can_edit", "SLA Misses")}


def _write_scripts(airflow: Airflow) -> None:
    for (dag_id, task_id), script in _SCRIPTS[airflow.version.number].items():
        tasks = airflow.dags[dag_id].tasks
        tasks[task_id] = replace(tasks[task_id], **script)
