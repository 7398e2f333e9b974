"""Names that several files share; no file for Airflow itself."""
SUFFIX = "x"
EXTRA = {"max_active_runs": 2}
