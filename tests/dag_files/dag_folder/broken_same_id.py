"""Has the id of a DAG in another file."""
from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("twin", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="a")
