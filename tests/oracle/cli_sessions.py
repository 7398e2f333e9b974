"""The recordings of the command line, and how the deployment of each began."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from tests.oracle.recorded_cases import Case, cases
from tests.oracle.replay_cli import CommandOutcome, CommandReplay, rooted

_FOLDER = "2.10.5/cli"
_FOLDER_1_10 = "1.10.12/cli"
_INPUT_FILES = {
    "p_in.json": '{"x": {"slots": 1, "description": "d"}, "y": {"slots": 2}}',
    "v_bad.json": "{",
    "v_in.json": '{"i1": "a", "i2": {"x": 1}, "i3": 5, "i4": null}',
    "vi.json": '{"i1": "a", "i2": {"x": 1}, "i3": 5, "i4": null}',
    "vbad.json": "{",
    "pbad.json": '{"x": {"slots": 1}, "y": {"slots": 2, "description": "d"}}',
}
_BROKEN_IMPORT = (
    "Traceback (most recent call last):\n"
    '  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed\n'
    '  File "{folder}/broken_import.py", line 3, in <module>\n'
    "    import no_such_module_for_oracle  # noqa: F401\n"
    "    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
    "ModuleNotFoundError: No module named 'no_such_module_for_oracle'\n"
)


def _run_everything(replay: CommandReplay) -> None:
    """The runs of the recorded scheduler session, until they are over; then a DAG is deleted."""
    airflow, moment = replay.airflow, datetime(2024, 5, 1, tzinfo=timezone.utc)
    with airflow.session():
        airflow.trigger_dag("etl_linear", run_id="etl1", conf={"source": "golden"}, logical_date=moment)
        airflow.trigger_dag("failing_retries", run_id="fail1", logical_date=moment)
    for _ in range(30):
        replay.clock.advance(1)
        with airflow.session():
            pass
    with airflow.session():
        airflow.delete_dag("branching_cron")
        airflow.scheduler.enabled = False


def _run_everything_1_10(replay: CommandReplay) -> None:
    """The three runs of the recorded scheduler session of Airflow 1.10, made before the scheduler came round."""
    airflow, moment = replay.airflow, datetime(2021, 5, 1, tzinfo=timezone.utc)
    airflow.scheduler.enabled = False
    with airflow.session():
        for dag_id in ("etl_linear", "failing_retries", "manual_paused"):
            airflow.trigger_dag(dag_id, run_id="run1", logical_date=moment)
    airflow.scheduler.enabled = True
    replay.clock.advance(90)
    with airflow.session():
        airflow.scheduler.enabled = False


@dataclass(frozen=True)
class Beginning:
    """How the deployment stood when a file was recorded."""

    prepare: Callable[[CommandReplay], None] | None = None
    has_graphviz: bool = False
    has_broken_file: bool = True


RECORDINGS: dict[str, Beginning] = {
    f"{_FOLDER_1_10}/after_runs.jsonl": Beginning(_run_everything_1_10, has_broken_file=False),
    f"{_FOLDER_1_10}/broken_file.jsonl": Beginning(),
    f"{_FOLDER_1_10}/combinations.jsonl": Beginning(has_broken_file=False),
    f"{_FOLDER_1_10}/more_dags.jsonl": Beginning(has_broken_file=False),
    f"{_FOLDER_1_10}/more_stores.jsonl": Beginning(has_broken_file=False),
    f"{_FOLDER_1_10}/supported.jsonl": Beginning(has_broken_file=False),
    f"{_FOLDER_1_10}/unsupported.jsonl": Beginning(has_broken_file=False),
    f"{_FOLDER}/after_runs.jsonl": Beginning(_run_everything),
    f"{_FOLDER}/clean.jsonl": Beginning(has_graphviz=True, has_broken_file=False),
    f"{_FOLDER}/combinations.jsonl": Beginning(has_broken_file=False),
    f"{_FOLDER}/dags.jsonl": Beginning(),
    f"{_FOLDER}/meta.jsonl": Beginning(),
    f"{_FOLDER}/more_arguments.jsonl": Beginning(has_broken_file=False),
    f"{_FOLDER}/more_commands.jsonl": Beginning(has_graphviz=True, has_broken_file=False),
    f"{_FOLDER}/tasks.jsonl": Beginning(),
    f"{_FOLDER}/variables_connections_pools_users.jsonl": Beginning(),
}


@functools.cache
def outcomes(file: str) -> dict[str, CommandOutcome]:
    """Case id to what came of it, for all commands of a recording."""
    replay = _replay(file)
    prepare = RECORDINGS[file].prepare
    if prepare is not None:
        prepare(replay)
    return {case.id: replay.play(case) for case in commands_of(file)}


def commands_of(file: str) -> list[Case]:
    """The recorded commands of a file."""
    return [case for case in cases(file) if "argv" in case.content]


def replayed(file: str) -> CommandReplay:
    """A deployment on which all commands of a recording have run."""
    replay = _replay(file)
    for case in commands_of(file):
        replay.play(case)
    return replay


def _replay(file: str) -> CommandReplay:
    beginning = RECORDINGS[file]
    folder = _folder(file, "DAGS")
    errors = {f"{folder}/broken_import.py": _BROKEN_IMPORT.format(folder=folder)} if beginning.has_broken_file else {}
    return CommandReplay(
        folder,
        {f"{_folder(file, 'HOME')}/{name}": text for name, text in _INPUT_FILES.items()},
        beginning.has_graphviz,
        errors,
        scheduler=beginning.prepare is not None,
        version=file.partition("/")[0],
    )


def _folder(file: str, name: str) -> str:
    """The path that stands for a folder in a recording."""
    recorded = "".join(case.content["stdout"] + " ".join(case.content["argv"]) for case in commands_of(file))
    found = re.search(rf"<{name}~*>", recorded)
    return rooted(found.group() if found is not None else f"<{name}>")
