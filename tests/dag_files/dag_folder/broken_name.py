from airflow import DAG

with DAG("broken_name", schedule=SCHEDULE) as dag:
    pass
