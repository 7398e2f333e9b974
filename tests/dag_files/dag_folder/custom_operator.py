from datetime import datetime

from airflow import DAG
from airflow.models.baseoperator import BaseOperator
from airflow.operators.bash import BashOperator
from airflow.sensors.base import BaseSensorOperator


class GreetOperator(BaseOperator):
    template_fields = ("name",)

    def __init__(self, name: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.name = name

    def execute(self, context):
        return f"Hello {self.name}"


class EchoOperator(BashOperator):
    def __init__(self, word: str, *args, **kwargs):
        super().__init__(*args, bash_command=f"echo {word}", retries=2, **kwargs)


class Waiting(BaseSensorOperator):
    def poke(self, context):
        return True


with DAG("custom_operator", start_date=datetime(2024, 1, 1), schedule=None) as dag:
    greet = GreetOperator(task_id="greet", name="Ada")
    echo = EchoOperator(task_id="echo", word="hi")
    wait = Waiting(task_id="wait", retries=3)
    greet >> echo >> wait
