"""The commands that every version of Airflow 2 is recorded with: what came and went from one to another."""

from __future__ import annotations

from collections.abc import Iterator

from tests.real_airflow.steps import Command, Step
from tests.real_airflow.version_requests import LOGGED

#: Commands that print rows take these.
_FORMATS = ("json", "plain", "yaml")


def commands() -> Iterator[Step]:
    """All of them, in the order in which they are given."""
    yield from _commands_on_dags()
    yield from _commands_on_tasks()
    yield from _commands_on_stores()
    yield from _commands_on_people()
    yield from _other_commands()


def _run(*words: str) -> Step:
    return Command(words)


def _rows(*words: str) -> Iterator[Step]:
    """A command that prints rows, as a table and as JSON."""
    yield Command(words)
    yield Command((*words, "-o", "json"))


def _commands_on_dags() -> Iterator[Step]:
    for output in ("table", *_FORMATS):
        yield _run("dags", "list", "-o", output)
    yield _run("dags", "list", "--columns", "dag_id")
    yield from _rows("dags", "list-runs", "-d", "etl_linear")
    yield from _rows("dags", "list-runs", "-d", "etl_linear", "--state", "failed", "--no-backfill")
    yield _run("dags", "list-runs", "-d", "nope")
    trigger = ("dags", "trigger", "etl_linear")
    for number, output in enumerate(("table", *_FORMATS), 1):
        yield _run(*trigger, "-e", f"2024-04-0{number}T03:04:05", "-r", f"c{number}", "-o", output)
    yield _run("dags", "trigger", "etl_linear", "-e", "2024-04-09T03:04:05", "-r", "c9")
    yield _run("dags", "trigger", "etl_linear", "-e", "2024-04-10T03:04:05", "-c", '{"a": 1}')
    yield _run("dags", "trigger", "etl_linear", "-e", "2024-04-09T03:04:05", "-r", "c9")
    yield _run("dags", "trigger", "etl_linear", "-e", "2024-04-11T03:04:05.678", "--no-replace-microseconds")
    yield _run("dags", "trigger", "etl_linear", "-e", "2024-04-12", "-r", "a b")
    yield _run("dags", "trigger", "nope", "-e", "2024-04-12")
    yield _run("dags", "trigger", "etl_linear", "-e", "2024-04-13", "-c", "{bad")
    yield from _rows("dags", "list-runs", "-d", "etl_linear")
    yield LOGGED
    yield _run("dags", "state", "etl_linear", "2024-04-09T03:04:05")
    yield _run("dags", "state", "etl_linear", "2024-04-10T03:04:05")
    yield _run("dags", "state", "etl_linear", "2020-01-01")
    yield _run("dags", "state", "nope", "2020-01-01")
    yield from _rows("dags", "pause", "etl_linear")
    yield _run("dags", "pause", "nope")
    yield _run("dags", "pause", "etl.*", "--treat-dag-id-as-regex", "-y")
    yield from _rows("dags", "unpause", "etl_linear")
    yield _run("dags", "unpause", "etl_linear")
    yield _run("dags", "next-execution", "branching_cron")
    yield _run("dags", "trigger", "branching_cron", "-e", "2024-04-01", "-c", '{"size": 5}')
    yield _run("dags", "next-execution", "branching_cron")
    yield _run("dags", "next-execution", "branching_cron", "-n", "2")
    yield _run("dags", "next-execution", "etl_linear")
    yield _run("dags", "next-execution", "nope")
    yield from _rows("dags", "details", "etl_linear")
    yield from _rows("dags", "list-import-errors")
    yield from _rows("dags", "list-jobs", "--limit", "0")
    yield from _rows("dags", "report")
    yield _run("dags", "reserialize")
    yield _run("dags", "delete", "nope", "-y")
    yield _run("dags", "delete", "manual_paused", "-y")


def _commands_on_tasks() -> Iterator[Step]:
    yield _run("tasks", "list", "etl_linear")
    yield _run("tasks", "list", "etl_linear", "--tree")
    yield _run("tasks", "list", "nope")
    for command in ("state", "failed-deps", "render"):
        yield _run("tasks", command, "etl_linear", "extract", "c9")
    yield _run("tasks", "state", "etl_linear", "nope", "c9")
    yield _run("tasks", "state", "etl_linear", "extract", "nope")
    yield _run("tasks", "state", "etl_linear", "extract", "2024-04-09T03:04:05")
    yield from _rows("tasks", "states-for-dag-run", "etl_linear", "c9")
    yield _run("tasks", "states-for-dag-run", "etl_linear", "nope")
    yield _run("tasks", "clear", "etl_linear", "-y")
    yield _run("tasks", "clear", "etl_linear", "-t", "extract", "-y", "-s", "2024-04-01")


def _commands_on_stores() -> Iterator[Step]:
    for output in ("table", *_FORMATS):
        yield _run("variables", "list", "-o", output)
    yield _run("variables", "set", "a", "1")
    yield LOGGED
    yield _run("variables", "set", "b", "1", "--description", "d")
    yield _run("variables", "set", "j", '{"a": 1}', "-j")
    yield _run("variables", "get", "a")
    yield _run("variables", "get", "j", "-j")
    yield _run("variables", "get", "nope")
    yield _run("variables", "get", "nope", "-d", "x")
    yield from _rows("variables", "list")
    yield _run("variables", "delete", "a")
    yield _run("variables", "import", "nope.json", "-a", "skip")
    yield _run("variables", "export", "-")
    for output in ("table", *_FORMATS):
        yield _run("pools", "list", "-o", output)
    yield from _rows("pools", "set", "p", "3", "d")
    yield _run("pools", "set", "p", "3", "d", "--include-deferred")
    yield from _rows("pools", "get", "p")
    yield from _rows("pools", "list")
    yield from _rows("pools", "delete", "p")
    yield _run("pools", "get", "nope")
    yield from _rows("connections", "list")
    yield _run("connections", "add", "c", "--conn-uri", "http://u:geheim@h:80/s")
    yield _run("connections", "add", "c", "--conn-uri", "http://u:geheim@h:80/s")
    yield _run("connections", "add", "j", "--conn-json", '{"conn_type": "http", "host": "h"}')
    yield _run("connections", "add", "t", "--conn-type", "sqlite", "--conn-host", "h", "--conn-extra", '{"a": 1}')
    yield _run("connections", "add", "a b", "--conn-type", "http")
    yield _run("connections", "add", "x")
    yield from _rows("connections", "get", "c")
    for output in ("table", *_FORMATS):
        yield _run("connections", "list", "-o", output)
    yield LOGGED
    yield _run("connections", "delete", "c")
    yield _run("connections", "delete", "c")
    yield _run("connections", "get", "nope")
    yield _run("connections", "test", "nope")


def _commands_on_people() -> Iterator[Step]:
    yield from _rows("users", "list")
    yield _run("users", "create", "-u", "u8", "-e", "e@y.z", "-f", "f", "-l", "l", "-r", "User", "-p", "pw")
    yield _run("users", "create", "-u", "u8", "-e", "e@y.z", "-f", "f", "-l", "l", "-r", "User", "-p", "pw")
    yield _run("users", "add-role", "-u", "u8", "-r", "Op")
    yield _run("users", "remove-role", "-u", "u8", "-r", "Op")
    yield _run("users", "reset-password", "-u", "u8", "-p", "x")
    yield _run("users", "delete", "-u", "u8")
    yield _run("users", "delete", "-u", "u8")
    yield _run("roles", "list")
    yield _run("roles", "create", "r8")
    yield _run("roles", "add-perms", "r8", "-a", "can_read", "-r", "DAGs")
    yield _run("roles", "del-perms", "r8", "-a", "can_read", "-r", "DAGs")
    yield _run("roles", "delete", "r8")


def _other_commands() -> Iterator[Step]:
    yield _run("version")
    yield from _rows("plugins")
    yield _run("bogus")
    yield _run("dags")
    yield _run("dags", "bogus")
    yield _run("dags", "list", "-o", "bogus")
    yield _run("dags", "trigger")
    yield _run("dags", "trigger", "etl_linear", "--bogus")
    yield _run("config", "get-value", "core", "executor")
    yield _run("config", "get-value", "core", "nope")
    yield _run("config", "get-value", "nope", "nope")
    yield _run("config", "lint", "--bogus")
    yield _run("jobs", "check")
    yield _run("db", "check")
    yield _run("db", "check", "--retry", "1")
    yield _run("db", "migrate", "--bogus")
    yield _run("db", "clean", "--clean-before-timestamp", "2020-01-01", "-y", "-t", "log")
    yield _run("db", "drop-archived", "--bogus")
    yield _run("db", "export-archived", "--bogus")
    yield _run("rotate-fernet-key")
    yield _run("sync-perm")
    yield _run("dag-processor")
    yield _run("standalone", "--bogus")
    yield _run("providers", "auth-managers", "--bogus")
    yield _run("list_dags")
    yield _run("connections", "run")
    for words in (
        ("dags", "backfill"), ("dags", "test"), ("dags", "list"), ("dags", "reserialize"), ("tasks", "run"),
        ("tasks", "test"), ("tasks", "clear"), ("connections", "export"), ("variables", "export"), ("db", "upgrade"),
        ("scheduler",), ("triggerer",), ("webserver",), ("info",), ("roles", "export"), ("users", "import"),
    ):  # fmt: skip
        yield Command((*words, "-h"))
