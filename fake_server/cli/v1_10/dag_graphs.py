"""``airflow show_dag``: the graph of a DAG's tasks in the language of Graphviz; no picture is ever made."""

from __future__ import annotations

import posixpath

from fake_server.airflow.dags import Task
from fake_server.cli.failures import Cause, Crash
from fake_server.cli.graphviz import quoted
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v1_10.dag_files import find_dag

#: Operators to the colour in which Airflow draws them.
_COLOURS = {
    "BashOperator": "#f0ede4",
    "BranchPythonOperator": "#ffefeb",
    "DummyOperator": "#e8f7e4",
    "PythonOperator": "#ffefeb",
    "ShortCircuitOperator": "#ffefeb",
}


def show_dag(invocation: Invocation) -> None:
    """Print the graph of a DAG's tasks, each followed by the arrows that leave it."""
    arguments = invocation.arguments
    dag = find_dag(invocation, arguments.dag_id)
    if arguments.save:
        name, _, extension = arguments.save.rpartition(".")
        if not name:
            raise Crash("FileNotFoundError", "[Errno 2] No such file or directory: ''")
        raise _no_dot(["dot", f"-T{extension}", "-O", posixpath.basename(name)])
    if arguments.imgcat:
        raise _no_dot(["dot", "-Tpng"])
    title = quoted(dag.dag_id)
    lines = [f"digraph {title} {{", f"\tgraph [label={title} labelloc=t rankdir=LR]"]
    for task in dag.tasks.values():
        lines.append(f"\t{_node(task)}")
        lines += [f"\t{quoted(task.task_id)} -> {quoted(below)}" for below in dag.downstream[task.task_id]]
    invocation.print("\n".join([*lines, "}"]))


def _node(task: Task) -> str:
    colour = _COLOURS.get(task.operator, "#fff")
    return f'{quoted(task.task_id)} [color="#000000" fillcolor="{colour}" shape=rectangle style="filled,rounded"]'


def _no_dot(command: list[str]) -> Crash:
    """The machine that commands run on has no Graphviz, so there are no pictures."""
    return Crash(
        "graphviz.backend.ExecutableNotFound",
        f"failed to execute {command}, make sure the Graphviz executables are on your systems' PATH",
        causes=[Cause("FileNotFoundError", "[Errno 2] No such file or directory: 'dot': 'dot'")],
    )


HANDLERS: dict[str, Handler] = {"show_dag": show_dag}
