from airflow import DAG
import no_such_module_anywhere  # noqa: F401

dag = DAG("broken_import")
