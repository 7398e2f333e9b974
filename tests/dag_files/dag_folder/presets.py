from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.empty import EmptyOperator

START = datetime(2024, 1, 1)

for name in ("once", "hourly", "quarterly", "yearly"):
    with DAG(f"preset_{name}", schedule=f"@{name}", start_date=START, catchup=False):
        EmptyOperator(task_id="only")

with DAG("preset_none", schedule_interval=None, start_date=START):
    EmptyOperator(task_id="only")

with DAG("preset_default", start_date=START):
    EmptyOperator(task_id="only")

with DAG("preset_weeks", schedule=timedelta(weeks=1, days=2), start_date=START):
    EmptyOperator(task_id="only")

with DAG(dag_id="preset_display", dag_display_name="Shown so", schedule="5 4 * * sun", start_date=START):
    EmptyOperator(task_id="only")
