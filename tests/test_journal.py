from __future__ import annotations

import re
import threading
from datetime import datetime, timezone
from typing import Any

import pytest

from fake_server import FakeMWAA
from fake_server.journal import Journal, JournalEntry, answer_text, without_passwords
from pytest_mwaa.clients import CommandLine

MOMENT = datetime(2026, 11, 20, 7, 30, tzinfo=timezone.utc)


def entry(method: str = "GET", path: str = "/health", status: int = 200, **more: Any) -> JournalEntry:
    return JournalEntry(MOMENT, method, path, status, **more)


def test_entries_keep_their_order() -> None:
    journal = Journal()
    entries = [entry(path=f"/{number}") for number in range(3)]
    for each in entries:
        journal.record(each)
    assert list(journal) == entries
    assert len(journal) == 3
    assert journal[0] is entries[0]
    assert journal[-1] is entries[2]
    assert journal[1:] == entries[1:]
    assert entries[1] in journal


def test_commands_and_tokens_are_found() -> None:
    journal = Journal()
    journal.record(entry("POST", "/clitoken/etl", operation="CreateCliToken"))
    journal.record(entry("POST", "/webtoken/etl", operation="CreateWebLoginToken"))
    journal.record(entry("POST", "/clitoken/nope", 404, operation="CreateCliToken"))
    journal.record(entry("POST", "/aws_mwaa/cli", command="dags list"))
    journal.record(entry("POST", "/aws_mwaa/cli", 403, refusal="the token expired"))
    assert journal.cli_commands == ["dags list"]
    assert [each.path for each in journal.tokens_issued] == ["/clitoken/etl", "/webtoken/etl"]


def test_find_compares_everything_given() -> None:
    journal = Journal()
    journal.record(entry("GET", "/api/v1/dags?limit=1", operation="get_dags"))
    journal.record(entry("POST", "/api/v1/dags/a/dagRuns", 409, operation="post_dag_run"))
    assert len(journal.find()) == 2
    assert [each.status for each in journal.find(path="/api/v1/dags")] == [200]
    assert [each.status for each in journal.find(method="post")] == [409]
    assert [each.status for each in journal.find(operation="post_dag_run", status=409)] == [409]
    assert journal.find(path="/api/v1/dags", status=409) == []


def test_clear_forgets_and_iterators_do_not_notice() -> None:
    journal = Journal()
    journal.record(entry())
    under_way = iter(journal)
    journal.clear()
    assert len(journal) == 0
    assert next(under_way).path == "/health"


def test_it_reads_as_text() -> None:
    journal = Journal()
    assert str(journal) == "(no request yet)"
    journal.record(entry("POST", "/aws_mwaa/cli", command="dags list", principal="root"))
    journal.record(entry("POST", "/aws_mwaa/cli", 403, refusal="the token expired"))
    assert str(journal) == (
        "POST /aws_mwaa/cli -> 200 'dags list' as root\nPOST /aws_mwaa/cli -> 403 (the token expired)"
    )


def test_threads_lose_nothing() -> None:
    journal = Journal()

    def record() -> None:
        for _ in range(500):
            journal.record(entry())

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(journal) == 2000


def command(line: str, status: int = 200, **more: Any) -> JournalEntry:
    return entry("POST", "/aws_mwaa/cli", status, operation="cli", command=line, **more)


def failure_of(journal: Journal, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(AssertionError) as info:
        journal.assert_called(*args, **kwargs)
    return str(info.value)


class TestAssertCalled:
    @pytest.fixture
    def journal(self) -> Journal:
        journal = Journal()
        journal.record(entry("POST", "/clitoken/etl", operation="CreateCliToken"))
        journal.record(entry("POST", "/aws_mwaa/cli", 403, operation="cli", refusal="the token expired"))
        journal.record(command("dags trigger etl"))
        journal.record(command("dags trigger 'etl' --conf '{\"a\": 1}'"))
        journal.record(command("dags trigger sales", 200))
        journal.record(entry("GET", "/api/v1/dags?limit=1", operation="get_dags", principal="ann"))
        return journal

    def test_what_was_called(self, journal: Journal) -> None:
        assert journal.assert_called("dags trigger etl") == [journal[2]]
        assert journal.assert_called(["dags", "trigger", "sales"], times=1) == [journal[4]]
        assert journal.assert_called("dags trigger etl ...", times=2) == journal[2:4]
        assert journal.assert_called("dags ...", status=200, times=3) == journal[2:5]
        assert journal.assert_called(path="/api/v1/dags", method="get", principal="ann") == [journal[5]]
        assert journal.assert_called("dags delete etl", times=0) == []

    def test_the_nearest_come_first_with_their_reasons(self, journal: Journal) -> None:
        lines = failure_of(journal, "dags trigger etl_2", times=1).splitlines()
        assert lines[0] == "Expected one call of 'dags trigger etl_2'; there were 0."
        assert lines[1] == "The nearest of 6 other requests:"
        assert lines[2] == "  POST /aws_mwaa/cli -> 200 'dags trigger etl'"
        assert lines[3] == "    - word 3 is 'etl', not 'etl_2'"
        assert "    - it was refused before its command was read" in lines

    def test_words_too_many_and_too_few(self, journal: Journal) -> None:
        assert "it goes on with 'sales'; end the expected command in '...' if it may" in failure_of(
            journal, "dags trigger"
        )
        assert "'--conf {}' is missing at its end" not in failure_of(journal, "dags trigger etl --conf {}")
        assert "\"--conf '{}'\" is missing at its end" in failure_of(journal, "dags trigger etl --conf {}")

    def test_too_many_are_shown(self, journal: Journal) -> None:
        assert failure_of(journal, "dags trigger etl ...", times=1) == (
            "Expected one call of 'dags trigger etl ...'; there were 2.\n"
            "  POST /aws_mwaa/cli -> 200 'dags trigger etl'\n"
            "  POST /aws_mwaa/cli -> 200 'dags trigger \\'etl\\' --conf \\'{\"a\": 1}\\''"
        )
        assert failure_of(journal, "dags trigger sales", times=0).startswith("Expected no call of")

    def test_conditions_are_told_one_by_one(self, journal: Journal) -> None:
        lines = failure_of(journal, path="/api/v1/dags", method="PATCH", status=200).splitlines()
        assert (
            lines[0] == "Expected at least one call of path='/api/v1/dags', method='PATCH', status=200; there were 0."
        )
        assert lines[2:4] == ["  GET /api/v1/dags?limit=1 -> 200 as ann", "    - method is 'GET', not 'PATCH'"]

    def test_an_empty_journal(self) -> None:
        assert failure_of(Journal(), "dags list").endswith("No request reached the environment.")

    def test_paths_may_have_wildcards(self, journal: Journal) -> None:
        assert journal.assert_called(path="/api/v1/*", times=1) == journal.find(path="/api/*/dags") == [journal[5]]
        assert journal.find("dags trigger ...") == journal[2:5]

    @pytest.mark.parametrize(
        ("expected", "words"),
        [
            ({"path": "https://example.com/api/v1/dags"}, "path is the path of a URL, without host"),
            ({"path": "api/v1/dags"}, "path is the path of a URL"),
            ({"path": "/api/v1/dags?limit=1"}, "path is the path of a URL, without host and query string"),
            ({"operation": "create_cli_token"}, "here 'CreateCliToken'; got 'create_cli_token'"),
            ({"command": "airflow dags list"}, "given without the word 'airflow'"),
            ({"command": "dags ... etl"}, "open at its end only"),
            ({"command": ""}, "words, such as 'dags list'"),
        ],
    )
    def test_what_no_request_can_be_is_a_mistake(self, journal: Journal, expected: dict[str, Any], words: str) -> None:
        # Otherwise it would hold that there was none, whatever there was.
        with pytest.raises(ValueError, match=re.escape(words)):
            journal.assert_called(**expected, times=0)
        with pytest.raises(ValueError, match=re.escape(words)):
            journal.find(**expected)

    def test_a_number_of_times_that_is_none_is_a_mistake(self, journal: Journal) -> None:
        for times in ("1", -1):
            with pytest.raises(ValueError, match="times is a whole number from 0; got"):
                journal.assert_called("dags list", times=times)  # type: ignore[arg-type]

    def test_nothing_expected_is_a_mistake(self, journal: Journal) -> None:
        with pytest.raises(ValueError, match="takes a command"):
            journal.assert_called()


def test_requests_that_nobody_can_answer_are_told_apart() -> None:
    journal = Journal()
    journal.record(entry(path="/nowhere", status=404))
    nowhere = JournalEntry(MOMENT, "GET", "/nowhere", 404, has_answerer=False)
    journal.record(nowhere)
    assert journal.unanswerable == [nowhere]


def test_answers_are_kept_without_tokens_and_pages() -> None:
    assert answer_text(b'{"CliToken": "eyJhbGciOi.eyJhdWQi.c2ln"}', "application/json") == '{"CliToken": "<token>"}'
    assert answer_text("<html>", "text/html; charset=utf-8") == ""
    assert len(answer_text("x" * 20_000, "text/plain")) == 10_000


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("connections add c --conn-uri db://u:s3cret@h/x", "connections add c --conn-uri db://u:********@h/x"),
        ("connections add c --conn-password s3cret -o json", "connections add c --conn-password ******** -o json"),
        ("connections add c --conn-password='s3 cret' -o json", "connections add c --conn-password=******** -o json"),
        (
            """connections add c --conn-json '{"host": "h", "password": "s3cret"}'""",
            """connections add c --conn-json '{"host": "h", "password": "********"}'""",
        ),
        ("users create -u ann -p s3cret -r Op", "users create -u ann -p ******** -r Op"),
        ("users create --password s3cret -u ann", "users create --password ******** -u ann"),
        ("dags backfill etl -p -s 2024-01-01", "dags backfill etl -p -s 2024-01-01"),
        ("variables set url http://h:80/a@b", "variables set url http://h:80/a@b"),
    ],
)
def test_commands_are_kept_without_passwords(command: str, shown: str) -> None:
    assert without_passwords(command) == shown


def test_a_command_with_a_password_is_found_as_it_was_sent(mwaa: FakeMWAA, mwaa_cli: CommandLine) -> None:
    sent = "connections add c --conn-uri postgres://u:s3cret@h/db"
    mwaa_cli(sent)
    mwaa.journal.assert_called(sent, times=1)
    assert "s3cret" not in f"{mwaa.journal} {mwaa.journal!r} {mwaa.journal.cli_commands}"
    assert mwaa.connections["c"].password == "s3cret"
