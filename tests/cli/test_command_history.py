"""Each version of Airflow 2 has the commands and arguments that it had, in the form that they had."""

from __future__ import annotations

import itertools

import pytest

from fake_server.airflow.deployment import Airflow
from fake_server.cli import command_history
from fake_server.cli.command_line import run
from fake_server.cli.commands import command_tree
from fake_server.versions import VERSIONS, airflow_version

VERSIONS_2 = [version for version in VERSIONS.values() if version.cli_dialect == "2"]
NEWEST = command_tree(VERSIONS_2[-1])


def names(number: str) -> set[str]:
    return {" ".join(words) for words in command_tree(airflow_version(number)).commands}


def test_every_fact_is_about_something_that_there_is() -> None:
    facts = command_history._history("2")
    everything = {" ".join(words): command for words, command in NEWEST.commands.items()}
    oldest = names("2.0.2")
    assert set(facts["commands"]) <= set(everything)
    assert set(facts["until"]) <= oldest
    for command, later in facts["arguments"].items():
        assert set(later) <= {argument.name for argument in everything[command].arguments}
    for place in facts["earlier"]:
        command, _, argument = place.rpartition(" ")
        assert argument in {known.name for known in everything[command].arguments}


def test_every_fact_names_a_version_that_mwaa_offers() -> None:
    facts = command_history._history("2")
    numbers = {*facts["commands"].values(), *facts["until"].values()}
    numbers.update(number for later in facts["arguments"].values() for number in later.values())
    numbers.update(form["before"] for forms in (facts["usage"], *facts["earlier"].values()) for form in forms)
    assert numbers <= set(VERSIONS)


def test_versions_gain_commands_and_lose_only_those_of_providers() -> None:
    for earlier, later in itertools.pairwise(VERSIONS_2):
        assert {name.partition(" ")[0] for name in names(earlier.number) - names(later.number)} <= {
            "celery",
            "kubernetes",
        }
    assert len(names("2.0.2")) < len(names("2.11.2"))


@pytest.mark.parametrize(
    ("command", "first", "last_without"),
    [
        ("dags list-import-errors", "2.4.3", "2.2.2"),
        ("dags details", "2.6.3", "2.5.1"),
        ("roles add-perms", "2.5.1", "2.4.3"),
        ("users reset-password", "2.9.2", "2.8.1"),
        ("config lint", "2.11.0", "2.10.5"),
    ],
)
def test_commands_that_came_later(command: str, first: str, last_without: str) -> None:
    assert command in names(first)
    assert command not in names(last_without)
    result = run(Airflow(last_without), f"{command} --bogus")
    assert result.exit_code == 2
    assert f"invalid choice: '{command.split()[1]}'" in result.stderr


def test_options_that_came_later_are_refused_and_stand_at_their_default() -> None:
    older, newer = Airflow("2.6.3"), Airflow("2.7.2")
    refused = run(older, "pools set p 1 d --include-deferred")
    assert (refused.exit_code, "unrecognized arguments: --include-deferred" in refused.stderr) == (2, True)
    assert run(older, "pools set p 1 d").exit_code == 0
    assert run(newer, "pools set p 1 d --include-deferred").exit_code == 0
    assert [older.pools.get("p").include_deferred, newer.pools.get("p").include_deferred] == [False, True]


def test_forms_of_arguments_that_changed() -> None:
    assert run(Airflow("2.2.2"), "dags test nope").exit_code == 2
    assert run(Airflow("2.4.3"), "dags test nope").exit_code == 1
    refused = run(Airflow("2.6.3"), "dags list-runs -d nope --state bogus")
    assert "invalid choice: 'bogus'" in refused.stderr
    assert run(Airflow("2.5.1"), "dags list-runs -d nope --state bogus").exit_code == 1


def test_help_texts_begin_as_they_did() -> None:
    assert run(Airflow("2.5.1"), "dags -h").stdout.startswith("usage: ")
    assert run(Airflow("2.6.3"), "dags -h").stdout.startswith("Usage: ")


def test_airflow_1_10_has_no_history() -> None:
    assert command_history.command_history(airflow_version("1.10.12")).has_command("trigger_dag")
