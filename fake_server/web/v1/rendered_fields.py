"""The template fields of a task instance, as they were when it ran."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.mapping import mapped_arguments
from fake_server.airflow.rendering import rendered_fields
from fake_server.airflow.task_instances import TaskInstance


def shown_fields(instance: TaskInstance) -> dict[str, Any]:
    """Field to value as JSON has them; empty until a worker had the task, or when a template has a mistake."""
    if not instance.hostname:
        return {}
    from jinja2 import TemplateError

    try:
        fields = rendered_fields(instance.task, instance.run)
    except TemplateError:
        return {}
    shown: dict[str, Any] = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
    if "op_kwargs" in shown:
        shown["op_kwargs"] = {**shown["op_kwargs"], **mapped_arguments(instance)}
    return shown
