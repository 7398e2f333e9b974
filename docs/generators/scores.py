"""How many recorded answers of real Airflow the fake gives: counted by playing the recordings again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from fake_server.cli.commands import command_tree
from fake_server.versions import airflow_version
from fake_server.web.experimental.routes import routes_of
from fake_server.web.v1.routing import bind
from tests.oracle import auth_matrix, cli_sessions, sessions, version_sessions
from tests.oracle.recorded_cases import known_differences
from tests.oracle.version_recordings import recorded_versions
from tests.real_airflow.steps import Command

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Score:
    """Of ``recorded`` answers, so many are given as recorded."""

    recorded: int = 0
    equal: int = 0

    def __str__(self) -> str:
        return f"{self.equal} / {self.recorded}" if self.recorded else "-"

    def __add__(self, other: Score) -> Score:
        return Score(self.recorded + other.recorded, self.equal + other.equal)


@dataclass(frozen=True)
class Answer:
    """One recorded answer: of whom, from which file, and whether the fake gives it."""

    subject: str
    file: str
    is_equal: bool

    @property
    def version(self) -> str:
        """The Airflow version that gave it."""
        return self.file.partition("/")[0]


def total(answers: Iterable[Answer]) -> Score:
    """The score of all of them together."""
    return sum((Score(1, int(answer.is_equal)) for answer in answers), Score())


def by(key: Callable[[Answer], Key], answers: Iterable[Answer]) -> Mapping[Key, Score]:
    """The score of each group."""
    result: dict[Key, Score] = {}
    for answer in answers:
        result[key(answer)] = result.get(key(answer), Score()) + total([answer])
    return result


@functools.cache
def http_answers() -> tuple[Answer, ...]:
    """The answers of the web server. A request that needs a value of the recorded session, such as an anti-forgery
    token, cannot be played again and does not count.
    """
    return tuple(
        Answer(_operation(session.version, outcome.case.content["request"]), outcome.case.file, outcome.equal)
        for name, session in sessions.SESSIONS.items()
        for outcome in sessions.outcomes(name).values()
        if outcome is not None
    )


@functools.cache
def command_answers() -> tuple[Answer, ...]:
    """The answers of the command line: exit code, stdout and stderr count as one."""
    return tuple(
        Answer(_command(file.partition("/")[0], case.content["argv"]), file, cli_sessions.outcomes(file)[case.id].equal)
        for file in cli_sessions.RECORDINGS
        for case in cli_sessions.commands_of(file)
    )


@functools.cache
def version_answers() -> tuple[Answer, ...]:
    """The answers of those versions of Airflow 2 that were all asked the same.

    The subject is ``command`` or ``request``.
    """
    return tuple(
        Answer("command" if isinstance(outcome.case.content["step"], Command) else "request", case_id, outcome.equal)
        for version in recorded_versions()
        for case_id, outcome in version_sessions.outcomes(version).items()
    )


def _operation(version: str, request: Mapping[str, str]) -> str:
    """What a request is for: ``GET /api/v1/dags/{dag_id}``, or empty where nothing has that path and method."""
    made = Request(EnvironBuilder(request["path"].partition("?")[0], method=request["method"]).get_environ())
    try:
        if made.path.startswith("/api/v1"):
            operation, _ = bind(made, airflow_version(version)).match()
            return f"{operation.method} {operation.path}"
        if made.path.startswith("/api/experimental"):
            rule, _ = routes_of(airflow_version(version)).url_map.bind_to_environ(made.environ).match(return_rule=True)
            return f"{made.method} {rule.rule}"
    except HTTPException:
        return ""
    return ""


def _command(version: str, argv: Iterable[str]) -> str:
    words = tuple(word for word in argv if not word.startswith("-"))
    commands = command_tree(airflow_version(version)).commands
    return next((" ".join(words[:length]) for length in (1, 2) if words[:length] in commands), "")


@functools.cache
def authentication_score(version: str) -> Score:
    """The matrix of auth backends, credentials and requests, over the settings that the fake can be started with."""
    refused_here = known_differences("known_differences_auth.json")
    settings = auth_matrix.legend(version)["settings"].items()
    names = [name for name, setting in settings if setting["starts"] and name not in refused_here]
    return sum((_score_of_setting(version, name) for name in names), Score())


def _score_of_setting(version: str, name: str) -> Score:
    recorded = sum(len(row["answers"]) for row in auth_matrix.rows(version) if row["setting"] == name)
    return Score(recorded, recorded - len(auth_matrix.differences(version, name)))
