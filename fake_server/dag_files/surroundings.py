"""What a DAG file can see of the Airflow that reads it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fake_server.airflow.deployment import Airflow
from fake_server.dag_files.values import words

#: What MWAA's Python has besides Airflow and its providers: some of apache-airflow's own requirements.
_WITH_AIRFLOW = words(
    "airflow alembic asgiref attr attrs boto3 botocore croniter cryptography dateutil fsspec google httpx "
    "jinja2 jsonschema jwt lockfile markupsafe mwaa_common opentelemetry packaging pandas pendulum psutil "
    "pygments pytz redis requests rich s3fs setproctitle simplejson sqlalchemy statsd tabulate tenacity "
    "typing_extensions watchtower werkzeug yaml"
)


class ReadVariables(Mapping[str, str]):
    """Airflow's variables, with a note of those that were looked at."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.seen: dict[str, str | None] = {}

    def __getitem__(self, key: str) -> str:
        self.seen[key] = self._values.get(key)
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def every_module(name: str) -> bool:  # noqa: ARG001 - the others look at it
    """Take every module for importable: which packages an environment has is not known."""
    return True


def module_is_known(name: str) -> bool:
    """Whether the standard library, Airflow or this Python has a top-level module ``name``. It is not imported."""
    if name in sys.stdlib_module_names or name in _WITH_AIRFLOW:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


@dataclass(frozen=True)
class Surroundings:
    """The moment, the variables and the configuration that a file is read with."""

    now: datetime
    variables: ReadVariables
    is_importable: Callable[[str], bool] = every_module
    #: The version of Airflow, as numbers.
    version: tuple[int, ...] = (2, 10, 5)
    catchup: bool = True
    retries: int = 0
    retry_delay: float = 300.0
    owner: str = "airflow"
    queue: str = "default"
    max_active_runs: int = 16
    max_active_tasks: int = 16
    paused: bool = True
    weight_rule: str = "downstream"

    @classmethod
    def of(cls, airflow: Airflow, is_importable: Callable[[str], bool] = every_module) -> Surroundings:
        """The surroundings that ``airflow`` gives its DAG files."""
        config = airflow.config
        return cls(
            now=airflow.clock.now(),
            variables=ReadVariables({variable.key: variable.value for variable in airflow.variables}),
            is_importable=is_importable,
            version=tuple(int(part) for part in airflow.version.number.split(".")),
            catchup=config.boolean("scheduler", "catchup_by_default"),
            retries=config.integer("core", "default_task_retries"),
            owner=config.get("operators", "default_owner"),
            queue=config.get("operators", "default_queue"),
            max_active_runs=config.integer("core", "max_active_runs_per_dag"),
            max_active_tasks=config.integer("core", "max_active_tasks_per_dag"),
            paused=config.boolean("core", "dags_are_paused_at_creation"),
        )
