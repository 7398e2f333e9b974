from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("broken_no_start_date", schedule="@daily"):
    EmptyOperator(task_id="a")
