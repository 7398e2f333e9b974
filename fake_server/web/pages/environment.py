"""The page about the environment itself: what it is, its tokens, its settings. A real Airflow does not have it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from fake_server.airflow.secrets_masker import MASK, is_sensitive_name
from fake_server.assumptions import ASSUMPTIONS
from fake_server.tokens import TOKEN_LIFETIME_SECONDS
from fake_server.web.pages.visits import MAY_WATCH, Visit

_KINDS = {"CreateCliToken": "CLI token", "CreateWebLoginToken": "web login token"}
#: So many tokens are shown.
_SHOWN_TOKENS = 50


def show(visit: Visit) -> Response:
    """The environment. Whatever is secret was never kept, or is masked."""
    visit.require(MAY_WATCH)
    airflow, server = visit.airflow, visit.server
    return visit.page(
        "environment.html",
        "environment",
        hostname=server.hostname,
        now=airflow.clock.now(),
        scheduler_runs=airflow.scheduler.enabled,
        auth_backends=airflow.config.auth_backends(),
        login_role=server.options.role,
        dag_count=len(airflow.dags),
        run_count=len(airflow.runs),
        variable_count=len(airflow.variables),
        connection_count=len(airflow.connections),
        pool_count=len(airflow.pools),
        tokens=_tokens(visit),
        tables=[
            ("Configuration options", "Airflow's and MWAA's defaults are in force.", _options(visit)),
            ("Assumptions", "All are as they are by default.", _assumptions(visit)),
            ("Faults", "None waits for its first request.", [(str(fault), "waits") for fault in server.faults.unused]),
        ],
    )


def _tokens(visit: Visit) -> list[dict[str, Any]]:
    now = visit.airflow.clock.now()
    leeway = visit.server.assumptions.integer("token_leeway_seconds")
    lifetime = timedelta(seconds=TOKEN_LIFETIME_SECONDS)
    issued = visit.server.journal.tokens_issued[-_SHOWN_TOKENS:]
    return [
        {
            "kind": _KINDS[entry.operation or ""],
            "principal": entry.principal,
            "issued": entry.time,
            # Tokens tell their expiry in whole seconds.
            "expires": entry.time.replace(microsecond=0) + lifetime,
            "is_expired": now - timedelta(seconds=leeway) >= entry.time.replace(microsecond=0) + lifetime,
        }
        for entry in reversed(issued)
    ]


def _options(visit: Visit) -> list[tuple[str, str]]:
    config = visit.airflow.config
    shown: list[tuple[str, str]] = []
    for key, value in sorted(config.options.items()):
        section, _, option = key.partition(".")
        hidden = config.is_sensitive(section, option) or is_sensitive_name(option)
        shown.append((key, MASK if hidden else value))
    return shown


def _assumptions(visit: Visit) -> list[tuple[str, str]]:
    chosen = visit.server.assumptions
    return [(each.name, str(chosen[each.name])) for each in ASSUMPTIONS if chosen[each.name] != each.default]
