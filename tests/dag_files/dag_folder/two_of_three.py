"""One of these DAGs cannot be scheduled; the others are there all the same."""
from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator

DOCUMENTATION = """
# Title

    indented
"""


def fail():
    raise ValueError("on purpose")


with DAG("two_first", start_date=datetime(2024, 1, 1), schedule=None, doc_md=DOCUMENTATION) as first:
    PythonOperator(task_id="a", python_callable=fail)
with DAG("two_second", start_date=datetime(2024, 1, 1), schedule="not a cron"):
    EmptyOperator(task_id="a")
third = DAG("two_third", start_date=datetime(2024, 1, 1), schedule=None)
EmptyOperator(task_id="a", dag=third) >> [EmptyOperator(task_id=name, dag=third) for name in "bc"]
lost = [DAG("two_lost", start_date=datetime(2024, 1, 1), schedule=None)]
