"""A Hypothesis state machine whose every step is asked of a real Airflow and of the fake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.strategies import DataObject, SearchStrategy

from tests.real_airflow import commands, web_requests
from tests.real_airflow.comparison import Divergence, SideBySide
from tests.real_airflow.differences import explanation
from tests.real_airflow.steps import Command, Request, Step
from tests.real_airflow.strategies import API, Known

_STORES = {"variables": "key", "pools": "name", "connections": "connection_id", "users": "username", "roles": "name"}
_FAMILIES: tuple[Callable[[Known], SearchStrategy[Command]], ...] = (
    commands.dag_runs,
    commands.dag_runs,
    commands.dags,
    commands.tasks,
    commands.stores,
    commands.people,
    commands.others,
)


@dataclass
class Tally:
    """What a run of the machine has seen."""

    #: Compared answers, by what they were about.
    compared: Counter[str] = field(default_factory=Counter)
    #: Of these, how many said that something was done or found.
    succeeded: Counter[str] = field(default_factory=Counter)
    #: Reasons of known differences that were met.
    known: Counter[str] = field(default_factory=Counter)
    #: Differences that nobody knows of yet, with the steps that led there, when they are collected.
    unexplained: list[str] = field(default_factory=list)


class _Strategies(dict[Callable[[Known], SearchStrategy[Any]], SearchStrategy[Any]]):
    """What the functions of this room make, made once."""

    def __init__(self, known: Known) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, function: Callable[[Known], SearchStrategy[Any]]) -> SearchStrategy[Any]:
        self[function] = strategy = function(self._known)
        return strategy


class Machine(RuleBasedStateMachine):
    """Make it with :func:`machine_for`."""

    both: SideBySide
    tally: Tally
    collects: bool
    known: Known
    strategies: dict[Callable[[Known], SearchStrategy[Any]], SearchStrategy[Any]]

    @initialize(data=st.data())
    def begin_anew(self, data: DataObject) -> None:
        self.both.restore()
        self.known.forget()
        self.history: list[str] = []
        # Hypothesis begins with the simplest choices, which ask the same fifty times. It is done with zero here.
        self.is_over = data.draw(st.integers(0, 2**32), label="simplest") == 0
        # Most of what can be asked is about runs.
        for step in data.draw(web_requests.first_runs(), label="first runs"):
            self._ask(step, "first_runs")

    @rule(data=st.data())
    def trigger_run(self, data: DataObject) -> None:
        self._request(data, web_requests.trigger_run)

    @rule(data=st.data())
    def trigger_another_run(self, data: DataObject) -> None:
        self._request(data, web_requests.trigger_run)

    @rule(data=st.data())
    def list_runs(self, data: DataObject) -> None:
        self._request(data, web_requests.list_runs)

    @rule(data=st.data())
    def list_runs_by_form(self, data: DataObject) -> None:
        self._request(data, web_requests.list_runs_by_form)

    @rule(data=st.data())
    def read_run(self, data: DataObject) -> None:
        self._request(data, web_requests.read_run)

    @rule(data=st.data())
    def change_run(self, data: DataObject) -> None:
        self._request(data, web_requests.change_run)

    @rule(data=st.data())
    def delete_run(self, data: DataObject) -> None:
        self._request(data, web_requests.delete_run)

    @rule(data=st.data())
    def read_task_instance(self, data: DataObject) -> None:
        self._request(data, web_requests.read_task_instance)

    @rule(data=st.data())
    def list_task_instances(self, data: DataObject) -> None:
        self._request(data, web_requests.list_task_instances)

    @rule(data=st.data())
    def change_tasks(self, data: DataObject) -> None:
        self._request(data, web_requests.change_tasks)

    @rule(data=st.data())
    def read_dags(self, data: DataObject) -> None:
        self._request(data, web_requests.read_dags)

    @rule(data=st.data())
    def change_dags(self, data: DataObject) -> None:
        self._request(data, web_requests.change_dags)

    @rule(data=st.data())
    def delete_dag(self, data: DataObject) -> None:
        self._request(data, web_requests.delete_dag)

    @rule(data=st.data())
    def datasets(self, data: DataObject) -> None:
        self._request(data, web_requests.datasets)

    @rule(data=st.data())
    def variables(self, data: DataObject) -> None:
        self._request(data, web_requests.variables)

    @rule(data=st.data())
    def pools(self, data: DataObject) -> None:
        self._request(data, web_requests.pools)

    @rule(data=st.data())
    def connections(self, data: DataObject) -> None:
        self._request(data, web_requests.connections)

    @rule(data=st.data())
    def users(self, data: DataObject) -> None:
        self._request(data, web_requests.users)

    @rule(data=st.data())
    def roles(self, data: DataObject) -> None:
        self._request(data, web_requests.roles)

    @rule(data=st.data())
    def event_log(self, data: DataObject) -> None:
        self._request(data, web_requests.event_log)

    @rule(data=st.data())
    def deployment(self, data: DataObject) -> None:
        self._request(data, web_requests.deployment)

    @rule(data=st.data())
    def odd_requests(self, data: DataObject) -> None:
        self._request(data, web_requests.odd_requests)

    @rule(data=st.data())
    def experimental(self, data: DataObject) -> None:
        self._request(data, web_requests.experimental)

    @rule(data=st.data())
    def command(self, data: DataObject) -> None:
        family = data.draw(st.sampled_from(_FAMILIES), label="family")
        self._ask(data.draw(self.strategies[family], label="command"), f"{family.__name__} by command")

    @rule(data=st.data())
    def another_command(self, data: DataObject) -> None:
        self.command(data)

    def _request(self, data: DataObject, requests: Callable[[Known], SearchStrategy[Request]]) -> None:
        self._ask(data.draw(self.strategies[requests], label="request"), requests.__name__)

    def _ask(self, step: Step, about: str) -> None:
        if self.is_over:
            return
        self.history.append(str(step))
        self.tally.compared[about] += 1
        try:
            status = self.both.ask(step)
        except Divergence as divergence:
            self._diverged(divergence)
        else:
            self.tally.succeeded[about] += status in {0, 200, 204}
            self._learn(step, status)

    def _diverged(self, divergence: Divergence) -> None:
        known = explanation(divergence)
        if known is None and not self.collects:
            raise AssertionError("\n".join(["After", *self.history[:-1], str(divergence)])) from None
        if known is None:
            self.tally.unexplained.append("\n".join([*self.history, divergence.difference]))
        else:
            self.tally.known[known.reason] += 1
        # What comes after would differ because of this.
        self.is_over = known is None or not known.harmless

    def _learn(self, step: Step, status: int) -> None:
        if status != 200 or not isinstance(step, Request) or not isinstance(step.body, dict) or step.method != "POST":
            return
        family = step.path.removeprefix(f"{API}/")
        if family in _STORES:
            names: list[str] = getattr(self.known, family)
            name = step.body[_STORES[family]]
            # Commands would give it the values of other variables, see web_requests.
            if name and "secret" not in name:
                names.append(name)
        elif family.startswith("dags/") and family.endswith("/dagRuns") and step.body.get("dag_run_id"):
            self.known.runs.append((family.split("/")[1], step.body["dag_run_id"]))


def machine_for(both: SideBySide, tally: Tally, *, collects: bool) -> type[Machine]:
    """The machine for these two. With ``collects`` a difference ends an example, but not the run."""
    known = Known()
    members = {"both": both, "tally": tally, "collects": collects, "known": known, "strategies": _Strategies(known)}
    return type("Machine", (Machine,), members)
