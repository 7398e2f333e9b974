from datetime import datetime

from airflow import DAG
from airflow.decorators import setup, task, teardown
from airflow.operators.bash import BashOperator

with DAG("setup_teardown", start_date=datetime(2024, 1, 1), schedule=None):
    create = BashOperator(task_id="create", bash_command="true").as_setup()
    work = BashOperator(task_id="work", bash_command="true")
    delete = BashOperator(task_id="delete", bash_command="true")
    create >> work >> delete.as_teardown(setups=create)

    @setup
    def open_it():
        return "handle"

    @task
    def use_it(handle):
        pass

    @teardown
    def close_it(handle):
        pass

    handle = open_it()
    use_it(handle) >> close_it(handle)
