"""Which paths there are, and who handles them. Versions differ in these tables, not in the handlers' code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from werkzeug.routing import Map, MapAdapter, Rule

from fake_server.web.experimental import dag_runs, dags, information, pools, tasks
from fake_server.web.experimental.call import Handler
from fake_server.web.request import WebRequest

_DAG = "/dags/<string:dag_id>"
_RUN = _DAG + "/dag_runs/<string:execution_date>"


@dataclass(frozen=True)
class Routes:
    """The routes of one family of versions."""

    table: tuple[tuple[str, str, Handler], ...]

    @cached_property
    def url_map(self) -> Map:
        """The same for Werkzeug."""
        return Map(
            Rule(f"/api/experimental{path}", methods=[method, "OPTIONS"], endpoint=handler)
            for method, path, handler in self.table
        )


AIRFLOW_2 = Routes(
    (
        ("GET", "/test", information.test),
        ("GET", "/info", information.info),
        ("POST", f"{_DAG}/dag_runs", dag_runs.trigger_dag),
        ("GET", f"{_DAG}/dag_runs", dag_runs.dag_runs),
        ("GET", _RUN, dag_runs.dag_run_status),
        ("GET", f"{_RUN}/tasks/<string:task_id>", tasks.task_instance_info),
        ("GET", "/latest_runs", dag_runs.latest_dag_runs),
        ("GET", f"{_DAG}/tasks/<string:task_id>", tasks.task_info),
        ("GET", f"{_DAG}/paused", dags.dag_is_paused),
        ("GET", f"{_DAG}/paused/<string:paused>", dags.dag_paused),
        ("GET", f"{_DAG}/code", dags.get_dag_code),
        ("DELETE", _DAG, dags.delete_dag),
        ("GET", "/lineage/<string:dag_id>/<string:execution_date>", dags.get_lineage),
        ("GET", "/pools", pools.get_pools),
        ("POST", "/pools", pools.create_pool),
        ("GET", "/pools/<string:name>", pools.get_pool),
        ("DELETE", "/pools/<string:name>", pools.delete_pool),
    )
)


def bind(routes: Routes, request: WebRequest) -> MapAdapter:
    """The table, ready to match ``request``."""
    return routes.url_map.bind_to_environ(request.environ)
