from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_server.airflow.deployment import Airflow
from fake_server.cli.command_line import CommandSyntaxError, answered_commands, run, split
from fake_server.cli.commands import command_tree
from fake_server.cli.dialect import Dialect
from fake_server.cli.support import supported_commands
from fake_server.cli.v1_10.dialect import DIALECT as AIRFLOW_1_10
from fake_server.cli.v2.dialect import DIALECT as AIRFLOW_2
from fake_server.versions import VERSIONS, airflow_version
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dags list", ("dags", "list")),
        ("airflow dags list", ("dags", "list")),
        ("  dags\n\tlist  \r\n", ("dags", "list")),
        ("", ()),
        ("airflow", ()),
        ("""dags trigger etl -c '{"k": "v"}'""", ("dags", "trigger", "etl", "-c", '{"k": "v"}')),
        (r'''dags trigger etl -c "{\"k\": \"v\"}"''', ("dags", "trigger", "etl", "-c", '{"k": "v"}')),
        ("variables set k ''", ("variables", "set", "k", "")),
        ("variables set grün ✓", ("variables", "set", "grün", "✓")),
        ("variables set k a\u00a0b", ("variables", "set", "k", "a\u00a0b")),
    ],
)
def test_words_are_split_as_in_a_shell(text: str, words: tuple[str, ...]) -> None:
    assert split(text) == words


def test_a_list_of_words_is_taken_as_it_is() -> None:
    assert split(["airflow", "variables", "set", "k", 'a "b'])[-1] == 'a "b'


@pytest.mark.parametrize("text", ["variables set k 'v", 'variables set k "v', "variables set k v\\"])
def test_unbalanced_quotes_are_an_error_that_names_them(text: str, command: Run) -> None:
    with pytest.raises(CommandSyntaxError, match="balanced quotes"):
        split(text)
    result = command(text)
    assert result.exit_code == 2
    assert "balanced quotes" in result.stderr
    assert result.stdout == ""


def test_a_nul_is_an_error_that_names_the_word(command: Run) -> None:
    result = command("variables set k a\0b")
    assert result.exit_code == 2
    assert "word 4" in result.stderr
    assert "NUL" in result.stderr


@pytest.mark.parametrize("value", ["a;b", "a|b", "$(id)", "`id`", "$HOME", "a&&b", "*", "~", "a>b", "#c"])
def test_nothing_of_a_shell_is_special_but_quotes(value: str, command: Run, tmp_path: Path) -> None:
    assert command(f"variables set k {value}").exit_code == 0
    assert command("variables get k").stdout == f"{value}\n"


def test_nothing_is_executed(command: Run, tmp_path: Path) -> None:
    target = tmp_path / "made"
    command(f"variables set k $(touch {target})")
    command(f"variables set k v; touch {target}")
    command(f"variables export {target}")
    assert not target.exists()


def test_a_megabyte_is_a_value_like_any_other(command: Run) -> None:
    value = "x" * 1_000_000
    assert command(f"variables set big {value}").exit_code == 0
    assert command("variables get big").stdout == value + "\n"


def test_control_characters_are_kept(command: Run) -> None:
    command(["variables", "set", "k", "a\x07\x1b[31mb\x7f"])
    assert command("variables get k").stdout == "a\x07\x1b[31mb\x7f\n"


def test_the_result_says_what_was_run(command: Run) -> None:
    result = command("airflow version")
    assert (result.argv, result.exit_code, result.stdout, result.stderr) == (("version",), 0, "2.10.5\n", "")


def test_log_lines_have_double_braces_and_can_be_left_out(airflow: Airflow) -> None:
    text = "dags trigger etl -o json -e "
    double = run(airflow, text + "2024-01-01").stdout
    single = run(airflow, text + "2024-01-02", log_format="single").stdout
    none = run(airflow, text + "2024-01-03", log_lines=False).stdout
    assert " {{__init__.py:43}} INFO - Loaded API auth backend: airflow.api.auth.backend.session\n" in double
    assert " {__init__.py:43} INFO" in single
    assert json.loads(none)[0]["dag_id"] == "etl"
    with pytest.raises(ValueError, match="double, single"):
        run(airflow, "dags trigger etl", log_format="triple")


def test_log_lines_tell_the_time_of_the_environment(airflow: Airflow) -> None:
    airflow.clock.advance(86_400 * 400)
    year = airflow.clock.now().year
    assert run(airflow, "dags trigger etl").stdout.startswith(f"[{year}-")


def test_every_command_that_mwaa_supports_is_answered() -> None:
    for number in VERSIONS:
        version = airflow_version(number)
        for name in supported_commands(version):
            if tuple(name.split()) in command_tree(version).commands:
                assert name in answered_commands(version)


@pytest.mark.parametrize(("number", "dialect"), [("1.10.12", AIRFLOW_1_10), ("2.10.5", AIRFLOW_2)])
def test_every_handler_belongs_to_a_command(number: str, dialect: Dialect) -> None:
    version = airflow_version(number)
    assert set(dialect.handlers) == answered_commands(version)
    assert set(dialect.events) <= set(dialect.handlers)


def test_commands_that_run_for_good_say_that_they_cannot(command: Run) -> None:
    result = command("webserver")
    assert result.exit_code == 1
    assert "airflow webserver" in result.stderr
