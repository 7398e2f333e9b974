"""What is assumed about Amazon MWAA where its behaviour is not public: named, sourced, switchable per environment.

MWAA's own endpoints are closed source. Every choice that the fake had to make without certain knowledge stands in this
one table, with its source and how confident we are; nothing else in the code guesses silently.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Value = int | float | bool | str


@dataclass(frozen=True)
class Assumption:
    """One choice: its default, what else it may be, where it comes from, and how sure that is."""

    name: str
    default: Value
    #: The values it may take; empty when any value of the default's type will do.
    choices: tuple[Value, ...]
    confidence: str
    statement: str
    source: str
    #: The names that may stand in braces in its text.
    placeholders: tuple[str, ...] = ()


class UnknownAssumption(ValueError):
    """No assumption has that name, or it cannot take that value."""


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "refused_cli_token_status", 403, (401, 403), "MEDIUM",
        "A missing, garbled, foreign or expired CLI token is answered with this status.",
        "a public client mints a new token and retries on 403; others handle 401 too",
    ),
    Assumption(
        "refused_cli_token_body", "Forbidden", (), "LOW",
        "The body of that refusal; it is not JSON.",
        "a public client expects that the body of the 403 may not be JSON",
    ),
    Assumption(
        "failed_command_status", 200, (200, 400), "MEDIUM",
        "A command that fails is still answered with 200 and words in stderr.",
        "SQLMesh, AWS's DagsCli and others look for the failure inside a 200; some remember 400",
    ),
    Assumption(
        "unsupported_command_status", 500, (400, 403, 500), "MEDIUM",
        "A command that MWAA does not support is answered with this status.",
        "aws/amazon-mwaa-docker-images, discussion 148: such commands return `Response [500]`",
    ),
    Assumption(
        "malformed_command_status", 400, (400, 422, 500), "LOW",
        "A body that is no command (empty, not UTF-8, with a NUL or unbalanced quotes) is answered with this status.",
        "looked for, not found",
    ),
    Assumption(
        "maximum_command_bytes", 131072, (), "LOW",
        "A longer command is refused with 413.",
        "looked for, not found; one argument of a Linux process is at most 128 KiB",
    ),
    Assumption(
        "concurrent_commands", 0, (), "LOW",
        "More commands at a time than this are refused; 0 for no limit.",
        "AWS user guide: wait for the previous command; no number is published",
    ),
    Assumption(
        "command_seconds", 3.0, (), "LOW",
        "A command counts among the concurrent ones for this long, in seconds of the environment's clock.",
        "commands of a real Airflow take one to several seconds, most of them for starting Python",
    ),
    Assumption(
        "too_many_commands_status", 504, (502, 504), "MEDIUM",
        "One command too many at a time is answered with this status, and its name as plain text.",
        "aws-samples/mwaa-disaster-recovery meets 504 \"Gateway Timeout\"; AWS user guide, troubleshooting: 502",
    ),
    Assumption(
        "graphviz_installed", True, (True, False), "LOW",
        "Python's graphviz package is installed; without it every `dags` command of Airflow 2 warns on stderr.",
        "looked for, not found; outputs of both kinds are published",
    ),
    Assumption(
        "log_format_braces", "double", ("double", "single"), "HIGH",
        "MWAA's log lines put double braces around file:line; plain Airflow has single ones.",
        "published outputs of real environments; aws-mwaa-local-runner's airflow.cfg",
    ),
    Assumption(
        "token_leeway_seconds", 0, (), "LOW",
        "A token is refused this many seconds after its `exp`.",
        "looked for, not found; documentation says 60 seconds",
    ),
    Assumption(
        "web_token_single_use", False, (True, False), "LOW",
        "A web login token may be used once only.",
        "one public client says so, others reuse it",
    ),
    Assumption(
        "web_token_audience", "web", (), "LOW",
        "The `aud` claim of a web login token (that of a CLI token is known to be `cli`).",
        "inferred from the CLI token's claim",
    ),
    Assumption(
        "console_sso_user", "user/moto", (), "LOW",
        "The Airflow user whom the signed POST /aws_mwaa/aws-console-sso issues a web login token to.",
        "the identity of moto's default caller; the web server cannot tell whose signature it is",
    ),
    Assumption(
        "refused_console_sso_status", 403, (400, 401, 403), "LOW",
        "A POST /aws_mwaa/aws-console-sso without an AWS signature for the service `airflow` is answered with this "
        "status; signatures are not verified, since no secret key is known.",
        "AWS services answer 403 to unsigned requests",
    ),
    Assumption(
        "login_status", 200, (200, 302), "MEDIUM",
        "A successful POST /aws_mwaa/login answers with this status and sets the session cookie.",
        "documentation tests for 200 and reads the cookie of the final answer; two clients speak of a redirect",
    ),
    Assumption(
        "refused_login_status", 401, (400, 401, 403), "LOW",
        "A login with a refused web token is answered with this status.",
        "astro-cli's stub answers 401; documentation says nothing",
    ),
    Assumption(
        "session_cookie_secure", True, (True, False), "HIGH",
        "The session cookie has the Secure attribute, so clients do not return it over plain HTTP.",
        "aws/amazon-mwaa-docker-images sets webserver.cookie_secure",
    ),
    Assumption(
        "session_duration_minutes", 720, (), "HIGH",
        "A web session lasts this many minutes.",
        "AWS user guide: 12 hours; aws-mwaa-local-runner: session_duration_minutes = 720",
    ),
    Assumption(
        "hostname_domain", "c2.{region}.airflow.amazonaws.com", (), "HIGH",
        "The domain of an environment's WebServerHostname, behind a UUID.",
        "published outputs; environments made since 2025-08-19 are under `c2.airflow.{region}.on.aws`",
        placeholders=("region",),
    ),
    Assumption(
        "cli_token_user", "root", (), "MEDIUM",
        "The `user` claim of a CLI token; such a token has full power whoever asked for it.",
        "a published, expired specimen",
    ),
    Assumption(
        "unavailable_environment_error", "ResourceNotFoundException",
        ("ResourceNotFoundException", "ValidationException"), "LOW",
        "Tokens and REST calls for an environment that is not AVAILABLE are refused with this error.",
        "CreateCliToken declares ResourceNotFoundException alone in the service model",
    ),
    Assumption(
        "impossible_auth_backends", "refused", ("refused", "failed"), "LOW",
        "Options that name an API auth backend which cannot be imported are refused with a ValidationException, as "
        "nobody means them; the alternative is a creation or update that fails.",
        "on MWAA the web server would not start, which the owner learns half an hour later",
    ),
    Assumption(
        "missing_bucket_message", "Provided bucket does not exist: {bucket}.", (), "LOW",
        "Strict resources: a source bucket that does not exist is refused with a ValidationException in these words, "
        "behind `Invalid request provided: `.",
        "looked for, not found",
    ),
    Assumption(
        "public_bucket_message", "Provided bucket does not have BlockPublicAccess set for s3 bucket {bucket}.", (),
        "MEDIUM",
        "Strict resources: a source bucket that does not block all public access is refused in these words.",
        "094459/innovateaiml-airflow, issue 1",
    ),
    Assumption(
        "unusable_role_message", "Provided role does not have sufficient permissions for s3 location {location}", (),
        "MEDIUM",
        "Strict resources: an execution role that does not exist, does not trust airflow-env.amazonaws.com, or may not "
        "list the bucket and read DAGs is refused in these words.",
        "094459/innovateaiml-airflow, issue 1, for a role without permissions; for the other two a guess",
    ),
    Assumption(
        "unusable_network", "failed", ("failed", "refused"), "LOW",
        "Strict resources: subnets or security groups that do not exist or do not go together let the creation or "
        "update fail with INCORRECT_CONFIGURATION; the alternative is a ValidationException at once.",
        "LBHackney-IT/Data-Platform, pull request 1764: that error speaks of networking components",
    ),
    Assumption(
        "environments_per_region", 0, (), "HIGH",
        "So many environments fit into an account and region; 0 for no limit, so that tests need not count.",
        "AWS user guide: 10",
    ),
    Assumption(
        "role_if_several_allowed", "highest", ("highest", "lowest"), "LOW",
        "Where IAM allows a caller several Airflow roles of an environment, the session has this one of them.",
        "AWS re:Post: with `*` for the role a session had not the rights of an Admin; the user guide does not say",
    ),
    Assumption(
        "rest_api_calls_per_second", 0, (), "HIGH",
        "More InvokeRestApi calls in a second than this are throttled; 0 for no limit.",
        "AWS user guide and apache/airflow#47035: 10 a second",
    ),
    Assumption(
        "rest_api_timeout_seconds", 10, (), "HIGH",
        "InvokeRestApi gives up on an answer that took longer than this, and reports 504 (the number is a guess).",
        "AWS user guide: 10 seconds, then an error",
    ),
    Assumption(
        "rest_api_answer_bytes", 6 * 1024 * 1024, (), "HIGH",
        "InvokeRestApi refuses an answer larger than this, and reports 413 (the number is a guess).",
        "AWS user guide: 6 MB",
    ),
    Assumption(
        "rest_api_path_characters", 0, (), "MEDIUM",
        "InvokeRestApi refuses a path longer than this; 0 for no limit.",
        "AWS's model says 64, but MwaaTaskSensor of the Amazon provider sends longer ones for every run whose "
        "id Airflow has made",
    ),
)  # fmt: skip

_BY_NAME = {assumption.name: assumption for assumption in ASSUMPTIONS}


class Assumptions(Mapping[str, Value]):
    """The assumptions in force for one environment: ``assumptions["failed_command_status"]``, settable by item."""

    def __init__(self, overrides: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, Value] = {}
        for name, value in (overrides or {}).items():
            self[name] = value

    def __getitem__(self, name: str) -> Value:
        return self._values.get(name, self._lookup(name).default)

    def __setitem__(self, name: str, value: object) -> None:
        assumption = self._lookup(name)
        self._values[name] = _coerced(assumption, value)

    def __iter__(self) -> Iterator[str]:
        return iter(_BY_NAME)

    def __len__(self) -> int:
        return len(_BY_NAME)

    def __repr__(self) -> str:
        changed = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"<Assumptions {changed or 'all at their defaults'}>"

    def reset(self, overrides: Mapping[str, Any]) -> None:
        """Back to the defaults, but for ``overrides``."""
        self._values.clear()
        for name, value in overrides.items():
            self[name] = value

    def integer(self, name: str) -> int:
        """The value of a whole-number assumption, such as a status."""
        return int(self[name])

    def text(self, name: str) -> str:
        """The value of a textual assumption."""
        return str(self[name])

    def is_true(self, name: str) -> bool:
        """The value of a yes-or-no assumption."""
        return bool(self[name])

    @staticmethod
    def _lookup(name: str) -> Assumption:
        try:
            return _BY_NAME[name]
        except KeyError:
            near = difflib.get_close_matches(name, _BY_NAME, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UnknownAssumption(
                f"there is no assumption named {name!r}.{hint} They are: {', '.join(_BY_NAME)}. "
                "See docs/reference/assumptions.md."
            ) from None


def _coerced(assumption: Assumption, value: object) -> Value:
    """``value`` as the assumption's own type; text is accepted from command lines and environment variables."""
    kind = type(assumption.default)
    result: Value | None = None
    if isinstance(value, str) and kind is bool:
        result = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(value.lower())
    elif isinstance(value, str) and kind in (int, float):
        try:
            result = kind(value)
        except ValueError:
            result = None
    elif isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        result = value
    if assumption.placeholders and not _is_template(str(result), assumption.placeholders):
        names = " and ".join(f"{{{name}}}" for name in assumption.placeholders)
        raise UnknownAssumption(
            f"assumption {assumption.name!r} takes a text in which {names} may stand; got {value!r}. "
            "See docs/reference/assumptions.md."
        )
    if result is None or (assumption.choices and result not in assumption.choices):
        expected = f"one of {', '.join(map(repr, assumption.choices))}" if assumption.choices else kind.__name__
        raise UnknownAssumption(
            f"assumption {assumption.name!r} takes {expected}; got {value!r}. See docs/reference/assumptions.md."
        )
    return result


def _is_template(text: str, placeholders: tuple[str, ...]) -> bool:
    try:
        text.format(**dict.fromkeys(placeholders, ""))
    except (LookupError, ValueError):
        return False
    return True
