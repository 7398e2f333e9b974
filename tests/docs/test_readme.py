"""What the README's first screen counts is so."""

from __future__ import annotations

import re

from fake_server.aws.operations import service_model
from fake_server.cli.command_line import answered_commands
from fake_server.cli.commands import command_tree
from fake_server.cli.support import supported_commands
from fake_server.versions import DEFAULT_VERSION, airflow_version
from fake_server.web.experimental.routes import routes_of
from fake_server.web.v1.operations import all_operations
from tests.examples.documents import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_operations_of_the_control_plane() -> None:
    assert f"all {len(service_model().operation_names)} operations of botocore's" in README


def test_operations_of_the_rest_api() -> None:
    assert f"all {len(all_operations())} operations of Airflow" in README


def test_routes_of_the_experimental_api() -> None:
    assert f"all {len(routes_of(airflow_version(DEFAULT_VERSION)).table)} routes of Airflow" in README


def test_commands() -> None:
    version = airflow_version(DEFAULT_VERSION)
    names = {" ".join(words) for words in command_tree(version).commands}

    assert f"all {len(names)} commands of Airflow" in README
    assert f"are parsed and {len(names & answered_commands(version))} of them answered" in README
    assert set(supported_commands(version)) <= answered_commands(version)


def test_the_first_example_has_ten_lines() -> None:
    first = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    body = first.partition("def ")[2].splitlines()[1:]

    assert len([line for line in body if line.strip()]) <= 10
