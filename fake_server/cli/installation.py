"""Where MWAA has Airflow installed, as far as it shows in what commands print."""

from __future__ import annotations

HOME = "/usr/local/airflow"
PROGRAM = "/usr/local/airflow/.local/bin/airflow"
PACKAGES = "/usr/local/airflow/.local/lib/python3.11/site-packages"
PYTHON_VERSION = "3.11"
#: The machine that commands run on: the web server's.
HOSTNAME = "ip-10-192-20-10.ec2.internal"
#: The account that commands run under.
ACCOUNT = "airflow"
