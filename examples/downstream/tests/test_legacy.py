from __future__ import annotations

import pytest
from airflow_jobs import trigger_by_experimental_api


@pytest.mark.mwaa(dags=["nightly"], auth_backends=["default"], config={"api.enable_experimental_api": "True"})
def test_a_trigger_makes_a_run_with_its_conf(mwaa):
    said = trigger_by_experimental_api(mwaa.name, "nightly", {"day": "2024-05-01"})

    assert said.startswith("Created <DagRun nightly @ ")
    assert mwaa.dag("nightly").last_run.conf == {"day": "2024-05-01"}
