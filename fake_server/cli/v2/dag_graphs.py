"""``airflow dags show`` and ``show-dependencies``: graphs in the language of Graphviz.

The text is what the graphviz package writes for the graph that Airflow draws; no picture is ever made.
"""

from __future__ import annotations

from collections.abc import Iterable

from fake_server.airflow.dags import DAG, Task
from fake_server.cli.failures import Crash
from fake_server.cli.graphviz import quoted
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v2.dag_files import find_dag

#: Operators to the colour in which Airflow draws them.
_COLOURS = {
    "BashOperator": "#f0ede4",
    "BranchPythonOperator": "#ffefeb",
    "EmptyOperator": "#e8f7e4",
    "PythonOperator": "#ffefeb",
    "ShortCircuitOperator": "#ffefeb",
    "_PythonDecoratedOperator": "#ffefeb",
}
_STYLE = 'shape=rectangle style="filled,rounded"'
_JOIN = '[color="#000000" fillcolor=CornflowerBlue height=0.2 label="" shape=circle style="filled,rounded" width=0.2]'


def show(invocation: Invocation) -> None:
    """Print the graph of a DAG's tasks."""
    dag = find_dag(invocation, invocation.arguments.dag_id)
    _need_graphviz(invocation)
    name = quoted(dag.dag_id)
    lines = [f"digraph {name} {{", f"\tgraph [label={name} labelloc=t rankdir=LR]"]
    groups = {task.task_group for task in dag.tasks.values() if task.task_group}
    for node in sorted({*groups, *(task_id for task_id, task in dag.tasks.items() if not task.task_group)}):
        lines += _group(dag, node) if node in groups else [f"\t{_node(dag.tasks[node])}"]
    lines += [f"\t{quoted(start)} -> {quoted(end)}" for start, end in sorted(_edges(dag))]
    _print_graph(invocation, [*lines, "}"])


def show_dependencies(invocation: Invocation) -> None:
    """Print how DAGs depend on each other through datasets."""
    _need_graphviz(invocation)
    lines = ["digraph {", "\tgraph [rankdir=LR]"]
    for dag in invocation.airflow.dags_by_id:
        name = quoted(dag.dag_id)
        produced = sorted({_edge_end(uri) for task in dag.tasks.values() for uri in task.outlets})
        consumed = sorted(map(_edge_end, dag.dataset_triggers))
        edges = [edge for uri in produced for edge in (f"{name} -> {uri}", f"{uri} -> dataset")]
        edges += [edge for uri in consumed for edge in (f"dataset -> {uri}", f"{uri} -> {name}")]
        if edges:
            lines += [f"\tsubgraph {name} {{", f"\t\tgraph [label={name} labelloc=t rankdir=LR]"]
            lines += [f"\t\t{edge}" for edge in edges] + ["\t}"]
    _print_graph(invocation, [*lines, "}"])


def _print_graph(invocation: Invocation, lines: Iterable[str]) -> None:
    target = invocation.arguments.save
    text = "\n".join(lines) + "\n"
    if target is None:
        invocation.print(text)
        return
    extension = target.rpartition(".")[2]
    invocation.write_file(target, text)
    invocation.print(f"File {target} saved" if extension else text)


def _need_graphviz(invocation: Invocation) -> None:
    if not invocation.has_graphviz:
        text = "Could not import graphviz. Install the graphviz python package to fix this error."
        raise Crash("airflow.exceptions.AirflowException", text)


def _group(dag: DAG, group: str) -> list[str]:
    label = group.rpartition(".")[2]
    lines = [
        f"\tsubgraph {quoted(f'cluster_{group}')} {{",
        f'\t\tcolor="#000000" fillcolor="#6495ed7f" label={quoted(label)} shape=rectangle style=filled',
    ]
    inside = [task for task in dag.tasks.values() if task.task_group == group]
    if _is_joined(dag, group):
        lines.append(f"\t\t{quoted(f'{group}.upstream_join_id')} {_JOIN}")
    lines += [f"\t\t{_node(task)}" for task in sorted(inside, key=lambda task: task.task_id)]
    return [*lines, "\t}"]


def _node(task: Task) -> str:
    label = task.task_id.rpartition(".")[2] if task.task_group else task.task_id
    colour = _COLOURS.get(task.operator, "#fff")
    return f'{quoted(task.task_id)} [color="#000000" fillcolor="{colour}" label={quoted(label)} {_STYLE}]'


def _edges(dag: DAG) -> set[tuple[str, str]]:
    edges: set[tuple[str, str]] = set()
    for task in dag.tasks.values():
        for parent in task.upstream:
            edges |= _edge(dag, dag.tasks[parent], task)
    return edges


def _edge(dag: DAG, parent: Task, task: Task) -> set[tuple[str, str]]:
    group = task.task_group
    if group and group != parent.task_group and _is_joined(dag, group):
        join = f"{group}.upstream_join_id"
        return {(parent.task_id, join), (join, task.task_id)}
    return {(parent.task_id, task.task_id)}


def _is_joined(dag: DAG, group: str) -> bool:
    """Whether something outside of a group stands above tasks in it; all of these arrows meet in one point then."""
    return any(
        dag.tasks[parent].task_group != group
        for task in dag.tasks.values()
        if task.task_group == group
        for parent in task.upstream
    )


def _edge_end(name: str) -> str:
    """Graphviz reads what follows a colon in the end of an arrow as the port of a node."""
    node, colon, port = name.partition(":")
    return f"{quoted(node)}:{quoted(port)}" if colon else quoted(node)


HANDLERS: dict[str, Handler] = {"dags show": show, "dags show-dependencies": show_dependencies}
