from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator


def build(dag_id, schedule, default_args=None, **options):
    dag = DAG(dag_id, schedule=schedule, default_args=default_args or {}, start_date=datetime(2024, 1, 1), **options)
    with dag:
        hello = PythonOperator(task_id="hello", python_callable=lambda: print("hello"))
        bye = BashOperator(task_id="bye", bash_command="echo bye")
        hello >> bye
    return dag


def extend(dag, *names: str):
    for name in names:
        BashOperator(task_id=name, bash_command=f"echo {name}", dag=dag)


CONFIGURATION = {
    "factory_eu": {"schedule": "@daily", "tags": ["eu"]},
    "factory_us": {"schedule": "0 5 * * *", "tags": ["us"], "catchup": False},
}
for dag_id, options in CONFIGURATION.items():
    globals()[dag_id] = build(dag_id, default_args={"owner": dag_id.split("_")[1].upper()}, **options)

for number in range(1, 3):
    globals()[f"factory_{number}"] = build(f"factory_{number}", None)

extend(globals()["factory_eu"], "more", "and_more")

hidden = lambda: build("factory_never", None)


def unused():
    return build("factory_unused", None)
