"""Forms that DAG files take, beyond those that were recorded from the real Airflow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fake_server.airflow.dags import DAG
from fake_server.dag_files.reading import LARGEST_FILE, ReadFile, may_hold_dags
from tests.dag_files.examples import PREAMBLE

ReadDag = Callable[..., DAG]
Read = Callable[..., ReadFile]


def test_a_constant_that_a_function_returns_is_what_its_task_returns(read_dag: ReadDag) -> None:
    dag = read_dag("@task\ndef numbers():\n    return [1, 2]\nnumbers()")
    assert dag.task("numbers").xcom == {"return_value": [1, 2]}


def test_something_is_returned_where_others_are_mapped_over_it(read_dag: ReadDag) -> None:
    body = "@task\ndef numbers():\n    return fetch()\n@task\ndef add(x):\n    pass\nadd.expand(x=numbers())"
    dag = read_dag(body)
    assert dag.task("numbers").xcom == {"return_value": [None]}
    assert dag.task("add").mapped_over == {"x": "numbers"}


def test_a_branch_that_is_a_constant_is_chosen(read_dag: ReadDag) -> None:
    body = (
        "branch = BranchPythonOperator(task_id='branch', python_callable=lambda: 'left')\n"
        "branch >> [EmptyOperator(task_id='left'), EmptyOperator(task_id='right')]"
    )
    assert read_dag(body).task("branch").branch == ["left"]


@pytest.mark.parametrize(
    ("task", "outcome"),
    [
        ("BashOperator(task_id='one', bash_command='exit 1')", "failed"),
        ("BashOperator(task_id='one', bash_command='exit 99')", "skipped"),
        ("BashOperator(task_id='one', bash_command='exit 0')", "success"),
        ("BashOperator(task_id='one', bash_command='test -f x || exit 1')", "success"),
        ("PythonOperator(task_id='one', python_callable=fail)", "failed"),
        ("PythonOperator(task_id='one', python_callable=maybe)", "success"),
        ("PythonOperator(task_id='one', python_callable=skip)", "skipped"),
    ],
)
def test_what_fails_plainly_fails(read_dag: ReadDag, task: str, outcome: str) -> None:
    before = (
        "def fail():\n    print(1)\n    raise ValueError('x')\n"
        "def maybe():\n    if fetch():\n        return 1\n    raise ValueError('x')\n"
        "def skip():\n    raise AirflowSkipException\n"
    )
    assert read_dag(task, before).task("one").outcome == outcome


def test_dags_of_lists_are_not_found_as_airflow_does_not_find_them(read: Read) -> None:
    source = PREAMBLE + "dags = [DAG(f'dag_{n}', start_date=datetime(2024, 1, 1)) for n in range(3)]\n"
    assert read(source).dags == []


def test_operators_of_any_provider_make_tasks(read_dag: ReadDag) -> None:
    body = "GlueJobOperator(task_id='glue', job_name='x') >> nowhere.Sensor(task_id='wait')"
    before = "from airflow.providers.amazon.aws.operators.glue import GlueJobOperator\nimport nowhere"
    dag = read_dag(body, before)
    assert {task_id: task.operator for task_id, task in dag.tasks.items()} == {
        "glue": "GlueJobOperator",
        "wait": "Sensor",
    }


def test_operators_of_another_file_of_the_folder(read_dag: ReadDag) -> None:
    module = (
        "from airflow.operators.bash import BashOperator\n"
        "class Greet(BashOperator):\n"
        "    def __init__(self, who, **kwargs):\n"
        "        super().__init__(bash_command=f'echo {who}', **kwargs)\n"
    )
    dag = read_dag("Greet(task_id='one', who='Ada')", "from mine import Greet", mine=module)
    assert (dag.task("one").operator, dag.task("one").bash_command) == ("Greet", "echo Ada")


def test_a_name_that_another_file_does_not_have(read: Read) -> None:
    result = read(f"{PREAMBLE}from mine import nothing\n", mine="something = 1\n")
    assert result.import_error is not None
    assert result.import_error.endswith("ImportError: cannot import name 'nothing' from 'mine' (/dags/mine.py)\n")


def test_an_error_in_another_file_of_the_folder(read: Read) -> None:
    result = read(f"{PREAMBLE}import mine\n", mine="raise RuntimeError('not ready')\n")
    assert result.import_error == (
        "Traceback (most recent call last):\n"
        '  File "/dags/file.py", line 11, in <module>\n'
        "    import mine\n"
        '  File "/dags/mine.py", line 1, in <module>\n'
        "    raise RuntimeError('not ready')\n"
        "RuntimeError: not ready\n"
    )


def test_a_relative_import_of_a_dag_file(read: Read) -> None:
    result = read(f"{PREAMBLE}from .mine import x\n", mine="x = 1\n")
    assert result.import_error is not None
    assert result.import_error.endswith("ImportError: attempted relative import with no known parent package\n")


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("x = {}['missing']", "KeyError: 'missing'"),
        ("x = [][0]", "IndexError: list index out of range"),
        ("x = 1 / 0", "ZeroDivisionError: division by zero"),
        ("assert 1 == 2, 'no'", "AssertionError: no"),
        ("x = int('x')", "ValueError: invalid literal for int() with base 10: 'x'"),
        ("x = datetime(2024, 13, 1)", "ValueError: month must be in 1..12"),
        ("raise AirflowException('no')", "airflow.exceptions.AirflowException: no"),
    ],
)
def test_what_certainly_raises_is_an_import_error(read: Read, statement: str, error: str) -> None:
    result = read(f"{PREAMBLE}from airflow.exceptions import AirflowException\n{statement}\n")
    assert result.import_error is not None
    assert result.import_error.splitlines()[-1] == error


def test_arguments_of_a_dag_that_there_are_not_matter_by_version(read: Read) -> None:
    source = (
        PREAMBLE + "with DAG('dag', start_date=datetime(2024, 1, 1), fail_fast=True):\n    EmptyOperator(task_id='a')\n"
    )
    assert "unexpected keyword argument 'fail_fast'" in str(read(source).import_error)
    assert [dag.dag_id for dag in read(source, version="3.0.6").dags] == ["dag"]


def test_without_a_schedule_airflow_3_has_none(read: Read) -> None:
    source = PREAMBLE + "with DAG('dag', start_date=datetime(2024, 1, 1)):\n    EmptyOperator(task_id='a')\n"
    (dag,) = read(source, version="3.0.6").dags
    assert dag.schedule is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"from airflow import DAG", True),
        (b"import AirFlow; dAg", True),
        (b"import airflow", False),
        (b"dag", False),
        (b"", False),
        (b"\x00\xffairflow dag", True),
    ],
)
def test_files_without_both_words_are_passed_over(content: bytes, expected: bool) -> None:
    assert may_hold_dags(content) is expected


def test_a_file_that_is_too_large(read: Read) -> None:
    result = read("#" * (LARGEST_FILE + 1))
    assert result.import_error is not None
    assert f"up to {LARGEST_FILE} bytes" in result.import_error


def test_a_binary_file_and_one_in_another_encoding(read: Read, tmp_path: object) -> None:
    from fake_server.airflow.deployment import Airflow
    from fake_server.dag_files.modules import Modules
    from fake_server.dag_files.reading import read_dag_file
    from fake_server.dag_files.surroundings import Surroundings

    surroundings, modules = Surroundings.of(Airflow()), Modules({}, "/dags")
    binary = read_dag_file(b"airflow dag\x00\x01\x02", "/dags/a.py", modules, surroundings)
    assert "null bytes" in str(binary.import_error)
    latin = read_dag_file("'airflow dag \u00e9'\n".encode("latin-1"), "/dags/a.py", modules, surroundings)
    assert "utf-8" in str(latin.import_error).lower()
    declared = (
        "# -*- coding: latin-1 -*-\n# airflow dag \u00e9\n"
        "from airflow import DAG\ndag = DAG('\u00e9'.replace('\u00e9', 'e'))\n"
    )
    (dag,) = read_dag_file(declared.encode("latin-1"), "/dags/a.py", modules, surroundings).dags
    assert (dag.dag_id, dag.source) == ("e", declared)
