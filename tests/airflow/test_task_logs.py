from __future__ import annotations

import pytest

from fake_server.airflow.dags import Task
from fake_server.airflow.runs import DagRun
from tests.airflow.stage import Stage, dag_of


def log(
    stage: Stage, run: DagRun, task_id: str = "a", try_number: int = 1, map_index: int = -1, **more: str
) -> tuple[str, str]:
    instance = stage.airflow.get_task_instance(run.dag_id, run.run_id, task_id, map_index)
    return stage.airflow.task_log(instance, try_number, **more)


def test_a_successful_attempt() -> None:
    stage = Stage(dag_of(Task("a", log="working\non it", xcom={"return_value": 7}), Task("b", upstream=("a",))))
    run = stage.trigger("r")
    stage.advance(60)
    host, text = log(stage, run)
    assert host == "ip-10-192-20-10.ec2.internal"
    lines = text.splitlines()
    assert lines[:4] == [
        " INFO - ::group::Log message source details",
        "*** Found local files:",
        "***   * /usr/local/airflow/logs/dag_id=d/run_id=r/task_id=a/attempt=1.log",
        " INFO - ::endgroup::",
    ]
    assert lines[4] == (
        "[2026-11-20T07:30:02.000+0000] {local_task_job_runner.py:123} INFO - ::group::Pre task execution logs"
    )
    assert "ti=<TaskInstance: d.a r [queued]>" in lines[5]
    assert any(line.endswith("Starting attempt 1 of 1") for line in lines)
    assert any(line.endswith("Executing <Task(PythonOperator): a> on 2026-11-20 07:30:00+00:00") for line in lines)
    assert [line for line in lines if "logging_mixin" in line] == [
        "[2026-11-20T07:30:02.000+0000] {logging_mixin.py:190} INFO - working",
        "[2026-11-20T07:30:02.000+0000] {logging_mixin.py:190} INFO - on it",
    ]
    assert any(line.endswith("Done. Returned value was: 7") for line in lines)
    assert any(
        "Marking task as SUCCESS. dag_id=d, task_id=a, run_id=r, execution_date=20261120T073000" in line
        for line in lines
    )
    assert any(line.endswith("1 downstream tasks scheduled from follow-on schedule check") for line in lines)
    assert lines[-1].startswith("[2026-11-20T07:30:03.000+0000]")


def test_each_attempt_has_its_own_log() -> None:
    stage = Stage(dag_of(Task("a", outcome=("failed", "success"), retries=1, retry_delay=10)))
    run = stage.trigger("r")
    stage.advance(60)
    first, second = log(stage, run)[1], log(stage, run, try_number=2)[1]
    assert "Starting attempt 1 of 2" in first
    assert "Marking task as UP_FOR_RETRY." in first
    assert "airflow.exceptions.AirflowException: Task a failed" in first
    assert "Task exited with return code 1" in first
    assert "Starting attempt 2 of 2" in second
    assert "Marking task as SUCCESS." in second
    assert "attempt=2.log" in second


def test_a_final_failure_and_a_timeout() -> None:
    stage = Stage(dag_of(Task("a", duration=10, execution_timeout=1)))
    run = stage.trigger("r")
    stage.advance(60)
    text = log(stage, run)[1]
    assert "Marking task as FAILED." in text
    assert "airflow.exceptions.AirflowTaskTimeout: Timeout, PID: " in text


def test_a_bash_task() -> None:
    stage = Stage(dag_of(Task("a", "BashOperator", bash_command="echo hi; exit 1", log="hi", outcome="failed")))
    run = stage.trigger("r")
    stage.advance(60)
    text = log(stage, run)[1]
    assert "Running command: ['/usr/bin/bash', '-c', 'echo hi; exit 1']" in text
    assert "{subprocess.py:106} INFO - hi" in text
    assert "Bash command failed. The command returned a non-zero exit code 1." in text


def test_a_running_task_shows_what_it_printed_so_far() -> None:
    stage = Stage(dag_of(Task("a", duration=100, log="working")))
    run = stage.trigger("r")
    stage.advance(10)
    text = log(stage, run)[1]
    assert "INFO - working" in text
    assert "Marking" not in text


def test_a_mapped_instance() -> None:
    stage = Stage(dag_of(Task("a", xcom={"return_value": [1, 2]}), Task("b", upstream=("a",), mapped_over=("a",))))
    run = stage.trigger("r")
    stage.advance(60)
    text = log(stage, run, "b", map_index=1)[1]
    assert "task_id=b/map_index=1/attempt=1.log" in text
    assert "<TaskInstance: d.b r map_index=1 [queued]>" in text
    assert "Executing <Mapped(PythonOperator): b>" in text
    assert "'--map-index', '1']" in text


def test_what_has_no_log_says_why() -> None:
    stage = Stage(dag_of(Task("a", "EmptyOperator"), Task("b", upstream=("a",))))
    run = stage.trigger("r")
    assert log(stage, run, "b") == ("", " INFO - ::group::Log message source details\n INFO - ::endgroup::\n")
    assert log(stage, run, "b", 0) == ("default_host", "Error fetching the logs. Try number 0 is invalid.")
    stage.advance(60)
    host, text = log(stage, run, "a")
    assert host == ""
    assert text == (
        " INFO - ::group::Log message source details\n"
        "*** Could not read served logs: Invalid URL "
        "'http://:8793/log/dag_id=d/run_id=r/task_id=a/attempt=1.log': No host supplied\n INFO - ::endgroup::\n"
    )
    host, text = log(stage, run, "b", 2)
    assert host
    assert "Please make sure that all your Airflow components" in text
    assert "attempt=2.log" in text


@pytest.mark.parametrize(("braces", "shown"), [("{}", "{taskinstance.py:"), ("{{}}", "{{taskinstance.py:")])
def test_braces(braces: str, shown: str) -> None:
    stage = Stage(dag_of(Task("a")))
    run = stage.trigger("r")
    stage.advance(60)
    assert shown in log(stage, run, braces=braces)[1]
