from airflow import DAG

dag = DAG("ignored")
