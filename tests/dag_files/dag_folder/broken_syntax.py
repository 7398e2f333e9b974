from airflow import DAG

with DAG("broken_syntax" as dag:
    pass
