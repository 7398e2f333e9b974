from datetime import datetime

from airflow.decorators import dag, task
from airflow.operators.bash import BashOperator


@dag(start_date=datetime(2024, 1, 1), schedule=None)
def mapping():
    @task
    def numbers():
        return [1, 2, 3]

    @task(retries=2)
    def add(x: int, y: int = 0):
        return x + y

    @task
    def total(values):
        return sum(values)

    @task
    def commands():
        return [{"bash_command": "echo 1"}]

    added = add.partial(y=10).expand(x=numbers())
    total(added)
    add.override(task_id="add_literal").expand(x=[1, 2, 3, 4])
    add.override(task_id="add_both").expand(x=[1, 2], y=numbers())
    BashOperator.partial(task_id="bash", retries=3, pool="database").expand(bash_command=["echo 1", "echo 2"])
    BashOperator.partial(task_id="bash_kwargs").expand_kwargs(commands())
    numbers() >> BashOperator.partial(task_id="of_env", bash_command="env").expand(env=[{"A": "1"}, {"A": "2"}])


mapping()
