from __future__ import annotations

import pytest

from fake_server.cli.commands import Argument, command_tree
from fake_server.cli.usage import command_help
from fake_server.versions import airflow_version
from tests.cli.conftest import Run


def test_a_missing_argument_prints_the_command_s_usage_and_the_complaint(command: Run) -> None:
    result = command("dags trigger")
    assert result.exit_code == 2
    assert result.stdout.startswith("Usage: airflow dags trigger [-h] [-c CONF] [-e EXEC_DATE]\n")
    assert (
        result.stderr
        == "\nairflow dags trigger command error: the following arguments are required: dag_id, see help above.\n"
    )


@pytest.mark.parametrize("text", ["dags trigger etl --bogus", "--bogus dags trigger etl", "dags --bogus trigger etl"])
def test_unknown_options_print_the_top_level_help(text: str, command: Run) -> None:
    result = command(text)
    assert result.exit_code == 2
    assert result.stdout.startswith("Usage: airflow [-h] GROUP_OR_COMMAND ...\n")
    assert result.stderr == "\nairflow command error: unrecognized arguments: --bogus, see help above.\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "airflow command error: the following arguments are required: GROUP_OR_COMMAND"),
        ("dags", "airflow dags command error: the following arguments are required: COMMAND"),
        (
            "bogus",
            "airflow command error: argument GROUP_OR_COMMAND: invalid choice: 'bogus' (choose from 'cheat-sheet'",
        ),
        ("dags bogus", "airflow dags command error: argument COMMAND: invalid choice: 'bogus' (choose from 'backfill'"),
        ("trigger_dag x", "`airflow trigger_dag` command, has been removed, please use `airflow dags trigger`"),
        ("dags state etl 99999999999999999999", "invalid parse value: '99999999999999999999'"),
        ("dags trigger etl extra", "airflow command error: unrecognized arguments: extra"),
        ("dags trigger etl -e nodate", "argument -e/--exec-date: invalid parse value: 'nodate'"),
        (
            "dags list -o xml",
            "argument -o/--output: invalid choice: 'xml' (choose from 'table', 'json', 'yaml', 'plain')",
        ),
        ("dags list -o", "argument -o/--output: expected one argument"),
        ("dags next-execution etl -n 0", "argument -n/--num-executions: invalid positive int value: '0'"),
        ("pools set p x d", "argument slots: invalid int value: 'x'"),
        ("tasks test etl extract --env-vars {bad", "argument --env-vars: invalid loads value: '{bad'"),
        ("dags list --local", "unrecognized arguments: --local"),
        ("list_tasks etl", "please use `airflow tasks list`"),
    ],
)
def test_refusals_are_argparse_s(text: str, complaint: str, command: Run) -> None:
    result = command(text)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert result.stdout.startswith("Usage: airflow")


def test_options_may_be_abbreviated_and_glued(command: Run) -> None:
    assert command("dags list --outp json").stdout == command("dags list -ojson").stdout
    assert command("variables get --def x nope").stdout == "x\n"


@pytest.mark.parametrize("text", ["--help", "-h", "dags --help", "dags --he", "dags trigger -h", "version --help"])
def test_help_is_no_error(text: str, command: Run) -> None:
    result = command(text)
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: airflow")
    assert result.stderr == ""


def test_usage_keeps_hidden_arguments_to_itself() -> None:
    tree = command_tree(airflow_version("2.10.5"))
    run = tree.commands["tasks", "run"]
    assert any(argument.hidden for argument in run.arguments)
    assert "--job-id" not in command_help(tree.layout, run)


def test_placeholders() -> None:
    assert Argument("run_id", ("-r", "--run-id")).placeholder == "RUN_ID"
    assert Argument("state", ("--state",), choices=("a", "b")).placeholder == "{a,b}"
    assert Argument("dag_id").placeholder == "dag_id"


def test_help_of_every_command_can_be_printed(command: Run) -> None:
    for words in command_tree(airflow_version("2.10.5")).commands:
        result = command([*words, "--help"])
        assert result.exit_code == 0
        assert max(map(len, result.stdout.splitlines()[0:1])) <= 130


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-01-02", "2024-01-02T00:00:00+00:00"),
        ("2024-01-02T03:04:05+05:30", "2024-01-02T03:04:05+05:30"),
        ("20240102T030405", "2024-01-02T03:04:05+00:00"),
        ("8 Mar 2024", "2024-03-08T00:00:00+00:00"),
        ("2024-W05", "2024-01-29T00:00:00+00:00"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, iso: str, command: Run) -> None:
    result = command(["dags", "trigger", "etl", "-e", text, "-o", "json"], log_lines=False)
    assert f'"dag_run_id": "manual__{iso}"' in result.stdout
