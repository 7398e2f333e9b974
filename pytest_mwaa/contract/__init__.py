"""What a server has to do, as tests that any target must pass.

Run them with ``pytest --pyargs pytest_mwaa.contract --mwaa-target=...``. What a target does not have, such as the
command line's endpoint of a plain Airflow, is skipped with the reason. Nothing here writes.
"""

from __future__ import annotations
