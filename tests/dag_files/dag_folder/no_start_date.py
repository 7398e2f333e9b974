from airflow import DAG

dag = DAG("no_start_date")
