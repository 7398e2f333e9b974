"""Situations that trip up clients of Amazon MWAA: each by name, with what the real one does and how sure that is.

``def test_my_client_survives(mwaa_pitfall)`` runs once in each of them. What it means to survive, the test says.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fake_server.expected_calls import words_of
from fake_server.settings import nearest

if TYPE_CHECKING:
    from fake_server.fake_mwaa import FakeMWAA
    from fake_server.journal import JournalEntry

MARKER = "mwaa_pitfalls"

#: Whether the client under test has met the situation.
WasMet = Callable[[], bool]
_BringAbout = Callable[["FakeMWAA"], AbstractContextManager[WasMet]]

_CLI = "/aws_mwaa/cli"
#: What the load balancer in front of a web server sends.
_HTML = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
_BAD_GATEWAY = _HTML.format("502 Bad Gateway")
_GATEWAY_TIMEOUT = _HTML.format("504 Gateway Time-out")


_WARNINGS = """\
Could not import graphviz. Rendering graph to the graphical format will not be possible.
/usr/local/airflow/.local/lib/python3.11/site-packages/airflow/configuration.py:859: FutureWarning: section/key \
[core/sql_alchemy_conn] has been deprecated
"""


@dataclass(frozen=True)
class Pitfall:
    """One situation."""

    name: str
    #: What the real MWAA does there.
    behaviour: str
    #: ``CERTAIN``, ``HIGH``, ``MEDIUM`` or ``LOW``: how well that is known.
    confidence: str
    #: From where it is known.
    source: str
    #: What a client can do about it.
    remedy: str
    #: Brings it about in an environment, for as long as the context lasts.
    bring_about: _BringAbout = field(repr=False)
    #: Settings that the environment is made with, over all others.
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.behaviour}\n  What helps: {self.remedy}\n"
            f"  Confidence: {self.confidence} ({self.source})."
        )


def pitfalls_named(names: Sequence[object]) -> list[Pitfall]:
    """The pitfalls of these names, in this order; all of them for none.

    :raises ValueError: for a name that there is not, naming the nearest, and for what is no name.
    """
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"it takes names, each as an argument of its own; got {name!r}.")
        if name not in PITFALLS:
            raise ValueError(
                f"there is no pitfall {name!r}.{nearest(name, PITFALLS)} `pytest --mwaa-pitfalls` lists them all."
            )
    return [PITFALLS[str(name)] for name in names] or list(PITFALLS.values())


def pitfalls_of(definition: pytest.Item | pytest.Function) -> list[Pitfall]:
    """The pitfalls that a test is to run in: those of its nearest marker, else all.

    :raises pytest.Collector.CollectError: for a marker that says something else than names of pitfalls.
    """
    marker = definition.get_closest_marker(MARKER)
    if marker is None:
        return list(PITFALLS.values())
    try:
        if marker.kwargs:
            raise ValueError(f"it takes no keywords; got {', '.join(marker.kwargs)}.")
        return pitfalls_named(marker.args)
    except ValueError as error:
        # pytest shows this one without the way here.
        raise pytest.Collector.CollectError(
            f"{definition.nodeid}: @pytest.mark.{MARKER}: {error} See docs/how-to/pitfalls.md."
        ) from None


# How they are brought about


def _faults(*orders: Mapping[str, Any]) -> _BringAbout:
    """By faults; it is met when a request has met the first of them."""

    @contextmanager
    def bring_about(mwaa: FakeMWAA) -> Iterator[WasMet]:
        ordered = [mwaa.faults.add(**order) for order in orders]
        yield lambda: ordered[0] not in mwaa.faults.unused

    return bring_about


def _after(operation: Callable[[JournalEntry], bool], passes: timedelta, times: int | None = 1) -> _BringAbout:
    """By time that passes after each of so many requests of a kind; met when there was a request after one."""

    @contextmanager
    def bring_about(mwaa: FakeMWAA) -> Iterator[WasMet]:
        advanced_at: list[int] = []

        def listen(entry: JournalEntry) -> None:
            if operation(entry) and (times is None or len(advanced_at) < times):
                advanced_at.append(len(mwaa.journal))
                mwaa.clock.advance(passes)

        with mwaa.journal.listening(listen):
            yield lambda: bool(advanced_at) and any(operation(entry) for entry in mwaa.journal[advanced_at[0] :])

    return bring_about


def _retouched(change: Callable[[FakeMWAA, str, str, str], tuple[str, str]]) -> _BringAbout:
    """By changing what commands have printed; met when a command came."""

    @contextmanager
    def bring_about(mwaa: FakeMWAA) -> Iterator[WasMet]:
        changed: list[str] = []

        def retouch(command: str, stdout: str, stderr: str) -> tuple[str, str]:
            streams = change(mwaa, command, stdout, stderr)
            if streams != (stdout, stderr):
                changed.append(command)
            return streams

        web_server = mwaa.environment.web_server
        before, web_server.retouch_streams = web_server.retouch_streams, retouch
        try:
            yield lambda: bool(changed)
        finally:
            web_server.retouch_streams = before

    return bring_about


@contextmanager
def _updating(mwaa: FakeMWAA) -> Iterator[WasMet]:
    """UPDATING until AWS has refused two token calls, or was asked three times for the status."""
    from moto.moto_api import state_manager

    from fake_server.aws.lifecycle import MODEL_NAME

    before = state_manager.get_transition(MODEL_NAME)
    state_manager.set_transition(MODEL_NAME, {"progression": "manual", "times": 3})
    mwaa.environment.lifecycle.begin("UPDATING")
    refused: list[JournalEntry] = []

    def listen(entry: JournalEntry) -> None:
        if entry.status >= 400:
            refused.append(entry)
        if len(refused) == 2:
            mwaa.environment.lifecycle.begin("AVAILABLE")

    try:
        with mwaa.journal.listening(listen):
            yield lambda: bool(refused) or mwaa.environment.status == "AVAILABLE"
    finally:
        state_manager.set_transition(MODEL_NAME, before)


@contextmanager
def _secure_cookie(mwaa: FakeMWAA) -> Iterator[WasMet]:
    yield lambda: any(entry.operation == "login" for entry in mwaa.journal)


@contextmanager
def _log_lines(mwaa: FakeMWAA) -> Iterator[WasMet]:
    yield lambda: any(entry.operation == "cli" and entry.status == 200 for entry in mwaa.journal)


def _is_command(entry: JournalEntry) -> bool:
    return entry.operation == "cli"


def _is_api_call(entry: JournalEntry) -> bool:
    return entry.path.startswith("/api/") and not entry.is_inner


def _with_warnings(_: FakeMWAA, __: str, stdout: str, stderr: str) -> tuple[str, str]:
    return stdout, f"{_WARNINGS}{stderr}"


def _in_older_words(mwaa: FakeMWAA, command: str, stdout: str, stderr: str) -> tuple[str, str]:
    """``dags trigger`` as Airflow up to 2.5 reports it; all else as it is."""
    words = words_of(command)
    dag_id = next((word for word in words[2:] if word in mwaa.airflow.dags), None)
    if words[:2] != ("dags", "trigger") or dag_id is None or stderr:
        return stdout, stderr
    run = mwaa.dag(dag_id).last_run
    moment = run.logical_date.isoformat()
    log_lines = "".join(re.findall(r"^\[\d{4}-.*\n", stdout, re.MULTILINE))
    return f"{log_lines}Created <DagRun {dag_id} @ {moment}: {run.run_id}, externally triggered: True>\n", stderr


def _envelope(stdout: str, stderr: str) -> str:
    streams = {"stderr": stderr, "stdout": stdout}
    return json.dumps({name: base64.b64encode(text.encode()).decode() for name, text in streams.items()})


#: What may happen to any command, and not when it is sent again.
_FAILED = _envelope(
    "[2026-11-20T08:15:30.000+0000] {{dagbag.py:588}} INFO - Filling up the DagBag from /usr/local/airflow/dags\n",
    "Traceback (most recent call last):\n"
    '  File "/usr/local/airflow/.local/bin/airflow", line 8, in <module>\n'
    "    sys.exit(main())\n"
    "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) server closed the connection unexpectedly\n",
)

_USER_GUIDE = "AWS user guide"
_CLIENTS = "public clients"

PITFALLS: dict[str, Pitfall] = {
    pitfall.name: pitfall
    for pitfall in (
        Pitfall(
            "token_expires_between_calls",
            "A CLI token is good for 60 seconds. A minute after the first command the same token is answered 403.",
            "HIGH", f"{_USER_GUIDE}; SQLMesh and others renew it; that the status is 403 is MEDIUM",
            "mint a token for each command, or a new one when a command is answered 403.",
            _after(_is_command, timedelta(seconds=61)),
        ),
        Pitfall(
            "token_expires_inside_a_loop",
            "Commands take their time, here 25 seconds each: a token that was minted before a loop expires within it.",
            "HIGH", f"{_USER_GUIDE}; NASA-PDS/nucleus keeps a token for 50 seconds over dozens of triggers",
            "mint tokens inside the loop, not before it.",
            _after(_is_command, timedelta(seconds=25), times=None),
        ),
        Pitfall(
            "forbidden_without_json",
            "A refused token is answered 403, with a body that is not the JSON of a command.",
            "MEDIUM", "a public client expects that the body of the 403 may not be JSON",
            "look at the status before the body is read as JSON, and mint a new token.",
            _faults({"path": _CLI, "status": 403, "body": "Forbidden"}),
        ),
        Pitfall(
            "bad_gateway",
            "While the web server is not up, the load balancer in front of it answers 502 with a page.",
            "MEDIUM", f"{_USER_GUIDE}, troubleshooting; that the body is HTML is LOW",
            "wait and try again; do not read the page as JSON.",
            _faults({"path": "/*", "status": 502, "body": _BAD_GATEWAY, "content_type": "text/html"}),
        ),
        Pitfall(
            "gateway_timeout",
            "A command that takes too long, or comes besides too many others, is answered 504 with a page.",
            "MEDIUM", "tests of aws-samples/mwaa-disaster-recovery; that the body is HTML is LOW",
            "find out whether the command has had its effect before it is sent again, or send only what may run twice.",
            _faults(
                {"path": _CLI, "status": 504, "body": _GATEWAY_TIMEOUT, "content_type": "text/html"}
            ),
        ),
        Pitfall(
            "connection_reset",
            "A connection to the web server breaks off before the answer; whether the command has run is not known.",
            "MEDIUM", "what any server behind a load balancer does now and then",
            "find out whether the request has had its effect before it is sent again, or send only what may run twice.",
            _faults({"path": "/*", "reset": True}),
        ),
        Pitfall(
            "slow_answer",
            "A command takes seconds, since an Airflow process starts for each; here three seconds of real time.",
            "HIGH", f"{_CLIENTS} wait for a minute and more",
            "give requests a timeout of a minute or more, and have one.",
            _faults({"path": "/*", "delay": 3.0}),
        ),
        Pitfall(
            "token_calls_throttled",
            "CreateCliToken is refused with a ThrottlingException when it is called too often; here twice in a row.",
            "MEDIUM", "NASA-PDS/nucleus tries throttled calls again; AWS publishes no rate",
            "let botocore try again, as it does unless told otherwise, or wait and call again.",
            _faults(
                {
                    "operation": "CreateCliToken", "status": 429, "body": {"message": "Rate exceeded"}, "times": 2,
                    "headers": {"x-amzn-ErrorType": "ThrottlingException"},
                }
            ),
        ),
        Pitfall(
            "failure_inside_a_200",
            "A command that fails is answered 200; the words for it are in stderr, and at most log lines in stdout.",
            "MEDIUM", "SQLMesh, AWS's DagsCli and others look for the failure inside a 200; some remember 400",
            "look in stdout for what the command prints when it succeeds; neither the status nor stderr tells.",
            _faults({"path": _CLI, "status": 200, "body": _FAILED, "content_type": "application/json"}),
        ),
        Pitfall(
            "warnings_on_stderr",
            "A command that succeeds writes warnings to stderr, so words there are no sign of a failure.",
            "HIGH", "graphviz and FutureWarning lines in published outputs",
            "do not take words in stderr for a failure.",
            _retouched(_with_warnings),
        ),
        Pitfall(
            "log_line_before_the_json",
            "With `-o json` a log line stands in stdout before the JSON.",
            "HIGH", "published outputs of `dags trigger -o json`; Airflow 2 logs to stdout",
            "read from the line on which the JSON begins.",
            _log_lines, {"log_lines": True},
        ),
        Pitfall(
            "output_of_another_version",
            "What `dags trigger` prints depends on the version: up to Airflow 2.5 a sentence, later a table or JSON.",
            "HIGH", "published outputs of environments of several versions",
            "give the run an id with `--run-id`, instead of reading the id from what is printed.",
            _retouched(_in_older_words),
        ),
        Pitfall(
            "redirect_of_the_command_path",
            "/aws_mwaa/cli is answered 307 to /aws_mwaa/cli/, where the POST has to be repeated with its body and "
            "token; requests does so, http.client, urllib and plain curl do not.",
            "MEDIUM", "two independent public notes about Airflow 3",
            "follow the redirect with method, body and the Authorization header.",
            _faults({"path": _CLI, "status": 307, "headers": {"Location": "/aws_mwaa/cli/"}, "times": None}),
        ),
        Pitfall(
            "secure_cookie_over_http",
            "The session cookie has the attribute Secure: a client that speaks plain HTTP never returns it.",
            "HIGH", "aws/amazon-mwaa-docker-images sets webserver.cookie_secure",
            "speak HTTPS.",
            _secure_cookie, {"assume": {"session_cookie_secure": True}},
        ),
        Pitfall(
            "session_gone_after_12_hours",
            "A web session lasts 12 hours; after that its cookie is refused, as nobody's.",
            "HIGH", f"{_USER_GUIDE}; session_duration_minutes of aws-mwaa-local-runner",
            "log in again when the session is refused, and repeat the request.",
            _after(_is_api_call, timedelta(hours=12, seconds=1)),
        ),
        Pitfall(
            "invoke_rest_api_denied",
            "InvokeRestApi is refused with an AccessDeniedException, though the web login would be allowed.",
            "HIGH", "Airflow's own MwaaHook falls back to the web login on it",
            "go through the web login instead, or tell that `airflow:InvokeRestApi` is not allowed.",
            _faults(
                {
                    "operation": "InvokeRestApi", "status": 403, "times": None,
                    "body": {"Message": "The caller has no permission to assume an Airflow role of this environment."},
                    "headers": {"x-amzn-ErrorType": "AccessDeniedException"},
                }
            ),
        ),
        Pitfall(
            "environment_updating",
            "While an environment is UPDATING tokens are refused; later it is AVAILABLE again.",
            "LOW", "assumption unavailable_environment_error; the model declares ResourceNotFoundException only",
            "wait until GetEnvironment says AVAILABLE, and mint the token again.",
            _updating,
        ),
    )
}  # fmt: skip
"""Every pitfall by its name."""
