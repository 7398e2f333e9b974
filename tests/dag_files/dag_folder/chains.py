from datetime import datetime

from airflow import DAG
from airflow.models.baseoperator import chain, chain_linear, cross_downstream
from airflow.operators.empty import EmptyOperator
from airflow.utils.task_group import TaskGroup

with DAG("chains", start_date=datetime(2024, 1, 1), schedule="@monthly", catchup=False):
    t = [EmptyOperator(task_id=f"t{i}") for i in range(12)]
    chain(t[0], [t[1], t[2]], [t[3], t[4]], t[5])
    cross_downstream([t[5], t[6]], [t[7], t[8]])
    chain_linear([t[7], t[8]], [t[9], t[10]], t[11])
    with TaskGroup("group") as group:
        a = EmptyOperator(task_id="a")
        b = EmptyOperator(task_id="b")
    chain(*t[:1], group, t[6])
    t[11] >> EmptyOperator(task_id="last") << t[0]
