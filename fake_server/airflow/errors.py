"""Every refusal of the domain and its words, in one place.

The text of each error is what Airflow's own exception says (clients see it in tracebacks of the command line and in
error bodies of the experimental API). The REST API has words of its own per endpoint; those stand with its endpoints,
which read the attributes here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fake_server.airflow.runs import DagRun


class AirflowError(Exception):
    """Base of all refusals; ``exception_name`` is the dotted name under which Airflow's tracebacks show it."""

    exception_name = "airflow.exceptions.AirflowException"


class DagNotFound(AirflowError):
    """No DAG with that id is known to the database."""

    exception_name = "airflow.exceptions.DagNotFound"

    def __init__(self, dag_id: str) -> None:
        super().__init__(f"Dag id {dag_id} not found in DagModel")
        self.dag_id = dag_id


class DagRunNotFound(AirflowError):
    """No such run of that DAG."""

    exception_name = "airflow.exceptions.DagRunNotFound"

    def __init__(self, dag_id: str, run_id: str) -> None:
        super().__init__(f"DagRun for {dag_id} with run_id or execution_date of {run_id!r} not found")
        self.dag_id = dag_id
        self.run_id = run_id


class DagRunAlreadyExists(AirflowError):
    """A run with the same id or the same logical date exists; the words, which a version has of its own, name the new.

    Where dates are not checked (Airflow 1.10) there is no ``logical_date``.
    """

    exception_name = "airflow.exceptions.DagRunAlreadyExists"

    def __init__(self, words: str, existing: DagRun, run_id: str, logical_date: datetime | None) -> None:
        super().__init__(words)
        self.existing = existing
        self.run_id = run_id
        self.logical_date = logical_date


class SeveralDagRunsExist(DagRunAlreadyExists):
    """One run has the id and another the logical date, which Airflow's look for a duplicate does not expect."""

    exception_name = "sqlalchemy.exc.MultipleResultsFound"

    def __init__(self, words: str, existing: DagRun, run_id: str, logical_date: datetime | None) -> None:
        super().__init__(words, existing, run_id, logical_date)
        self.args = ("Multiple rows were found when one or none was required",)


class LogicalDateTaken(AirflowError):
    """The database refused a second run of the same logical date, where nobody looked before (Airflow 1.10)."""

    exception_name = "sqlalchemy.exc.IntegrityError"

    def __init__(self, existing: DagRun) -> None:
        super().__init__("(sqlite3.IntegrityError) UNIQUE constraint failed: dag_run.dag_id, dag_run.execution_date")
        self.existing = existing


class InvalidRunId(AirflowError):
    """A run id with characters that the deployment does not allow."""


class ReservedRunId(AirflowError, ValueError):
    """A manual run asked for an id that looks like that of a scheduled, backfill or dataset-triggered run."""

    exception_name = "ValueError"

    def __init__(self, run_id: str, run_type: str) -> None:
        super().__init__(f"A manual DAG run cannot use ID {run_id!r} since it is reserved for {run_type} runs")


class ConfNotAnObject(AirflowError):
    """The conf of a run is JSON, but no object."""

    def __init__(self, refusal: Exception) -> None:
        super().__init__(str(refusal))
        self.exception_name = type(refusal).__name__


class ParamValidationError(AirflowError):
    """The conf of a run does not fit the DAG's params."""

    exception_name = "airflow.exceptions.ParamValidationError"


class TaskNotFound(AirflowError):
    """The DAG has no task of that id."""

    exception_name = "airflow.exceptions.TaskNotFound"

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} not found")
        self.task_id = task_id


class TaskInstanceNotFound(AirflowError):
    """The run has no such task instance."""

    exception_name = "airflow.exceptions.TaskInstanceNotFound"

    def __init__(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> None:
        super().__init__(
            f"TaskInstance for {dag_id}, {task_id}, map={map_index} with run_id or execution_date of {run_id!r} "
            "not found"
        )
        self.dag_id = dag_id
        self.run_id = run_id
        self.task_id = task_id
        self.map_index = map_index


class TaskInstancesStillRunning(AirflowError):
    """A DAG cannot be deleted while one of its task instances runs."""

    def __init__(self, dag_id: str) -> None:
        super().__init__("TaskInstances still running")
        self.dag_id = dag_id


class DatasetNotFound(AirflowError):
    """No DAG names a dataset of that URI."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"Dataset with uri: '{uri}' not found")
        self.uri = uri


class VariableNotFound(AirflowError):
    """No variable with that key."""

    exception_name = "KeyError"

    def __init__(self, key: str) -> None:
        super().__init__(f"Variable {key} does not exist")
        self.key = key


class PoolNotFound(AirflowError):
    """No pool with that name."""

    exception_name = "airflow.exceptions.PoolNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"Pool '{name}' doesn't exist")
        self.name = name


class PoolRefused(AirflowError):
    """A pool that may not be made, changed or deleted that way."""


class ConnectionNotFound(AirflowError):
    """No connection with that id."""

    exception_name = "airflow.exceptions.AirflowNotFoundException"

    def __init__(self, conn_id: str) -> None:
        super().__init__(f"The conn_id `{conn_id}` isn't defined")
        self.conn_id = conn_id


class UserRefused(AirflowError):
    """A user or role that cannot be made or found."""


class SeedError(ValueError):
    """A seed has a mistake; the text names the place, what was expected there, and where the format is described."""

    def __str__(self) -> str:
        return f"{super().__str__()} See docs/how-to/seeds.md."


class ConfigurationError(ValueError):
    """A setting that no Airflow of this version has, or a value that it cannot take."""
