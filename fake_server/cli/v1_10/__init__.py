"""The commands of Airflow 1.10, one file per command family."""
