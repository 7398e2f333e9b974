from __future__ import annotations

import json

import pendulum
from airflow.decorators import dag, task


@dag(
    schedule=None,
    start_date=pendulum.datetime(2021, 1, 1, tz="UTC"),
    catchup=False,
    tags=["example"],
    default_args={"retries": 1},
)
def taskflow_etl():
    """
    ### TaskFlow
    Documentation of the function.
    """

    @task()
    def extract():
        return json.loads('{"1001": 301.27}')

    @task(multiple_outputs=True)
    def transform(orders: dict):
        return {"total": sum(orders.values()), "count": len(orders)}

    @task(task_id="load_it", retries=4, pool="database")
    def load(total: float, count: int):
        print(total, count)

    orders = extract()
    summary = transform(orders)
    load(summary["total"], count=summary["count"])


taskflow_etl()
