import datetime as dt

import airflow.models as airflow_models
from airflow import models
from airflow.operators import python
from airflow.operators.bash import BashOperator as Bash

dag = airflow_models.DAG(
    dag_id="assigned_dag",
    schedule_interval="@weekly",
    start_date=dt.datetime(2023, 6, 1, 12, 30),
    end_date=dt.datetime(2030, 1, 1),
    catchup=True,
    dagrun_timeout=dt.timedelta(minutes=90),
    is_paused_upon_creation=False,
    owner_links={"airflow": "https://example.com/team"},
)

first = Bash(task_id="first", bash_command="true", dag=dag)
second = python.PythonOperator(task_id="second", python_callable=print, dag=dag)
third = Bash(task_id="third", bash_command="exit 3", dag=dag)
fourth = Bash(task_id="fourth", bash_command="true", dag=dag, trigger_rule="one_failed")

first.set_downstream([second, third])
fourth.set_upstream(second)
fourth << third

other = models.DAG("assigned_dag_other", schedule=None, start_date=dt.datetime(2024, 1, 1))
alone = Bash(task_id="alone", bash_command="date", dag=other)
other.doc_md = "Set afterwards"
