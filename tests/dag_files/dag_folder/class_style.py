from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator


class Pipeline:
    schedule = "@daily"

    def __init__(self, name, tables):
        self.name = name
        self.tables = tables
        self.dag = DAG(f"pipeline_{name}", schedule=self.schedule, start_date=datetime(2024, 1, 1), catchup=False)

    def build(self):
        with self.dag as dag:
            start = EmptyOperator(task_id="start")
            for table in self.tables:
                start >> self.load(table)
        return dag

    def load(self, table: str):
        return EmptyOperator(task_id=f"load_{table}")


one = Pipeline("one", ["a", "b"]).build()
two = Pipeline("two", tables=("c",)).build()
