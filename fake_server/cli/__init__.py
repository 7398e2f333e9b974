"""The ``airflow`` command line: text in; exit code, stdout and stderr out. One file per command family."""
