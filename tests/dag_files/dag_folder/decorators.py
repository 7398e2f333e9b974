import pendulum
from airflow.decorators import dag, task
from airflow.sensors.base import PokeReturnValue


@dag("decorators", start_date=pendulum.datetime(2024, 1, 1), schedule="@daily", catchup=False, description="All kinds")
def many_kinds():
    @task.external_python(python="/usr/bin/python3")
    def external():
        pass

    @task.short_circuit()
    def condition():
        return True

    @task.sensor(poke_interval=60, timeout=3600, mode="reschedule")
    def wait_for() -> PokeReturnValue:
        return PokeReturnValue(is_done=True)

    @task.bash
    def shell() -> str:
        return "echo"

    @task.python
    def plain():
        return 1

    @task.branch
    def branch():
        return ["plain__1"]

    @task.branch_external_python(python="/usr/bin/python3")
    def branch_outside():
        return "x"

    wait_for() >> condition() >> external() >> shell()
    first = plain()
    second = plain()
    third = plain.override(task_id="renamed", retries=3, trigger_rule="all_done")()
    branch() >> [second, third] >> branch_outside()
    first >> second


many_kinds()
