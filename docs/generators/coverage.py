"""The pages that say what is covered: from the tables that the code works with, and from the recordings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from docs.generators import scores
from docs.generators.markdown import code, page, table
from docs.generators.scores import Score
from fake_server.aws.operations import service_model
from fake_server.cli.command_line import answered_commands
from fake_server.cli.commands import command_tree
from fake_server.cli.support import supported_commands
from fake_server.versions import DEFAULT_VERSION, VERSIONS, AirflowVersion, airflow_version
from fake_server.web.auth import BACKENDS
from fake_server.web.experimental.routes import routes_of
from fake_server.web.v1.history import operations_of
from fake_server.web.v1.operations import BASE_PATH, all_operations
from tests.oracle import auth_matrix

_RECORDED = auth_matrix.VERSIONS

_SCORES = f"""\
Answers of real Airflow {" and ".join(_RECORDED)} were recorded: status, media type, headers and body of requests;
exit code and both streams of commands. Other versions got some of the requests and commands, which are about what has
changed from one to another. The tests give the same requests and commands to the fake, and compare. "Equal"
counts the answers that are the same; moments, ids and the like are compared by their form. Every other answer is either
a [known difference](known-differences.md) or a failing test."""

_VERSIONS = f"""\
The fake can be each of the versions below; {DEFAULT_VERSION} is the default. Versions of Airflow 2 differ here as they
do there: in their defaults, in operations, query parameters and fields of the REST API, in commands and their options,
in what these print, in roles, in the event log, and in the words of answers. Versions that were not recorded answer as
the nearest one that was, as far as their released packages do not say otherwise. Pages are those of {DEFAULT_VERSION}.
Airflow 3 is not covered."""

_REST = """\
Every operation of Airflow's stable REST API, who answers it here, and how many of its recorded answers the fake gives.
A dash stands where nothing was recorded."""

_COMMANDS = """\
Every command of Airflow's command line: since which version MWAA supports it, whether it is answered here, and how many
of its recorded answers (exit code, stdout and stderr together) the fake gives. A dash stands where none was recorded.

A command that MWAA does not support is refused as MWAA does, unless the setting `cli_unsupported` says otherwise:
`allow` runs it, `fail` fails the test. No task's code is ever executed: `tasks test`, `dags test` and their like report
the outcome that the task's script says."""


def coverage_page() -> str:
    """What is covered in total, the control plane, and the experimental API."""
    return page(
        "Coverage",
        "The details of the two largest parts have pages of their own: [the REST API](coverage-rest-api.md) and "
        "[the command line](coverage-command-line.md).",
        "## Recorded answers",
        _SCORES,
        table(("Airflow", "what", "equal / recorded"), _totals()),
        "## Airflow versions",
        _VERSIONS,
        table(
            ("version", "API auth backend by default", "supported commands", "REST operations", "InvokeRestApi"),
            _versions(),
        ),
        "## API auth backends",
        "By full name, or by its last word: " + ", ".join(map(code, BACKENDS)) + ".",
        "## Control plane",
        "The operations of the service `mwaa` in botocore, all of which are answered, with the checks that AWS makes "
        "on the server's side:",
        table(("operation", "request"), _control_plane()),
        "## `/api/experimental`",
        "In Airflow 2 it is answered where the environment sets `api.enable_experimental_api`, in Airflow 1.10 always. "
        "A dash stands where a version does not have the route.",
        table(("request", *(f"{version}: equal / recorded" for version in _RECORDED)), _experimental()),
    )


def rest_api_page() -> str:
    """Every operation of /api/v1."""
    found = scores.by(lambda answer: answer.subject, scores.http_answers())
    rows = []
    for operation in sorted(all_operations(), key=lambda operation: (operation.path, operation.method)):
        name = f"{operation.method} {operation.path}"
        handler = f"{operation.handler.__module__.rpartition('.')[2]}.{operation.handler.__name__}"
        rows.append((code(name), code(handler), str(found.get(name, Score()))))
    unrouted = scores.total(answer for answer in scores.http_answers() if not answer.subject and "/v1" in answer.file)
    return page(
        "Coverage of the REST API",
        _REST,
        f"There are {len(rows)}. Paths are below `{BASE_PATH}`; handlers are in `fake_server/web/v1/`.",
        table(("operation", "handler", "equal / recorded"), rows),
        f"Requests that fit no operation, such as unknown paths and methods: {unrouted}.",
    )


def command_line_page() -> str:
    """Every command of the ``airflow`` command line, for each family of versions."""
    sections = [block for number in _RECORDED for block in _commands_of(number)]
    return page("Coverage of the command line", _COMMANDS, *sections)


def _commands_of(number: str) -> Iterable[str]:
    version = airflow_version(number)
    recorded = [answer for answer in scores.command_answers() if answer.version == number]
    found = scores.by(lambda answer: answer.subject, recorded)
    names = sorted(" ".join(words) for words in command_tree(version).commands)
    answered, since = answered_commands(version), _supported_since(version)
    rows = [
        (code(name), since.get(name, "no"), "yes" if name in answered else "no", str(found.get(name, Score())))
        for name in names
    ]
    yield f"## Airflow {number}"
    yield (
        f"There are {len(names)} commands. MWAA supports {len(since)}, of which {len(answered & set(since))} are "
        f"answered; of the others {len(answered - set(since))} are."
    )
    yield table(("command", "supported by MWAA since", "answered here", "equal / recorded"), rows)
    unanswered = [code(name) for name in names if name not in answered]
    if unanswered:
        yield f"Nothing here for them to act on, so they fail with a text that says so: {', '.join(unanswered)}."
    yield f"What is no command, and help texts: {found.get('', Score())} equal."


def _totals() -> Iterable[tuple[str, str, str]]:
    everything = Score()
    for version in _RECORDED:
        http = [answer for answer in scores.http_answers() if answer.version == version]
        commands = [answer for answer in scores.command_answers() if answer.version == version]
        families = {
            **dict(sorted(scores.by(lambda answer: _family(answer.file), http).items())),
            "API auth backends, each with many credentials and requests": scores.authentication_score(version),
            "the command line": scores.total(commands),
        }
        for name, score in families.items():
            if score.recorded:
                yield version, name, str(score)
        everything = sum(families.values(), everything)
    for (number, subject), score in scores.by(lambda it: (it.version, it.subject), scores.version_answers()).items():
        yield number, _SUBJECTS[subject], str(score)
        everything += score
    yield "", "all", str(everything)


def _versions() -> Iterable[tuple[str, str, str, str, str]]:
    for number, version in VERSIONS.items():
        backend = version.default_auth_backends.rpartition(".")[2]
        rest = "yes" if version.has_invoke_rest_api else "no"
        operations = str(len(operations_of(version))) if version.has_stable_rest_api else "-"
        yield number, code(backend), str(len(supported_commands(version))), operations, rest


def _family(file: str) -> str:
    return next((text for part, text in _FAMILIES.items() if part in file), "other requests to the web server")


_SUBJECTS = {"request": "requests to the web server that all versions got", "command": "commands that all versions got"}
_FAMILIES = {"/v1": "`/api/v1`", "/experimental": "`/api/experimental`", "/login": "login"}


def _control_plane() -> Iterable[tuple[str, str]]:
    model = service_model()
    for name in sorted(model.operation_names):
        request = model.operation_model(name).http
        yield code(name), code(f"{request['method']} {request['requestUri']}")


def _experimental() -> Iterable[tuple[str, ...]]:
    found = scores.by(lambda answer: (answer.version, answer.subject), scores.http_answers())
    routes = {version: [route[:2] for route in routes_of(airflow_version(version)).table] for version in _RECORDED}
    for method, path in sorted({route for known in routes.values() for route in known}, key=lambda route: route[::-1]):
        rule = f"/api/experimental{path}"
        shown = rule.replace("<string:", "{").replace(">", "}")
        cells = [str(found.get((version, f"{method} {rule}"), Score())) for version in _RECORDED]
        yield code(f"{method} {shown}"), *cells


def _supported_since(version: AirflowVersion) -> Mapping[str, str]:
    """Command to the first version with such a command line on which MWAA supports it."""
    since: dict[str, str] = {}
    for number, other in VERSIONS.items():
        if other.cli_dialect == version.cli_dialect:
            for name in supported_commands(other):
                since.setdefault(name, number)
    return since
