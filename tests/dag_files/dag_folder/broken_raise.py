from airflow import DAG

WANTED = "production"


def check(name):
    if name != "development":
        raise ValueError(f"unknown environment: {name}")


check(WANTED)
