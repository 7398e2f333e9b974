from __future__ import annotations

import threading
from datetime import datetime, timezone

from fake_server.journal import Journal, JournalEntry

MOMENT = datetime(2026, 11, 20, 7, 30, tzinfo=timezone.utc)


def entry(method: str = "GET", path: str = "/health", status: int = 200, **more: str) -> JournalEntry:
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
