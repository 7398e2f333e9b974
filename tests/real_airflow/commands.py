"""Command lines, by what they are about."""

from __future__ import annotations

import functools

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.real_airflow import strategies as s
from tests.real_airflow.steps import Command
from tests.real_airflow.strategies import Known, chosen, command, option, output, switch

Commands = SearchStrategy[Command]
#: As typed: with and without a zone, to the second and not.
DATES = chosen("2024-01-02T03:04:05", "2024-03-01", "2024-05-06T06:00:00.123456+00:00", "2024-03-01T05:30:00+05:30")
NAMES = s.mostly(st.sampled_from(s.DAGS), chosen("nope", "ä"))
CONFS = s.mostly(
    chosen('{"size": 7}', "{}", '{"a": {"b": [1, null]}}'), chosen('{"size": 700}', "", "null", "[1]", "{bad")
)


def dag_runs(known: Known) -> Commands:
    # Without a date two triggers within a second would be the same, or not.
    trigger = command(
        "dags", "trigger", NAMES, st.tuples(st.just("-e"), DATES), option("-r", chosen("r1", "r2", "a b")),
        option("-c", CONFS), output(),
    )  # fmt: skip
    return st.one_of(
        trigger,
        trigger,
        command("dags", "state", NAMES, DATES),
        command(
            "dags", "list-runs", "-d", NAMES, option("--state", chosen("queued", "success", "bogus")),
            option("-s", DATES), option("-e", DATES), switch("--no-backfill"), output(),
        ),
        command("dags", "next-execution", NAMES, option("-n", chosen("1", "2", "0", "x"))),
    )  # fmt: skip


def dags(known: Known) -> Commands:
    return st.one_of(
        command("dags", "list", output(), option("--columns", chosen("dag_id", "dag_id,is_paused", "bogus"))),
        command("dags", chosen("pause", "unpause"), NAMES, output(), switch("-y"), switch("--treat-dag-id-as-regex")),
        command("dags", "details", NAMES, output()),
        command("dags", "show", NAMES),
        command("dags", "list-import-errors", output()),
        command("dags", "list-jobs", option("-d", NAMES), output()),
        command("dags", "delete", chosen("failing_retries", "nope"), switch("-y")),
    )


def tasks(known: Known) -> Commands:
    @functools.cache
    def of(dag_id: str) -> Commands:
        task_ids = s.tasks_of(dag_id)
        moment = s.mostly(DATES, chosen("r1", "r2"))
        some_tasks = option("-t", chosen("load", "^b", "nope"))
        return st.one_of(
            command("tasks", "list", dag_id),
            command("tasks", "state", dag_id, task_ids, moment),
            command("tasks", "states-for-dag-run", dag_id, moment, output()),
            command("tasks", "clear", dag_id, switch("-y"), some_tasks, option("-s", DATES)),
        )

    return NAMES.flatmap(of)


def stores(known: Known) -> Commands:
    variable = s.one_of_known(known.variables, chosen("v1", "v2", "nope", "ä"))
    pool = s.one_of_known(known.pools, chosen("p1", "p2", "nope", "default_pool"))
    connection = s.one_of_known(known.connections, chosen("c1", "c2", "nope"))
    return st.one_of(
        command("variables", "list", output()),
        command("variables", "get", variable, switch("-j"), option("-d", chosen("fallback", ""))),
        command(
            "variables", "set", variable, st.sampled_from(s.TEXTS), switch("-j"), option("--description", chosen("d")),
        ),
        command("variables", "delete", variable),
        command("pools", "list", output()),
        command("pools", "get", pool, output()),
        command(
            "pools", "set", pool, chosen("1", "0", "-1", "x"), chosen("d", ""), switch("--include-deferred"), output(),
        ),
        command("pools", "delete", pool, output()),
        command("connections", "list", output(), option("--conn-id", connection)),
        command("connections", "get", connection, output()),
        command(
            "connections", "add", connection, option("--conn-uri", chosen("http://l:geheim@h:80/s?a=1", "nope")),
            option("--conn-type", chosen("http", "sqlite")), option("--conn-host", chosen("h")),
            option("--conn-extra", chosen('{"a": 1}', "no json")),
        ),
        command("connections", "delete", connection),
    )  # fmt: skip


def people(known: Known) -> Commands:
    user, role = chosen("u1", "u2", "nope"), chosen("role1", "role2", "nope")
    return st.one_of(
        command("users", "list", output()),
        command(
            "users", "create", "-u", user, "-e", chosen("u1@example.com", "u2@example.com"), "-f", "F", "-l", "L",
            "-r", chosen("Viewer", "nope"), "-p", "pw",
        ),
        command("users", "delete", "-u", user),
        command("users", chosen("add-role", "remove-role"), "-u", user, "-r", chosen("Viewer", "Op", "nope")),
        command("roles", "list", output()),
        command("roles", "create", role),
        command("roles", "delete", role),
        command(
            "roles", chosen("add-perms", "del-perms"), role, "-a", chosen("can_read", "nope"),
            "-r", chosen("DAGs", "Pools"),
        ),
    )  # fmt: skip


def others(known: Known) -> Commands:
    return st.one_of(
        command("version"),
        command("config", "get-value", chosen("core", "api", "nope"), chosen("parallelism", "executor", "nope")),
        command("jobs", "check"),
        command("db", "check"),
        command(chosen("nope", "dags", "variables", "--version", "trigger_dag")),
        command("dags", chosen("trigger", "nope", "pause", "list"), chosen("--bogus", "-o", "-h", "")),
    )
