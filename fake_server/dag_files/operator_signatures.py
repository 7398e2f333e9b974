"""The parameters of the operators that most DAG files use, and what Airflow 2 says when a call does not fit them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fake_server.dag_files.argument_checks import Refusal, airflow_exception
from fake_server.dag_files.values import Imported, words

#: What every operator of Airflow 2.10 takes.
_OF_ALL = words(
    "allow_nested_operators dag default_args depends_on_past do_xcom_push doc doc_json doc_md doc_rst doc_yaml email "
    "email_on_failure email_on_retry end_date execution_timeout executor executor_config "
    "ignore_first_depends_on_past inlets logger_name map_index_template max_active_tis_per_dag "
    "max_active_tis_per_dagrun max_retry_delay multiple_outputs on_execute_callback on_failure_callback "
    "on_retry_callback on_skipped_callback on_success_callback outlets owner params pool pool_slots post_execute "
    "pre_execute priority_weight queue resources retries retry_delay retry_exponential_backoff run_as_user sla "
    "start_date task_concurrency task_display_name task_group task_id trigger_rule wait_for_downstream "
    "wait_for_past_depends_before_skipping weight_rule"
)
_PYTHON = "python_callable op_args op_kwargs templates_dict templates_exts show_return_value_in_logs"


@dataclass(frozen=True)
class Signature:
    """The parameters of an operator: those of its own, and the one of them that has to be given."""

    operator: str
    own: frozenset[str] = frozenset()
    required: str | None = None
    #: Whether Airflow 1's ``provide_context`` is let through.
    takes_provide_context: bool = False

    def refusal_of_missing(self, given: Mapping[str, Any], default_args: Mapping[str, Any]) -> Refusal | None:
        """What Airflow misses among these arguments by name; None when all that it needs is there."""
        if "task_id" not in given:
            words = "BaseOperator.__init__() missing 1 required positional argument: 'task_id'"
            return Refusal("TypeError", words)
        if self.required is not None and self.required not in {*given, *default_args}:
            return airflow_exception(f"missing keyword argument {self.required!r}")
        return None

    def refusal(self, given: Mapping[str, Any]) -> Refusal | None:
        """What Airflow has against a call with these arguments by name; None when it takes them."""
        strangers = {name: given[name] for name in self._strangers(given)}
        if not strangers:
            return None
        return airflow_exception(
            f"Invalid arguments were passed to {self.operator} (task_id: {given.get('task_id')}). "
            f"Invalid arguments were:\n**kwargs: {strangers}"
        )

    def refusal_of_mapping(self, method: str, names: Iterable[str]) -> Refusal | None:
        """What Airflow has against these names in a call of ``partial`` or ``expand``."""
        stranger = next(self._strangers(names), None)
        if stranger is None:
            return None
        return Refusal("TypeError", f"{self.operator}.{method}() got an unexpected keyword argument {stranger!r}")

    def _strangers(self, names: Iterable[str]) -> Iterator[str]:
        known = {*_OF_ALL, *self.own, *(["provide_context"] if self.takes_provide_context else [])}
        return (name for name in names if name not in known)


_SIGNATURES = {
    signature.operator: signature
    for signature in (
        Signature("EmptyOperator"),
        Signature(
            "BashOperator",
            words("bash_command env append_env output_encoding skip_exit_code skip_on_exit_code cwd output_processor"),
            "bash_command",
        ),
        Signature("PythonOperator", words(_PYTHON), "python_callable", takes_provide_context=True),
        Signature("BranchPythonOperator", words(_PYTHON), "python_callable", takes_provide_context=True),
        Signature(
            "ShortCircuitOperator",
            words(f"{_PYTHON} ignore_downstream_trigger_rules"),
            "python_callable",
            takes_provide_context=True,
        ),
    )
}
#: Of functions under ``@task`` that run as Python in the worker.
OF_FUNCTIONS = Signature("_PythonDecoratedOperator", words(f"{_PYTHON} kwargs_to_upstream"), takes_provide_context=True)


def signature_of(operator: Imported) -> Signature | None:
    """The signature of an operator, if it is one of Airflow's own that are known here."""
    if operator.path.startswith(("airflow.operators.", "airflow.providers.standard.operators.")):
        return _SIGNATURES.get(operator.name)
    return None
