from __future__ import annotations

import pytest

from fake_server.airflow.errors import UserRefused
from fake_server.airflow.security import Security
from fake_server.clock import Clock
from fake_server.versions import DEFAULT_VERSION, airflow_version


@pytest.fixture
def security() -> Security:
    return Security(Clock(), airflow_version(DEFAULT_VERSION))


def test_the_default_roles_exist(security: Security) -> None:
    assert {role.name for role in security.roles} >= {"Admin", "Op", "User", "Viewer", "Public"}
    public = security.find_role("Public")
    assert public is not None
    assert public.permissions == frozenset()


def test_a_password_is_checked_and_never_shown(security: Security) -> None:
    user = security.add_user("me", "geheim", "Op")
    assert security.authenticate("me", "geheim") is user
    for name, password in (("me", "Geheim"), ("me", ""), ("you", "geheim"), ("", ""), ("me", "\udc80")):
        assert security.authenticate(name, password) is None
    assert "geheim" not in repr(user)
    security.set_password(user, "new")
    assert security.authenticate("me", "geheim") is None
    assert security.authenticate("me", "new") is user


def test_without_a_password_nobody_logs_in_with_one(security: Security) -> None:
    security.add_user("me")
    assert security.authenticate("me", "") is None


def test_inactive_users_do_not_log_in(security: Security) -> None:
    security.add_user("me", "pw", active=False)
    assert security.authenticate("me", "pw") is None


def test_two_users_with_one_password_have_different_hashes(security: Security) -> None:
    assert security.add_user("a", "pw").password_hash != security.add_user("b", "pw").password_hash


def test_a_renamed_user_keeps_the_password(security: Security) -> None:
    user = security.add_user("me", "pw")
    security.rename_user(user, "you")
    assert security.authenticate("you", "pw") is user
    assert security.authenticate("me", "pw") is None
    security.delete_user(user)
    assert security.users == []


def test_names_and_roles_are_checked(security: Security) -> None:
    security.add_user("me")
    with pytest.raises(UserRefused, match="me already exist in the db"):
        security.add_user("me")
    with pytest.raises(UserRefused, match="Boss is not a valid role"):
        security.add_user("you", role=["Op", "Boss"])
    assert security.find_user("you") is None


def test_users_are_found_by_address(security: Security) -> None:
    user = security.add_user("me", email="Me@Example.com")
    assert security.find_user_by_email("me@example.COM") is user
    assert security.find_user_by_email("x") is None


def test_permissions_are_those_of_all_roles(security: Security) -> None:
    security.add_role("reader", [("can_read", "DAGs")])
    security.add_role("writer", [("can_edit", "DAGs")])
    user = security.add_user("me", role=["reader", "writer"])
    assert user.may([("can_read", "DAGs"), ("can_edit", "DAGs")])
    assert not user.may([("can_delete", "DAGs")])
    assert user.may([])


def test_a_permission_on_one_dag_is_for_that_dag(security: Security) -> None:
    security.add_role("etl", [("can_read", "DAG:etl")])
    user = security.add_user("me", role="etl")
    assert user.may([("can_read", "DAGs")], "etl")
    assert not user.may([("can_read", "DAGs")], "other")
    assert not user.may([("can_read", "DAGs")])


def test_roles_are_made_renamed_and_deleted(security: Security) -> None:
    role = security.add_role("r", [("can_read", "DAGs")])
    assert security.add_role("r", [("can_edit", "DAGs")]) is role
    assert len(role.permissions) == 2
    user = security.add_user("me", role="r")
    security.rename_role(role, "s")
    assert security.find_role("r") is None
    assert user.may([("can_read", "DAGs")])
    security.delete_role(role)
    assert user.roles == ()


def test_there_may_be_permissions_on_more_than_roles_have(security: Security) -> None:
    assert {"DAGs", "View Menus", "IndexView"} <= security.permission_resources
    assert not {"DAG:etl", "Own"} & security.permission_resources
    security.add_dag_resources("etl")
    security.add_role("Operator", [("can_read", "Own")])
    assert {"DAG:etl", "DAG Run:etl", "Own"} <= security.permission_resources


def test_one_deployments_roles_are_not_anothers(security: Security) -> None:
    security.add_role("Viewer", [("can_delete", "DAGs")])
    other = Security(Clock(), airflow_version(DEFAULT_VERSION)).find_role("Viewer")
    assert other is not None
    assert ("can_delete", "DAGs") not in other.permissions
