from __future__ import annotations

import pytest
from airflow_jobs import AirflowRest, RestError

pytestmark = pytest.mark.mwaa(dags=["nightly"])


def test_a_run_is_followed_to_its_end(mwaa):
    airflow = AirflowRest(mwaa.name)

    run_id = airflow.trigger("nightly", {"day": "2024-05-01"})
    assert airflow.state("nightly", run_id) == "queued"

    mwaa.clock.advance(600)
    assert airflow.state("nightly", run_id) == "success"


def test_a_login_that_has_ended_is_made_anew(mwaa):
    airflow = AirflowRest(mwaa.name)

    airflow.trigger("nightly")
    mwaa.clock.advance(12 * 60 * 60 + 1)
    airflow.trigger("nightly")

    assert len(mwaa.dag("nightly").runs) == 2


def test_paused_dags_are_found(mwaa):
    mwaa.add_dag("yearly", paused=True)

    assert AirflowRest(mwaa.name).paused_dags() == ["yearly"]


def test_a_refusal_has_airflows_words(mwaa):
    with pytest.raises(RestError, match="weekly"):
        AirflowRest(mwaa.name).trigger("weekly")


@pytest.mark.mwaa(role="Viewer")
def test_a_viewer_may_not_trigger(mwaa):
    with pytest.raises(RestError):
        AirflowRest(mwaa.name).trigger("nightly")

    assert mwaa.dag("nightly").runs == []
