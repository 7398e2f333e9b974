import datetime
from datetime import timezone

import pendulum
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.utils.timezone import datetime as airflow_datetime

LOCAL = pendulum.timezone("America/New_York")
ARGS = {"start_date": datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=timezone.utc), "owner": "dates"}

with DAG("dates_in_arguments", default_args=ARGS, schedule="@daily", catchup=False):
    EmptyOperator(task_id="only")
with DAG("dates_local", start_date=datetime.datetime(2024, 7, 1, tzinfo=LOCAL), schedule=None):
    EmptyOperator(task_id="only", owner="else")
with DAG("dates_parsed", start_date=pendulum.parse("2024-05-05T05:00:00+02:00"), schedule=None):
    EmptyOperator(task_id="only")
with DAG("dates_text", start_date=datetime.datetime.strptime("2024-06-07", "%Y-%m-%d"), schedule=None):
    EmptyOperator(task_id="only")
with DAG("dates_airflow", start_date=airflow_datetime(2024, 8, 1), end_date=pendulum.datetime(2025, 1, 1).add(days=3),
         schedule=datetime.timedelta(minutes=15), catchup=False):
    EmptyOperator(task_id="only")
with DAG("dates_sum", start_date=datetime.datetime(2024, 1, 1) + datetime.timedelta(days=2), schedule=None):
    EmptyOperator(task_id="only", start_date=datetime.datetime(2024, 9, 9))
