from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

TABLES = ["orders", "customers", "items"]
SIZES = {"small": 1, "large": 10}
PREFIX = "load"
STEP_NAMES = [f"step_{number:02d}" for number in range(1, 4)]

with DAG("loops", start_date=datetime(2024, 1, 1), schedule=timedelta(hours=6), catchup=False) as dag:
    start = EmptyOperator(task_id="start")
    end = EmptyOperator(task_id="end")
    loads = []
    for table in TABLES:
        load = BashOperator(task_id=f"{PREFIX}_{table}", bash_command="load.sh " + table)
        start >> load
        loads.append(load)
    loads >> end

    previous = start
    for index, name in enumerate(STEP_NAMES):
        step = EmptyOperator(task_id=name)
        previous >> step
        previous = step
        if index == 2:
            step >> end

    for size, weight in SIZES.items():
        sized = EmptyOperator(task_id="sized_{}".format(size), priority_weight=weight)
        end >> sized

    pairs = [
        EmptyOperator(task_id="pair_%s_%d" % (left, right)) for left, right in zip(TABLES, range(2))
    ]
    pairs[0] >> pairs[-1]
    checks = {table: EmptyOperator(task_id=f"check_{table}") for table in TABLES if table != "items"}
    checks["orders"] >> checks["customers"]
    number = 0
    while number < 2:
        EmptyOperator(task_id=f"while_{number}")
        number += 1
    for i in range(10):
        if i % 2:
            continue
        if i > 5:
            break
        EmptyOperator(task_id=f"even_{i}")
