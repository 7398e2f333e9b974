from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.operators.latest_only import LatestOnlyOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.http.operators.http import HttpOperator
from airflow.sensors.date_time import DateTimeSensor
from airflow.sensors.external_task import ExternalTaskSensor
from airflow.sensors.filesystem import FileSensor
from airflow.sensors.python import PythonSensor
from airflow.utils.dates import days_ago

with DAG(
    "operators",
    start_date=pendulum.datetime(2024, 3, 1, 6, tz="Europe/Amsterdam"),
    schedule="30 6 * * 1-5",
    catchup=False,
    max_active_tasks=4,
    max_consecutive_failed_dag_runs=3,
) as dag:
    latest = LatestOnlyOperator(task_id="latest")
    wait = FileSensor(task_id="wait", filepath="/tmp/x", poke_interval=30, timeout=60 * 60, mode="reschedule")
    external = ExternalTaskSensor(task_id="external", external_dag_id="chains", external_task_id="t0")
    until = DateTimeSensor(task_id="until", target_time="{{ data_interval_end }}")
    python = PythonSensor(task_id="python", python_callable=lambda: True, soft_fail=True)
    sql = SQLExecuteQueryOperator(task_id="sql", sql="select 1", conn_id="db", split_statements=True)
    http = HttpOperator(task_id="http", endpoint="x", method="GET", retry_delay=timedelta(seconds=10), retries=1)
    trigger = TriggerDagRunOperator(
        task_id="trigger", trigger_dag_id="chains", wait_for_completion=False, pool_slots=2, pool="database"
    )
    latest >> [wait, external, until, python] >> sql
    sql >> http
    http >> trigger
