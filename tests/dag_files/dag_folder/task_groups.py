from datetime import datetime

from airflow import DAG
from airflow.decorators import task, task_group
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.utils.task_group import TaskGroup

with DAG("task_groups", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False) as dag:
    start = EmptyOperator(task_id="start")
    with TaskGroup("section_1", tooltip="Tasks for section 1") as section_1:
        one = EmptyOperator(task_id="one")
        two = BashOperator(task_id="two", bash_command="echo 1")
        three = EmptyOperator(task_id="three")
        one >> [two, three]

    with TaskGroup(group_id="section_2", default_args={"retries": 7}) as section_2:
        one = EmptyOperator(task_id="one")
        with TaskGroup("inner") as inner:
            two = BashOperator(task_id="two", bash_command="echo 2")
            three = EmptyOperator(task_id="three")
            four = EmptyOperator(task_id="four")
            [two, three] >> four
        one >> inner

    with TaskGroup("flat", prefix_group_id=False) as flat:
        unprefixed = EmptyOperator(task_id="unprefixed")

    @task_group
    def decorated(value):
        """A group of functions."""

        @task
        def add(number: int):
            return number + 1

        @task
        def double(number: int):
            return number * 2

        return double(add(value))

    @task_group(group_id="named")
    def nameless():
        BashOperator(task_id="inside", bash_command="true")

    end = EmptyOperator(task_id="end")
    start >> section_1 >> section_2 >> end
    start >> flat
    flat >> decorated(1) >> end
    nameless() >> end
    outside = EmptyOperator(task_id="outside", task_group=section_1)
