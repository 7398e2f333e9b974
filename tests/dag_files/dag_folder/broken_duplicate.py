from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("broken_duplicate", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="same")
    EmptyOperator(task_id="same")
