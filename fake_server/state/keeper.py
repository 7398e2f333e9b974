"""Keeps all environments in a state file: has them again at the start, and then writes whatever has changed."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_server.airflow.errors import ConfigurationError
from fake_server.aws.environment import Environment
from fake_server.aws.environments import all_environments
from fake_server.aws.models import mwaa_backends
from fake_server.state.deployment_rows import DamagedRows, DeploymentRows, Row, restore
from fake_server.state.file import Place, StateFile, StateFileError
from fake_server.state.objects import as_bytes, form_of_objects, from_bytes

if TYPE_CHECKING:
    from fake_server.options import EnvironmentOptions

#: Grows when what rows mean changes, though the attributes of what is in them stay.
_FORM = 1
_ENVIRONMENT: Row = ("environment", "")


class Keeper:
    """The state file at ``path``, from now until :meth:`close`.

    :raises StateFileError: when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path, f"{_FORM}-{form_of_objects()}")
        self._lock = threading.Lock()
        self._found: dict[str, dict[Row, bytes]] = {}
        for (environment, kind, name), content in self._file.rows():
            self._found.setdefault(environment, {})[kind, name] = content
        #: What the file has, by environment.
        self._kept: dict[str, set[Row]] = {environment: set(rows) for environment, rows in self._found.items()}
        self._deployments: dict[str, DeploymentRows] = {}
        self._environments: dict[str, bytes] = {}
        #: What has changed and is not in the file yet.
        self._unwritten: dict[Place, bytes | None] = {}

    def __repr__(self) -> str:
        return f"<Keeper of {self._file.path}>"

    def restore(self, options_of: Callable[[Mapping[str, Any]], EnvironmentOptions]) -> list[Environment]:
        """Have the environments again that the file holds; ``options_of`` an environment's memory says how to treat it.

        What was due while nobody looked has happened then, each at its time.

        :raises StateFileError: when what the file holds makes no environments.
        """
        found, self._found = self._found, {}
        try:
            return [self._restored(rows, options_of) for rows in found.values()]
        except (pickle.UnpicklingError, DamagedRows, ConfigurationError, KeyError, TypeError, EOFError) as error:
            raise StateFileError(
                f"{self._file.path} holds an environment that cannot be had again: {error} Put another copy of the "
                "file in its place, or remove it to begin anew."
            ) from error

    def write(self) -> None:
        """Put into the file what has changed since the last time.

        :raises StateFileError: when that is not possible; what could not be written is tried again next time.
        """
        with self._lock:
            environments = {each.id.hex: each for each in all_environments() if each.status != "DELETED"}
            for gone in self._kept.keys() - environments.keys():
                self._unwritten.update({(gone, kind, name): None for kind, name in self._kept.pop(gone)})
                self._deployments.pop(gone, None)
                self._environments.pop(gone, None)
            for name, environment in environments.items():
                self._look(name, environment)
            if self._unwritten:
                self._file.write(self._unwritten)
                self._unwritten = {}

    def _look(self, name: str, environment: Environment) -> None:
        deployment = self._deployments.get(name)
        if deployment is None:
            deployment = self._deployments[name] = DeploymentRows(environment.airflow)
        with environment.airflow.as_it_stands():
            changes = deployment.changes()
        memory = as_bytes(environment.memory(), _no_references)
        if self._environments.get(name) != memory:
            changes[_ENVIRONMENT] = self._environments[name] = memory
        kept = self._kept.setdefault(name, set())
        for row, content in changes.items():
            self._unwritten[name, row[0], row[1]] = content
            (kept.discard if content is None else kept.add)(row)

    def _restored(
        self, rows: dict[Row, bytes], options_of: Callable[[Mapping[str, Any]], EnvironmentOptions]
    ) -> Environment:
        memory = from_bytes(rows.pop(_ENVIRONMENT), _no_references)
        options = options_of(memory)
        environment = Environment.remembered(memory, options)
        restore(environment.airflow, rows)
        environment.airflow.scheduler.enabled = options.scheduler
        mwaa_backends[environment.account_id][environment.region].environments[environment.name] = environment
        with environment.airflow.session():
            return environment

    def close(self) -> None:
        """Let others have the file. Call it before the environments are taken down, which is no change to be kept."""
        with self._lock:
            self._file.close()


def _no_references(_: Any) -> Any:
    return None
