"""Runs recorded commands on a fake deployment, in order, and compares what they print."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.loading import load_seed_file
from fake_server.cli.command_line import run
from tests.oracle.http_replay import RecordedClock
from tests.oracle.recorded_cases import SEED, Case

#: The options that the recorded installation had; MWAA's own defaults differ.
ORACLE_OPTIONS = {"core.executor": "SequentialExecutor", "core.test_connection": "Enabled"}

_NOW = "2026-11-20"
_MASKS = [
    # The moment of a command, also where a table's cell folds it. Times before the recording are compared as they are.
    (re.compile(rf"{_NOW}([T ])\d\d:\d\d:\d\d([.,]\d+)?"), r"<NOW>\1"),
    (re.compile(r"\b(?:0[789]|10):\d\d:\d\d([.,]\d+)?"), "<TIME>"),
    (re.compile(r"(?<![\d<>]):\d\d:\d\d(\.\d+)?(?=\+00:00)"), "<TIME>"),
    (re.compile(rf"({_NOW}T)(?:0\d|10)\b"), r"\1<HOUR>"),
    (re.compile(r"20261120T\d{6}"), "<NOW>"),
    (re.compile(r"\b0:00:00\.\d{6}"), "<DURATION>"),
    (re.compile(r"(?<=run_duration=)[\d.]+"), "<DURATION>"),
    (re.compile(r"Removed \d+ record"), "Removed <N> record"),
    (re.compile(r"<help text, \d+ characters>"), "<help text>"),
    (re.compile(r"pbkdf2:sha256:\d+\$[^']*"), "<HASH>"),
    (re.compile(r"(?<= on host )\S+"), "<HOST>"),
    (re.compile(r"/usr/lib/python3\.11"), "<PYLIB>"),
    (re.compile(r"/usr/local/airflow/\.local/lib/python3\.11/site-packages"), "<SITE>"),
    (re.compile(r"/usr/bin/bash"), "<BASH>"),
    (re.compile(r"(?<=Tmp dir root location: )\S+"), "<TMP>"),
    (re.compile(r"<file_token(?::[^>]*)?>|(?<![\w.])[.I][\w-]{8,}\.[\w-]{20,}"), "<FILE TOKEN>"),
]
_HELP = re.compile(r"(\AUsage: [^\n]*(?:\n {3,}[^\n]*)*)\n\n.*", re.DOTALL)
_CUT = re.compile(r"<\d+ more (?:characters|lines)>|<machine facts|<\.\.\.>")


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

    def __post_init__(self) -> None:
        self.clock = RecordedClock()
        self.options = {**ORACLE_OPTIONS, "core.dags_folder": self.dags_folder}
        self.airflow = Airflow(clock=self.clock, options=self.options, scheduler=self.scheduler)
        load_seed_file(self.airflow, SEED)
        _write_scripts(self.airflow)
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
            ["airflow", *content["argv"]],
            log_format="single",
            stdin=content.get("stdin"),
            has_graphviz=self.has_graphviz,
        )
        self.airflow.config.update(self.options)
        expected: dict[str, Any] = {"exit": content["exit"]}
        actual: dict[str, Any] = {"exit": result.exit_code}
        for stream, printed in (("stdout", result.stdout), ("stderr", result.stderr)):
            expected[stream], actual[stream] = _comparable(content[stream], printed, content["argv"])
        return CommandOutcome(case, expected, actual)

    def exported(self, name: str) -> str | None:
        """The file that a command wrote last under this name."""
        return next((text for path, text in self.airflow.files.items() if path.endswith(f"/{name}")), None)


def _write_scripts(airflow: Airflow) -> None:
    """What the recorded DAGs print and return, which their seed does not tell."""
    for dag_id, task_id, script in (
        ("branching_cron", "big", {"log": "big 50 2024-07-01"}),
        ("etl_linear", "extract", {"xcom": {"return_value": {"count": 3, "source": "default"}, "rows": [1, 2, 3]}}),
        ("etl_linear", "load", {"log": "loading 6", "xcom": {}}),
        ("failing_retries", "boom", {"log": "about to fail", "outcome": "failed"}),
        ("manual_paused", "first", {"log": "first"}),
        ("manual_paused", "grp.a", {"log": "a"}),
        ("manual_paused", "grp.b", {"log": "b"}),
    ):
        tasks = airflow.dags[dag_id].tasks
        tasks[task_id] = replace(tasks[task_id], **script)


def _comparable(recorded: str, printed: str, argv: list[str]) -> tuple[str, str]:
    cut = _CUT.search(recorded)
    expected = _neutral(recorded[: cut.start()] if cut else recorded, argv)
    actual = _neutral(_HELP.sub(r"\1\n\n<help text>\n", printed), argv)
    return expected, actual[: len(expected)] if cut else actual


def _neutral(text: str, argv: list[str]) -> str:
    text = _without_frames(text)
    if argv[:2] == ["dags", "report"]:
        text = _in_any_order(text, json_too="json" in argv)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    if "Failed validating" in text:
        # In which order a schema's members are shown depends on the version of jsonschema.
        text = re.sub(r"(?<=^    \{).*(?=\}$)", _sorted_members, text, flags=re.MULTILINE)
    if argv[:2] == ["dags", "details"]:
        # The table is as wide as its file token, which no two installations share.
        text = re.sub(r"([ =])\1+", r"\1", text)
    if argv[:2] == ["tasks", "failed-deps"]:
        text = "\n".join(sorted(text.split("\n")))
    return text


def _sorted_members(found: re.Match[str]) -> str:
    return ", ".join(sorted(found.group().split(", ")))


def _without_frames(text: str) -> str:
    """Tracebacks without files, lines and source: only where they begin and the exceptions."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        if "Traceback (most recent call last):" in line:
            inside = True
        elif inside and (line.startswith("  ") or not line):
            continue
        else:
            inside = False
        kept.append(line)
    return "\n".join(kept)


def _in_any_order(text: str, *, json_too: bool) -> str:
    """The report is sorted by how long each file took to load, which no two machines agree on."""
    if json_too and text.startswith("["):
        return json.dumps(sorted(json.loads(text), key=lambda row: str(row["file"])))
    return "\n".join(sorted(text.split("\n")))
