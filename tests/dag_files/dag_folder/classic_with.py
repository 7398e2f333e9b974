"""Nightly export, the classic way."""
from __future__ import annotations

from datetime import datetime, timedelta

from airflow import DAG
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator

DEFAULT_ARGS = {
    "owner": "data-eng",
    "depends_on_past": False,
    "email": ["data@example.com"],
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
}


def _transform(**context):
    print(context["ds"])


with DAG(
    "classic_with",
    default_args=DEFAULT_ARGS,
    description="Export of the day's orders",
    schedule="0 2 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["export", "nightly"],
    params={"batch": 100, "target": Param("s3", type="string", enum=["s3", "ftp"], description="Where to")},
    doc_md=__doc__,
    max_active_runs=1,
) as dag:
    start = EmptyOperator(task_id="start")
    extract = BashOperator(task_id="extract", bash_command="echo {{ ds }}", pool="database", retries=5)
    transform = PythonOperator(task_id="transform", python_callable=_transform, execution_timeout=timedelta(hours=1))
    load = BashOperator(
        task_id="load",
        bash_command="echo load "
        "{{ params.batch }}",
        owner="platform",
        priority_weight=10,
        queue="heavy",
        weight_rule="upstream",
    )
    start >> extract >> transform >> load
