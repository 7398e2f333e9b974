"""What is known of the operators that DAGs are mostly made of: where they stand, how they look, what they render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fake_server.airflow.dags import Task


@dataclass(frozen=True)
class Operator:
    """One operator class."""

    module: str
    ui_color: str
    template_fields: tuple[str, ...] = ()


_PYTHON_FIELDS = ("templates_dict", "op_args", "op_kwargs")
_OPERATORS: Mapping[str, Operator] = {
    "BashOperator": Operator("airflow.operators.bash", "#f0ede4", ("bash_command", "env", "cwd")),
    "BranchPythonOperator": Operator("airflow.operators.python", "#ffefeb", _PYTHON_FIELDS),
    "EmptyOperator": Operator("airflow.operators.empty", "#e8f7e4"),
    "PythonOperator": Operator("airflow.operators.python", "#ffefeb", _PYTHON_FIELDS),
    "ShortCircuitOperator": Operator("airflow.operators.python", "#ffefeb", _PYTHON_FIELDS),
    "_PythonDecoratedOperator": Operator("airflow.decorators.python", "#ffefeb", _PYTHON_FIELDS),
}
_UNKNOWN = Operator("airflow.models.baseoperator", "#fff")


def operator_of(task: Task) -> Operator:
    """What is known of a task's operator; of others only what all have in common."""
    return _OPERATORS.get(task.operator, _UNKNOWN)
