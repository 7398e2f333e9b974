from __future__ import annotations

import pytest

from fake_server.cli.support import supported_commands, unsupported
from fake_server.versions import airflow_version


@pytest.mark.parametrize(
    ("number", "text", "refused"),
    [
        ("2.10.5", "dags trigger etl", None),
        ("2.10.5", "dags list-runs -d etl", None),
        ("2.10.5", "dags details etl", None),
        ("2.10.5", "users create -u x", "users create"),
        ("2.10.5", "pools list", "pools list"),
        ("2.10.5", "connections get c", "connections get"),
        ("2.10.5", "connections add c", None),
        ("2.10.5", "variables export v.json", "variables export"),
        ("2.10.5", "webserver", "webserver"),
        ("2.10.5", "db init", "db init"),
        ("2.10.5", "db clean --clean-before-timestamp 2024-01-01", None),
        ("2.10.5", "dags show etl", None),
        ("2.10.5", "dags show etl --save x.png", "dags show --save"),
        ("2.10.5", "dags show etl --sav x.png", "dags show --save"),
        ("2.10.5", "dags show", None),
        ("2.10.5", "dags test etl --show-dagrun", "dags test --show-dagrun"),
        ("2.10.5", "bogus", None),
        ("2.10.5", "", None),
        ("2.10.5", "--help", None),
        ("2.0.2", "dags list", "dags list"),
        ("2.2.2", "dags list", None),
        ("2.2.2", "db clean", None),
        ("2.2.2", "dags report", None),
        ("1.10.12", "trigger_dag etl", None),
        ("1.10.12", "connections -l", "connections"),
        ("1.10.12", "config", "config"),
        ("1.10.12", "dags list", None),
        ("2.4.3", "db clean", None),
        ("2.5.1", "roles add-perms", "roles add-perms"),
        ("2.6.3", "roles add-perms", None),
    ],
)
def test_what_mwaa_does_not_run(number: str, text: str, refused: str | None) -> None:
    assert unsupported(airflow_version(number), text.split()) == refused


def test_later_versions_support_what_earlier_ones_did() -> None:
    earlier: set[str] = set()
    for number in ("2.0.2", "2.2.2", "2.4.3", "2.6.3", "2.7.2", "2.8.1", "2.10.5"):
        supported = set(supported_commands(airflow_version(number)))
        assert earlier < supported
        earlier = supported
