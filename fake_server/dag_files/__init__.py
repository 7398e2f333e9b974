"""Reads DAG files: as text, without executing any of it, or by a real Airflow in a process of its own.

Knows nothing of AWS and nothing of HTTP: in goes a folder, out come DAGs, import errors and warnings.
"""
