"""Which paths there are, and who handles them. Versions differ in these tables, not in the handlers' code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from werkzeug.routing import Map, MapAdapter, Rule

from fake_server.versions import AirflowVersion
from fake_server.web.experimental import dag_runs, dags, information, pools, tasks, tasks_1_10, triggers, triggers_1_10
from fake_server.web.experimental.call import Handler
from fake_server.web.request import WebRequest

_DAG = "/dags/<string:dag_id>"
_RUN = _DAG + "/dag_runs/<string:execution_date>"


@dataclass(frozen=True)
class Routes:
    """The routes of one family of versions."""

    table: tuple[tuple[str, str, Handler], ...]
    #: Whether a doubled slash in a path leads to the path with one.
    merges_slashes: bool

    @cached_property
    def url_map(self) -> Map:
        """The same for Werkzeug."""
        return Map(
            [
                Rule(f"/api/experimental{path}", methods=[method, "OPTIONS"], endpoint=handler)
                for method, path, handler in self.table
            ],
            merge_slashes=self.merges_slashes,
        )


_POOLS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/pools", pools.get_pools),
    ("POST", "/pools", pools.create_pool),
    ("GET", "/pools/<string:name>", pools.get_pool),
    ("DELETE", "/pools/<string:name>", pools.delete_pool),
)
#: What all versions have in common.
_SHARED: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/test", information.test),
    ("GET", f"{_DAG}/dag_runs", dag_runs.dag_runs),
    ("GET", _RUN, dag_runs.dag_run_status),
    ("GET", "/latest_runs", dag_runs.latest_dag_runs),
    ("GET", f"{_DAG}/paused", dags.dag_is_paused),
    ("GET", f"{_DAG}/paused/<string:paused>", dags.dag_paused),
    ("GET", f"{_DAG}/code", dags.get_dag_code),
    *_POOLS,
)

AIRFLOW_1_10 = Routes(
    (
        *_SHARED,
        ("POST", f"{_DAG}/dag_runs", triggers_1_10.trigger_dag),
        ("GET", f"{_RUN}/tasks/<string:task_id>", tasks_1_10.task_instance_info),
        ("GET", f"{_DAG}/tasks/<string:task_id>", tasks_1_10.task_info),
    ),
    merges_slashes=False,
)
AIRFLOW_2 = Routes(
    (
        *_SHARED,
        ("GET", "/info", information.info),
        ("POST", f"{_DAG}/dag_runs", triggers.trigger_dag),
        ("GET", f"{_RUN}/tasks/<string:task_id>", tasks.task_instance_info),
        ("GET", f"{_DAG}/tasks/<string:task_id>", tasks.task_info),
        ("DELETE", _DAG, dags.delete_dag),
        ("GET", "/lineage/<string:dag_id>/<string:execution_date>", dags.get_lineage),
    ),
    merges_slashes=True,
)
_ROUTES = {"1.10": AIRFLOW_1_10, "2": AIRFLOW_2}


def routes_of(version: AirflowVersion) -> Routes:
    """The routes that ``version`` has."""
    return _ROUTES[version.web_dialect]


def bind(routes: Routes, request: WebRequest) -> MapAdapter:
    """The table, ready to match ``request``."""
    return routes.url_map.bind_to_environ(request.environ)
