"""What every version of Airflow 2 is asked when it is recorded, in this order.

What depends on the installation is left out: lists of providers, cheat sheets, the OpenAPI file.
"""

from __future__ import annotations

from tests.real_airflow.steps import Request, Step
from tests.real_airflow.version_commands import commands
from tests.real_airflow.version_requests import requests

STEPS: tuple[Step, ...] = (*requests(), *commands(), Request("DELETE", "/api/v1/dags/failing_retries"))
