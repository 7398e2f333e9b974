"""What a test holds in its hands: small views of an Airflow deployment that are pleasant to write tests with.

Each look first lets happen what was due by the clock, exactly as a request would, so a test never sees a run that a
client would see further on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fake_server import given_values
from fake_server.airflow.connections import Connection
from fake_server.airflow.errors import ConnectionNotFound, DagNotFound, PoolNotFound, VariableNotFound
from fake_server.settings import nearest

if TYPE_CHECKING:
    from fake_server.airflow.dags import DAG, Task
    from fake_server.airflow.deployment import Airflow
    from fake_server.airflow.pools import Pool
    from fake_server.airflow.runs import DagRun
    from fake_server.aws.environment import Environment


class DagHandle:
    """One DAG of an environment: what it is, its runs, and what a user would do with it.

    :raises DagNotFound: as KeyError too, naming the nearest DAG, whenever the environment does not have it.
    """

    def __init__(self, airflow: Airflow, dag_id: str) -> None:
        self._airflow = airflow
        self.dag_id = dag_id
        _ = self.dag

    def __repr__(self) -> str:
        return f"<DAG {self.dag_id}{' (paused)' if self.is_paused else ''}, {len(self.runs)} runs>"

    @property
    def dag(self) -> DAG:
        """The DAG itself."""
        with self._airflow.session() as airflow:
            try:
                return airflow.get_dag(self.dag_id)
            except DagNotFound:
                raise MissingDag(self.dag_id, [dag.dag_id for dag in airflow.dags_by_id]) from None

    @property
    def tasks(self) -> Mapping[str, Task]:
        """Its tasks by id."""
        return self.dag.tasks

    @property
    def is_paused(self) -> bool:
        """Whether its runs wait until it is unpaused."""
        return bool(self.dag.is_paused)

    @property
    def runs(self) -> list[DagRun]:
        """Its runs as they are now, oldest first."""
        with self._airflow.session() as airflow:
            return airflow.runs.of(self.dag_id)

    @property
    def last_run(self) -> DagRun:
        """Its newest run.

        :raises LookupError: when it has none.
        """
        runs = self.runs
        if not runs:
            raise LookupError(f"DAG {self.dag_id!r} has no run yet.")
        return runs[-1]

    def run(self, run_id: str) -> DagRun:
        """Its run of that id.

        :raises LookupError: naming the runs there are.
        """
        for run in self.runs:
            if run.run_id == run_id:
                return run
        known = [run.run_id for run in self.runs]
        raise LookupError(
            f"DAG {self.dag_id!r} has no run {run_id!r}.{nearest(run_id, known)} "
            f"It has: {', '.join(known) or 'none yet'}."
        )

    def trigger(
        self, conf: Mapping[str, Any] | None = None, *, run_id: str | None = None, logical_date: datetime | None = None
    ) -> DagRun:
        """Make a run, queued now, as somebody else would have; it moves along the clock.

        ``logical_date`` is in UTC unless it has a zone of its own; a missing one is now.

        :raises AirflowError: when Airflow would refuse it, for example because the run exists already.
        :raises ValueError: for a ``conf`` that is no JSON object, or something else that cannot be what it stands for.
        """
        if conf is not None:
            given_values.json_text(given_values.mapping(conf, "a run's conf"), "a run's conf")
        date = given_values.optional_moment(logical_date, "a run's logical_date")
        run_id = given_values.text(run_id, "a run's run_id") if run_id is not None else None
        with self._airflow.session() as airflow:
            return airflow.trigger_dag(self.dag_id, conf=conf, run_id=run_id, logical_date=date)

    def pause(self) -> None:
        """Keep its runs from starting."""
        self._set_paused(True)

    def unpause(self) -> None:
        """Let its runs start."""
        self._set_paused(False)

    def _set_paused(self, is_paused: bool) -> None:
        dag = self.dag
        with self._airflow.session() as airflow:
            airflow.set_paused(dag, is_paused)


class MissingDag(DagNotFound, KeyError):
    """A test asked for a DAG that the environment does not have."""

    def __init__(self, dag_id: str, known: list[str]) -> None:
        super().__init__(dag_id)
        self._text = (
            f"there is no DAG {dag_id!r}.{nearest(dag_id, known)} There are: {', '.join(known) or 'none'}. "
            "Make one with add_dag(), the setting 'dags', or a seed."
        )

    def __str__(self) -> str:
        return self._text


class VariablesMapping(MutableMapping[str, str]):
    """The environment's variables, key to text: ``mwaa.variables["bucket"] = "s3://data"``.

    Anything but text is stored as JSON, as ``Variable.set(..., serialize_json=True)`` does.
    """

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow

    def __getitem__(self, key: str) -> str:
        with self._airflow.session() as airflow:
            try:
                return airflow.variables.get(key).value
            except VariableNotFound:
                raise KeyError(f"there is no variable {key!r}.{nearest(key, list(self))}") from None

    def __setitem__(self, key: str, value: object) -> None:
        given_values.text(key, "a variable's key")
        stored = value if isinstance(value, str) else given_values.json_text(value, f"the value of variable {key!r}")
        with self._airflow.session() as airflow:
            airflow.variables.set(key, stored)

    def __delitem__(self, key: str) -> None:
        with self._airflow.session() as airflow:
            if not airflow.variables.delete(key):
                raise KeyError(f"there is no variable {key!r}.{nearest(key, list(self))}")

    def __contains__(self, key: object) -> bool:
        return key in list(self)

    def __iter__(self) -> Iterator[str]:
        with self._airflow.session() as airflow:
            return iter([variable.key for variable in airflow.variables])

    def __len__(self) -> int:
        return len(self._airflow.variables)

    def __repr__(self) -> str:
        # Keys only: values of variables are secrets as often as not.
        return f"<variables {', '.join(self) or 'none'}>"


class PoolsMapping(Mapping[str, "Pool"]):
    """The environment's pools by name."""

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow

    def add(self, name: str, slots: int, description: str | None = None, *, include_deferred: bool = False) -> Pool:
        """Make a pool; -1 slots are as many as anybody wants.

        :raises PoolRefused: when the name is taken.
        :raises ValueError: for a name or a number of slots that cannot be one.
        """
        given_values.text(name, "a pool's name")
        given_values.whole_number(slots, "a pool's number of slots", least=-1)
        given_values.optional_text(description, "a pool's description")
        with self._airflow.session() as airflow:
            return airflow.pools.create(name, slots, description, include_deferred)

    def __getitem__(self, name: str) -> Pool:
        with self._airflow.session() as airflow:
            try:
                return airflow.pools.get(name)
            except PoolNotFound:
                raise KeyError(f"there is no pool {name!r}.{nearest(name, list(self))}") from None

    def __delitem__(self, name: str) -> None:
        with self._airflow.session() as airflow:
            airflow.pools.delete(self[name].name)

    def __iter__(self) -> Iterator[str]:
        with self._airflow.session() as airflow:
            return iter([pool.name for pool in airflow.pools])

    def __len__(self) -> int:
        return len(self._airflow.pools)

    def __repr__(self) -> str:
        return f"<pools {', '.join(self)}>"


class ConnectionsMapping(Mapping[str, Connection]):
    """The environment's connections by id."""

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow

    def add(
        self,
        conn_id: str,
        conn_type: str,
        *,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: str | Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> Connection:
        """Store a connection, in place of any other of that id.

        :raises ValueError: for a value that cannot be one.
        """
        given_values.text(conn_id, "a connection's conn_id")
        given_values.text(conn_type, "a connection's conn_type")
        for name, value in (("host", host), ("login", login), ("schema", schema), ("description", description)):
            given_values.optional_text(value, f"a connection's {name}")
        given_values.secret(password, "a connection's password")
        if port is not None:
            given_values.whole_number(port, "a connection's port", least=0)
        text = extra if extra is None or isinstance(extra, str) else given_values.json_text(extra, "extra")
        connection = Connection(
            conn_id=conn_id,
            conn_type=conn_type,
            description=description,
            host=host,
            login=login,
            password=password,
            schema=schema,
            port=port,
            extra=text,
        )
        with self._airflow.session() as airflow:
            return airflow.connections.add(connection)

    def __getitem__(self, conn_id: str) -> Connection:
        with self._airflow.session() as airflow:
            try:
                return airflow.connections.get(conn_id)
            except ConnectionNotFound:
                raise KeyError(f"there is no connection {conn_id!r}.{nearest(conn_id, list(self))}") from None

    def __delitem__(self, conn_id: str) -> None:
        with self._airflow.session() as airflow:
            if not airflow.connections.delete(conn_id):
                raise KeyError(f"there is no connection {conn_id!r}.{nearest(conn_id, list(self))}")

    def __iter__(self) -> Iterator[str]:
        with self._airflow.session() as airflow:
            return iter([connection.conn_id for connection in airflow.connections])

    def __len__(self) -> int:
        return len(self._airflow.connections)

    def __repr__(self) -> str:
        return f"<connections {', '.join(self) or 'none'}>"


class ConfigurationMapping(MutableMapping[str, str]):
    """The environment's AirflowConfigurationOptions, ``section.option`` to text.

    Looking up an option that the environment does not set gives Airflow's own default. What is set takes effect at
    once, as if UpdateEnvironment had come to its end.

    :raises ConfigurationError: when an option is set that Airflow does not have, or that no Airflow would start with.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __getitem__(self, key: str) -> str:
        section, _, option = key.partition(".")
        try:
            return self._environment.airflow.config.get(section, option)
        except KeyError:
            raise KeyError(f"nobody sets or defines the configuration option {key!r}") from None

    def __setitem__(self, key: str, value: object) -> None:
        self._environment.airflow.config.check_known({key: str(value)})
        self.replace({**self._options, key: str(value)})

    def __delitem__(self, key: str) -> None:
        options = self._options
        del options[key]
        self.replace(options)

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)

    def __repr__(self) -> str:
        return f"<configuration {self._options}>"

    def replace(self, options: Mapping[str, str]) -> None:
        """Have these options, and none else."""
        before = self._options
        with self._environment.airflow.session() as airflow:
            airflow.config.update(options)
            try:
                self._environment.web_server.check_configuration()
            except ValueError:
                airflow.config.update(before)
                raise
        self._environment.settings["AirflowConfigurationOptions"] = dict(options)

    @property
    def _options(self) -> dict[str, str]:
        return dict(self._environment.airflow.config.options)
