"""``airflow version``."""

from __future__ import annotations

from fake_server.cli.invocation import Handler, Invocation


def version(invocation: Invocation) -> None:
    """Print the version of Airflow."""
    invocation.print(invocation.airflow.version.number)


HANDLERS: dict[str, Handler] = {"version": version}
