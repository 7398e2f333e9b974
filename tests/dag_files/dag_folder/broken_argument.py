from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("broken_argument", start_date=datetime(2024, 1, 1), schedul="@daily"):
    EmptyOperator(task_id="a")
