"""Less usual forms."""
from datetime import datetime

from airflow import DAG
from airflow.decorators import dag, task, task_group
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
from airflow.utils.task_group import TaskGroup

START = datetime(2024, 1, 1)

with DAG("more_nested", start_date=START, schedule=None) as outer, DAG("more_inner", start_date=START, schedule=None):
    EmptyOperator(task_id="in_inner")
    EmptyOperator(task_id="in_outer", dag=outer)

with DAG("more_groups", start_date=START, schedule=None, default_args={"owner": "one", "pool": "database"}) as groups:
    made = {}
    for name in "ab":
        with TaskGroup(f"group_{name}") as made[name]:
            first, second = (EmptyOperator(task_id=f"task_{n}") for n in range(2))
            first >> second
    made["a"] >> made["b"]
    [made["a"], EmptyOperator(task_id="x")] >> EmptyOperator(task_id="y", owner="two")

    @task_group(default_args={"retries": 2})
    def repeated(n):
        @task
        def work(value):
            return value

        work(n) >> EmptyOperator(task_id="after")

    last = [repeated(n) for n in range(3)]
    last[0] >> last[1] >> last[2]


@dag(start_date=START, schedule=None, dag_id="more_parameters")
def more_parameters(who: str = "world", times: int = 3):
    BashOperator(task_id="hello", bash_command="echo {{ params.who }}")

    @task.branch
    def choose():
        if True:
            return "hello"
        return "x"

    choose()


more_parameters(times=4)

for identifier in ("one", "two"):

    @dag(dag_id=f"more_{identifier}", start_date=START, schedule="@daily", catchup=False)
    def generated():
        """Made in a loop."""
        EmptyOperator(task_id="only")

    generated()

with DAG("more_interval", start_date=START, catchup=False, schedule=CronDataIntervalTimetable("0 1 * * 3", "UTC")):
    EmptyOperator(task_id="only")

with DAG("more_trigger", start_date=START, catchup=False, schedule=CronTriggerTimetable("0 1 * * 3", timezone="UTC")):
    EmptyOperator(task_id="only")

match = {"kind": "x"}
text = "short" if len(match) == 1 and not match.get("other") else "long"
numbers = [*range(3), 7]
total = sum(number ** 2 for number in numbers if number)
(left, *rest), last_one = (1, 2, 3), 4
try:
    value = {}["missing"]
except KeyError as error:
    value = "caught"
finally:
    done = True

with DAG(f"more_{text}_{total}_{rest[0]}{last_one}_{value}", start_date=START, schedule=None, tags=[f"{done!s:>6}"]) as d:
    t1 = EmptyOperator(task_id="t1")
    t2 = EmptyOperator(task_id="t2", trigger_rule="none_failed")
    d >> t1 if False else t1 >> t2
    assert t1.task_id == "t1"
    t2.retries = 5
    t1.doc_md = "Doc"
