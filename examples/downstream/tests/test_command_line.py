from __future__ import annotations

import pytest
from airflow_jobs import AirflowCommandLine, CommandFailed

pytestmark = pytest.mark.mwaa(dags=["nightly"])


def test_a_trigger_makes_a_run_with_its_conf(mwaa):
    AirflowCommandLine(mwaa.name).trigger("nightly", {"day": "2024-05-01"})

    assert [run.conf for run in mwaa.dag("nightly").runs] == [{"day": "2024-05-01"}]


def test_several_commands_share_a_token(mwaa):
    airflow = AirflowCommandLine(mwaa.name)

    airflow.trigger("nightly")
    mwaa.clock.advance(50)
    airflow.trigger("nightly")

    assert len(mwaa.journal.tokens_issued) == 1


def test_an_expired_token_is_replaced(mwaa):
    airflow = AirflowCommandLine(mwaa.name)

    airflow.trigger("nightly")
    mwaa.clock.advance(61)
    airflow.trigger("nightly")

    assert len(mwaa.dag("nightly").runs) == 2
    assert len(mwaa.journal.tokens_issued) == 2


def test_a_variable_is_read_behind_the_log_lines(mwaa):
    mwaa.variables["bucket"] = "s3://data"

    assert AirflowCommandLine(mwaa.name).variable("bucket") == "s3://data"


def test_a_failure_inside_a_200_is_noticed(mwaa):
    with pytest.raises(CommandFailed, match="Dag id weekly not found"):
        AirflowCommandLine(mwaa.name).trigger("weekly")
