"""What a test finds in an environment and puts into it: DAGs, variables, users, the clock, the journal, faults."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fake_server import given_values
from fake_server.airflow.dags import DAG, Task, named_tasks
from fake_server.handles import ConfigurationMapping, ConnectionsMapping, DagHandle, PoolsMapping, VariablesMapping
from fake_server.settings import nearest

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow
    from fake_server.airflow.security import User
    from fake_server.assumptions import Assumptions
    from fake_server.aws.environment import Environment
    from fake_server.clock import Clock
    from fake_server.faults import Faults
    from fake_server.journal import Journal


class EnvironmentContents(ABC):
    """The part of :class:`~fake_server.FakeMWAA` that looks at a running environment, whatever made it run."""

    @property
    @abstractmethod
    def environment(self) -> Environment:
        """The environment itself, as AWS's control plane knows it."""

    @property
    def airflow(self) -> Airflow:
        """The deployment itself; use it in ``with mwaa.airflow.session():``."""
        return self.environment.airflow

    @property
    def clock(self) -> Clock:
        """Its clock; ``clock.advance(61)`` lets a token expire."""
        return self.environment.clock

    @property
    def journal(self) -> Journal:
        """Every request that reached it."""
        return self.environment.journal

    @property
    def faults(self) -> Faults:
        """What shall go wrong: ``faults.add(path="/aws_mwaa/cli", status=502)``."""
        return self.environment.faults

    @property
    def assumptions(self) -> Assumptions:
        """What is assumed about MWAA, settable by item."""
        return self.environment.assumptions

    @property
    def variables(self) -> VariablesMapping:
        """Airflow's variables: ``variables["bucket"] = "s3://data"``."""
        return VariablesMapping(self.airflow)

    @property
    def pools(self) -> PoolsMapping:
        """Airflow's pools by name, with ``add()``."""
        return PoolsMapping(self.airflow)

    @property
    def connections(self) -> ConnectionsMapping:
        """Airflow's connections by id, with ``add()``."""
        return ConnectionsMapping(self.airflow)

    @property
    def config(self) -> ConfigurationMapping:
        """The AirflowConfigurationOptions: ``config["api.maximum_page_limit"] = "50"`` takes effect at once."""
        return ConfigurationMapping(self.environment)

    @property
    def failures(self) -> list[str]:
        """What went wrong in a way that the test itself shall fail for."""
        return list(self.environment.failures)

    def add_dag(
        self,
        dag: str | DAG,
        *,
        tasks: str | Mapping[str, Task] | Iterable[Task | str] = ("task",),
        paused: bool = False,
        **fields: Any,
    ) -> DagHandle:
        """Add a DAG, as if its file had just been parsed.

        ``dag`` is its id, or a :class:`DAG` that is taken as it is, without further keywords. ``tasks`` are names, one
        below the other, or :class:`Task` objects; ``fields`` are those of :class:`DAG`, such as ``schedule``,
        ``params`` and ``tags``. The DAG is unpaused unless ``paused``, whatever ``core.dags_are_paused_at_creation``
        says. A DAG that is there already gets the new definition, and keeps its runs and whether it is paused.

        :raises TypeError: for a field that a DAG does not have, naming the nearest.
        :raises ValueError: for a value that a field does not take, naming the field.
        """
        _check_fields(fields)
        if isinstance(dag, DAG):
            if fields or paused or tasks != ("task",):
                raise TypeError("add_dag() takes a DAG object as it is; give its tasks and fields to DAG() itself.")
            made = dag
        else:
            made = DAG(dag, tasks=named_tasks(tasks), is_paused=paused, **fields)
        with self.airflow.session() as airflow:
            airflow.add_dag(made)
        return self.dag(made.dag_id)

    def dag(self, dag_id: str) -> DagHandle:
        """The DAG of that id.

        :raises KeyError: naming the nearest, when there is none.
        """
        return DagHandle(self.airflow, dag_id)

    def add_user(self, username: str, password: str | None = None, role: str | Iterable[str] = "Admin") -> User:
        """Add a user of Airflow. On the real MWAA nobody has a password; here one can have one, for ``basic_auth``.

        :raises UserRefused: when the name is taken or the role does not exist.
        :raises ValueError: for a name, password or role that is no text.
        """
        given_values.text(username, "a user's username")
        given_values.secret(password, "a user's password")
        roles = given_values.names(role, "a user's role")
        with self.airflow.session() as airflow:
            return airflow.security.add_user(username, password, roles)

    def add_password_auth_user(self, username: str, password: str) -> None:
        """Add a user for the ``password_auth`` backend of Airflow 1.10, which has a table of users to itself.

        :raises UserRefused: when the name is taken.
        """
        with self.airflow.session() as airflow:
            airflow.password_auth_users.add(username, password)


def _check_fields(fields: Mapping[str, Any]) -> None:
    known = dict.fromkeys(["tasks", "paused", *(each.name for each in dataclasses.fields(DAG) if each.init)])
    for name in fields:
        if name not in known:
            choices = ", ".join(field for field in known if field not in {"dag_id", "is_paused"})
            raise TypeError(f"add_dag() has no keyword {name!r}.{nearest(name, [*known])} It takes: {choices}.")
