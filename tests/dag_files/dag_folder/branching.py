from datetime import datetime

from airflow.decorators import task
from airflow.models.dag import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.utils.edgemodifier import Label
from airflow.utils.trigger_rule import TriggerRule

with DAG(dag_id="branching", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False) as dag:

    @task.branch(task_id="choose")
    def choose_branch():
        return "left"

    choose = choose_branch()
    classic = BranchPythonOperator(task_id="classic", python_callable=lambda: "join")
    left = EmptyOperator(task_id="left")
    right = EmptyOperator(task_id="right")
    join = EmptyOperator(task_id="join", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    stop = ShortCircuitOperator(task_id="stop", python_callable=lambda: True)

    choose >> Label("to the left") >> left >> classic >> join
    choose >> Label("to the right") >> right >> join
    join >> Label("end") >> [stop]
