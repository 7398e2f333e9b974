from datetime import datetime

from airflow import DAG
from airflow.decorators import task
from airflow.models.xcom_arg import XComArg
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

with DAG("results", start_date=datetime(2024, 1, 1), schedule=None) as dag:
    one = PythonOperator(task_id="one", python_callable=lambda: 1)
    two = PythonOperator(task_id="two", python_callable=lambda x: x, op_kwargs={"x": one.output})
    three = PythonOperator(task_id="three", python_callable=lambda x: x, op_args=[two.output["key"]])
    four = BashOperator(task_id="four", bash_command="echo $X", env={"X": XComArg(three)})

    @task
    def five(values, *more, **named):
        return values

    @task
    def six():
        return {}

    five([one.output, {"deep": [four.output]}], three.output, extra=six())
    five.override(task_id="seven")(f"{one.output}")
    two.output >> dag.get_task("four")
