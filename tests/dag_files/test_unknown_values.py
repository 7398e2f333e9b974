"""What cannot be known from the text alone: a sensible value in its place, and a warning."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fake_server.airflow.dags import DAG
from fake_server.airflow.deployment import Airflow
from fake_server.dag_files.modules import Modules
from fake_server.dag_files.reading import ReadFile
from tests.dag_files.examples import PREAMBLE

ReadDag = Callable[..., DAG]
Read = Callable[..., ReadFile]


def test_an_unknown_part_of_a_task_id_is_named_after_its_source(read_dag: ReadDag) -> None:
    dag = read_dag('EmptyOperator(task_id=f"load_{fetch()}") >> EmptyOperator(task_id="end")', "from x import fetch")
    assert list(dag.tasks) == ["load_fetch", "end"]
    assert dag.task("end").upstream == ("load_fetch",)
    assert any("the task_id of a EmptyOperator is not known" in warning for warning in dag.parse_warnings)


def test_a_loop_over_something_unknown_is_followed_once(read_dag: ReadDag) -> None:
    body = (
        'end = EmptyOperator(task_id="end")\nfor table in fetch():\n    EmptyOperator(task_id=f"load_{table}") >> end'
    )
    dag = read_dag(body, "from x import fetch")
    assert list(dag.tasks) == ["end", "load_table"]
    assert any("'fetch()'" in warning and "followed once" in warning for warning in dag.parse_warnings)


def test_a_loop_under_an_unknown_condition_is_followed_once_even_when_it_continues(read_dag: ReadDag) -> None:
    dag = read_dag('while fetch():\n    EmptyOperator(task_id="load")\n    continue', "from x import fetch")
    assert list(dag.tasks) == ["load"]
    assert any("'fetch()'" in warning and "followed once" in warning for warning in dag.parse_warnings)


def test_an_unknown_condition_is_taken_to_hold(read_dag: ReadDag) -> None:
    body = 'if fetch():\n    EmptyOperator(task_id="yes")\nelse:\n    EmptyOperator(task_id="no")'
    dag = read_dag(body, "from x import fetch")
    assert list(dag.tasks) == ["yes"]
    assert any("taken to hold" in warning for warning in dag.parse_warnings)


def test_an_unknown_condition_for_an_error_does_not_hold(read_dag: ReadDag) -> None:
    before = "from x import fetch\nif not fetch():\n    raise ValueError('never mind')"
    dag = read_dag('EmptyOperator(task_id="one")', before)
    assert list(dag.tasks) == ["one"]


def test_an_error_inside_an_unknown_branch_proves_nothing(read_dag: ReadDag) -> None:
    before = "from x import fetch\nif fetch():\n    size = {}['missing']\nelse:\n    size = 1"
    assert list(read_dag('EmptyOperator(task_id="one")', before).tasks) == ["one"]


@pytest.mark.parametrize(
    ("argument", "field", "value"),
    [("retries", "retries", 0), ("pool", "pool", "default_pool"), ("owner", "owner", "airflow")],
)
def test_an_unknown_argument_of_a_task(read_dag: ReadDag, argument: str, field: str, value: object) -> None:
    dag = read_dag(f'EmptyOperator(task_id="one", {argument}=fetch())', "from x import fetch")
    assert getattr(dag.task("one"), field) == value
    assert any(f"{argument} of the task 'one'" in warning for warning in dag.parse_warnings)


def test_unknown_arguments_of_a_dag(read: Read) -> None:
    source = PREAMBLE + (
        "from x import fetch\n"
        "with DAG(fetch('name'), schedule=fetch(), start_date=fetch(), tags=['a', fetch()], catchup=fetch()) as dag:\n"
        "    EmptyOperator(task_id='one')\n"
    )
    (dag,) = read(source).dags
    assert (dag.dag_id, dag.schedule, dag.start_date, dag.tags, dag.catchup) == ("fetch_name", None, None, ("a",), True)
    assert len(dag.parse_warnings) == 5


def test_what_no_task_depends_on_needs_no_warning(read_dag: ReadDag) -> None:
    dag = read_dag(
        'PythonOperator(task_id="one", python_callable=fetch)', "from x import fetch\nclient = fetch().client()"
    )
    assert dag.parse_warnings == ()


def test_a_default_stands_for_an_environment_variable(read_dag: ReadDag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "of this process, and not of the environment")
    dag = read_dag('EmptyOperator(task_id=os.environ.get("STAGE", "test"))')
    assert list(dag.tasks) == ["test"]
    unknown = read_dag('EmptyOperator(task_id=os.environ["STAGE"])')
    assert list(unknown.tasks) == ["STAGE"]


def test_variables_are_those_of_the_deployment(read: Read) -> None:
    source = PREAMBLE + (
        "settings = Variable.get('settings', deserialize_json=True)\n"
        "with DAG(settings['name'], schedule=Variable.get('schedule', default_var=None)) as dag:\n"
        "    EmptyOperator(task_id='one', start_date=datetime(2024, 1, 1))\n"
    )
    (dag,) = read(source, variables={"settings": '{"name": "from_variable"}'}).dags
    assert (dag.dag_id, dag.schedule, dag.parse_warnings) == ("from_variable", None, ())
    (guessed,) = read(source).dags
    assert guessed.dag_id == "settings_name"


def test_warnings_are_dag_warnings_of_the_deployment(read_dag: ReadDag) -> None:
    airflow = Airflow("2.10.5")
    airflow.add_dag(read_dag('EmptyOperator(task_id="one", retries=fetch())', "from x import fetch"))
    (warning,) = airflow.dag_warnings
    assert (warning.dag_id, warning.warning_type) == ("dag", "not understood")
    assert "retries of the task 'one' is not known" in warning.message


@pytest.mark.parametrize(
    "statement",
    [
        "x = 'a' * 10 ** 10",
        "x = 10 ** 10 ** 10",
        "x = 1 << 10 ** 9",
        "x = f'{1:>999999999}'",
        "x = '{:>999999999}'.format(1)",
        "x = '%999999999d' % 1",
        "x = 'a'.ljust(10 ** 9)",
        "x = ['a']\nfor i in range(60):\n    x = [x, x]\ny = str(x)",
        "x = 'a'\nfor i in range(60):\n    x = x + x",
        "x = (1,)\nfor i in range(60):\n    x = (x, x)\ny = {x: 1}",
        "while True:\n    pass",
        "for i in range(10 ** 12):\n    pass",
        "def f():\n    return f()\nf()",
        "x = [[i for i in range(1000)] for j in range(1000)]",
        "x = " + "(" * 150 + "1" + ")" * 150,
        "x = " + "+".join("1" for _ in range(400)),
        "x = '{0.__class__.__init__.__globals__}'.format(DAG)",
        "x = ().__class__.__base__.__subclasses__()",
        "import subprocess\nsubprocess.run(['touch', '/nowhere/at/all'], check=True)",
        "open('/nowhere/at/all').read()",
        "eval('1/0')",
        "exec('raise ValueError')",
        "__import__('nowhere').at.all()",
    ],
)
def test_what_would_take_long_or_do_harm_is_not_done(read: Read, statement: str) -> None:
    source = (
        f"{PREAMBLE}with DAG('dag', start_date=datetime(2024, 1, 1)):\n    EmptyOperator(task_id='one')\n{statement}\n"
    )
    result = read(source)
    assert result.import_error is None
    assert [dag.dag_id for dag in result.dags] == ["dag"]


def test_sets_and_tuples_of_something_unknown_are_unknown_too(read_dag: ReadDag) -> None:
    before = (
        "from elsewhere import Base\n"
        "fields = tuple(set(Base.template_fields) - {'a'}) + ('b',)\n"
        "names = set(os.environ.get('NAMES')) | {'c'}\n"
    )
    dag = read_dag("for name in fields:\n    pass\nEmptyOperator(task_id='one')", before)
    assert list(dag.tasks) == ["one"]


def test_sets_with_something_unknown_put_to_them(read_dag: ReadDag) -> None:
    before = (
        "names = {'a'}\nboth = names.intersection(os.environ.get('NAMES'))\nnames.update(os.environ.get('NAMES'))\n"
    )
    assert list(read_dag("EmptyOperator(task_id='one')", before).tasks) == ["one"]


def test_what_python_only_warns_of_is_for_the_author(read: Read) -> None:
    assert read(f"{PREAMBLE}pattern = '\\d'\nx = 1 is 1\n").import_error is None


def test_texts_joined_of_something_unknown(read_dag: ReadDag) -> None:
    assert list(read_dag("EmptyOperator(task_id='one', doc=', '.join(os.environ.get('NAMES')))").tasks) == ["one"]


def test_what_is_no_set_fails_as_in_python(read: Read) -> None:
    error = read(f"{PREAMBLE}names = set([['a']])\n").import_error
    assert error is not None
    assert error.splitlines()[-1].startswith("TypeError: ")
    assert "unhashable type: 'list'" in error


def test_arguments_that_are_not_all_known_are_not_missed(read: Read) -> None:
    source = (
        f"{PREAMBLE}from elsewhere import common\n"
        "with DAG(**common) as dag:\n    BashOperator(task_id='one', **common)\n    EmptyOperator(**common)\n"
    )
    result = read(source)
    assert result.import_error is None
    assert [dag.dag_id for dag in result.dags] == ["unknown"]


def test_arguments_of_a_dictionary_are_checked_like_others(read: Read) -> None:
    source = f"{PREAMBLE}common = {{'retriess': 3}}\nwith DAG('dag', start_date=datetime(2024, 1, 1)):\n"
    error = read(f"{source}    EmptyOperator(task_id='one', **common)\n").import_error
    assert error is not None
    assert "{'retriess': 3}" in error


def test_only_operators_make_tasks_for_sure(read_dag: ReadDag) -> None:
    body = (
        "builder = JobBuilder(task_id='one')\n"
        "one = EmptyOperator(task_id='one')\n"
        "again = JobBuilder(task_id='one')\n"
        "one >> EmptyOperator(task_id='two')\n"
    )
    dag = read_dag(body, "from elsewhere import JobBuilder\n")
    assert list(dag.tasks) == ["one", "two"]
    assert dag.task("one").operator == "EmptyOperator"


def test_none_may_be_a_task_of_a_decorator_that_is_not_known(read_dag: ReadDag) -> None:
    before = "from elsewhere import dataframe\n"
    body = "@dataframe()\ndef frame():\n    pass\nEmptyOperator(task_id='a') >> [frame()] >> EmptyOperator(task_id='b')"
    assert list(read_dag(body, before).tasks) == ["a", "b"]


def test_modules_beyond_those_that_are_followed_may_have_any_name(read: Read) -> None:
    others = {f"module_{number}": f"from module_{number + 1} import thing\n" for number in range(Modules.limit + 5)}
    result = read(f"{PREAMBLE}from module_0 import thing\n", **others)
    assert result.import_error is None


def test_a_file_that_is_not_understood_takes_no_other_with_it(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fake_server.dag_files.interpreter.Interpreter.run", lambda *_: [].pop())
    result = read(PREAMBLE)
    assert result.dags == []
    assert result.import_error is not None
    assert result.import_error.startswith("/dags/file.py is not understood here (IndexError: pop from empty list)")


def test_a_task_that_cannot_be_is_an_import_error(read: Read) -> None:
    task = "ExampleOperator(task_id='one', pool_slots=0)"
    text = f"from elsewhere import ExampleOperator\nwith DAG('dag', start_date=datetime(2024, 1, 1)):\n    {task}\n"
    assert read(f"{PREAMBLE}{text}").import_error == "a task's pool_slots is a whole number from 1; got 0"
