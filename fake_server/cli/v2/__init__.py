"""The commands of Airflow 2, one file per command family."""
