"""Variables, pools, connections and the audit log."""

from __future__ import annotations

import pytest
import time_machine

from fake_server.airflow.audit import AuditLog
from fake_server.airflow.connections import Connection, Connections
from fake_server.airflow.errors import ConnectionNotFound, PoolNotFound, PoolRefused, VariableNotFound
from fake_server.airflow.pools import Pools
from fake_server.airflow.variables import Variables
from fake_server.clock import Clock
from tests.airflow.stage import NOW


def test_overwriting_a_variable_moves_it_to_the_end() -> None:
    variables = Variables()
    variables.set("a", "1", "first")
    variables.set("b", "2")
    variables.set("a", "3")
    assert [(row.id, row.key, row.value, row.description) for row in variables] == [
        (2, "b", "2", None),
        (3, "a", "3", None),
    ]
    assert "a" in variables
    assert len(variables) == 2


def test_variables_that_are_not_there() -> None:
    variables = Variables()
    assert variables.find("a") is None
    assert variables.delete("a") is False
    with pytest.raises(VariableNotFound, match="Variable a does not exist"):
        variables.get("a")


def test_renaming_a_variable_keeps_its_row() -> None:
    variables = Variables()
    variables.set("a", "1")
    variables.set("b", "2")
    variables.rename("a", "c")
    assert [row.key for row in variables] == ["c", "b"]
    assert variables.delete("c") is True


def test_pools() -> None:
    pools = Pools(5)
    assert [(pool.name, pool.slots, pool.description) for pool in pools] == [("default_pool", 5, "Default pool")]
    pool = pools.create("p", 3, "mine", include_deferred=True)
    assert pools.get("p") is pool
    assert len(pools) == 2
    with pytest.raises(PoolRefused, match="already exists"):
        pools.create("p", 1)
    with pytest.raises(PoolRefused, match="default_pool cannot be deleted"):
        pools.delete("default_pool")
    with pytest.raises(PoolNotFound, match="Pool 'nope' doesn't exist"):
        pools.delete("nope")
    pools.rename("p", "q")
    assert [each.name for each in pools] == ["default_pool", "q"]
    with pytest.raises(PoolRefused):
        pools.rename("q", "default_pool")
    assert pools.delete("q") is pool
    assert pools.find("q") is None


def test_connections() -> None:
    connections = Connections()
    row = connections.add(Connection("c", "http", password="secret", extra='{"key": "secret"}'))
    assert connections.get("c") is row
    assert "secret" not in repr(row)
    connections.add(Connection("c", "ftp"))
    assert [(each.id, each.conn_type) for each in connections] == [(2, "ftp")]
    assert connections.delete("c") is True
    assert connections.delete("c") is False
    with pytest.raises(ConnectionNotFound, match="The conn_id `c` isn't defined"):
        connections.get("c")


def test_audit_rows_are_dated_by_the_deployments_clock() -> None:
    clock = Clock()
    audit = AuditLog(clock)
    with time_machine.travel(NOW, tick=False):
        first = audit.record("api.post_dag_run", "admin", dag_id="d", extra="{}")
        clock.advance(5)
        second = audit.record("cli_scheduler", "root")
    assert (first.id, first.when, first.dag_id, first.owner) == (1, NOW, "d", "admin")
    assert (second.when - first.when).total_seconds() == 5
    assert list(audit) == [first, second]
    assert audit.get(2) is second
    assert audit.get(3) is None
    assert len(audit) == 2
