from __future__ import annotations

import json

import pytest
import yaml

from fake_server.cli.output import render, wrapped
from tests.cli.conftest import Run

ROWS = [{"name": "a", "n": 1, "none": None, "list": ["x", True], "map": {"k": [1, None]}}]


def test_json_turns_every_scalar_into_text() -> None:
    assert json.loads(render(ROWS, "json")) == [
        {"name": "a", "n": "1", "none": None, "list": ["x", "True"], "map": {"k": ["1", None]}}
    ]


def test_yaml_is_sorted_and_ends_with_an_empty_line() -> None:
    text = render(ROWS, "yaml")
    assert yaml.safe_load(text) == json.loads(render(ROWS, "json"))
    assert text.endswith("\n\n")
    assert text.startswith("- list:")


def test_tables_join_lists_pad_lines_and_end_with_a_blank_one() -> None:
    lines = render(ROWS, "table").split("\n")
    assert lines[0] == "name | n | none | list   | map             "
    assert lines[1] == "=====+===+======+========+================="
    assert lines[2] == "a    | 1 | None | x,True | {'k': [1, None]}"
    assert lines[3] == " " * len(lines[0])
    assert lines[4:] == [""]


def test_tables_are_never_wider_than_200_columns() -> None:
    lines = render([{"key": "x" * 450, "other": "y"}], "table").split("\n")
    assert max(map(len, lines)) == 200
    assert sum(line.count("x") for line in lines) == 450


@pytest.mark.parametrize(
    ("output", "text"),
    [("table", "No data found\n"), ("plain", "No data found\n"), ("json", "[]\n"), ("yaml", "[]\n\n")],
)
def test_nothing_to_show(output: str, text: str) -> None:
    assert render([], output) == text


def test_the_terminal_of_the_machine_does_not_matter(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = command("dags list").stdout
    for name, value in {"COLUMNS": "40", "FORCE_COLOR": "1", "TERM": "xterm-256color", "NO_COLOR": ""}.items():
        monkeypatch.setenv(name, value)
    assert command("dags list").stdout == plain
    assert "\x1b" not in plain


def test_messages_fold_at_80_columns() -> None:
    assert max(map(len, wrapped("word " * 40).split("\n"))) <= 80


def test_markup_is_markup_as_in_airflow(command: Run) -> None:
    command("variables set [red]x[/red] v")
    assert command("variables list").stdout.split("\n")[2] == "x  "
    command("variables set [/red] v")
    broken = command("variables list")
    assert broken.exit_code == 1
    assert "rich.errors.MarkupError: closing tag '[/red]'" in broken.stderr
    assert json.loads(command("variables list -o json").stdout) == [{"key": "[red]x[/red]"}, {"key": "[/red]"}]
