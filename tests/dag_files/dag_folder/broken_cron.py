from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("broken_cron", start_date=datetime(2024, 1, 1), schedule="0 99 * * *"):
    EmptyOperator(task_id="a")
