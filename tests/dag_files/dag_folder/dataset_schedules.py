from datetime import datetime

from airflow import DAG
from airflow.datasets import Dataset
from airflow.decorators import dag, task
from airflow.operators.bash import BashOperator

ORDERS = Dataset("s3://bucket/orders.parquet")
CUSTOMERS = Dataset("s3://bucket/customers.parquet", extra={"team": "sales"})

with DAG("dataset_producer", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False):
    BashOperator(task_id="produce", bash_command="true", outlets=[ORDERS])

    @task(outlets=[CUSTOMERS])
    def produce_too():
        pass

    produce_too()

with DAG("dataset_consumer", start_date=datetime(2024, 1, 1), schedule=[ORDERS, CUSTOMERS]):
    BashOperator(task_id="consume", bash_command="true", inlets=[ORDERS])

with DAG("dataset_condition", start_date=datetime(2024, 1, 1), schedule=(ORDERS | CUSTOMERS)):
    BashOperator(task_id="consume", bash_command="true")


@dag(start_date=datetime(2024, 1, 1), schedule=[Dataset("s3://bucket/orders.parquet")])
def dataset_decorated():
    BashOperator(task_id="consume", bash_command="true")


consumer = dataset_decorated()
