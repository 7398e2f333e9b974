"""What the roles that every deployment begins with may do depends on the version."""

from __future__ import annotations

import pytest

from fake_server.airflow.default_roles import Permission, _read, default_roles
from fake_server.versions import VERSIONS, airflow_version


@pytest.mark.parametrize(
    ("role", "permission", "has", "has_not"),
    [
        ("Viewer", ("can_read", "Audit Logs"), "2.8.1", "2.9.2"),
        ("Viewer", ("can_read", "Pools"), "2.8.1", "2.7.2"),
        ("User", ("can_create", "Datasets"), "2.9.2", "2.8.1"),
        ("Admin", ("muldelete", "SLA Misses"), "2.5.1", "2.4.3"),
        ("Admin", ("muldelete", "SLA Misses"), "2.7.2", "2.8.1"),
        ("Admin", ("set_failed", "Task Instances"), "2.0.2", "2.6.3"),
    ],
)
def test_permissions_come_and_go(role: str, permission: Permission, has: str, has_not: str) -> None:
    assert permission in default_roles(airflow_version(has))[role]
    assert permission not in default_roles(airflow_version(has_not))[role]


def test_the_history_names_versions_that_mwaa_offers() -> None:
    entries = [entry for role in _read("roles_history.json").values() for entry in role]
    assert {entry[bound] for entry in entries for bound in ("since", "until") if bound in entry} <= set(VERSIONS)


def test_what_came_and_stayed_is_there_now() -> None:
    newest = default_roles(airflow_version("2.11.2"))
    for role, entries in _read("roles_history.json").items():
        for entry in entries:
            assert ((entry["action"], entry["resource"]) in newest[role]) is ("until" not in entry)
