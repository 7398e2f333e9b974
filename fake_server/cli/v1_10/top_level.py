"""``airflow version``, and what describes the installation."""

from __future__ import annotations

from fake_server.cli.installation import HOME
from fake_server.cli.invocation import Handler, Invocation


def version(invocation: Invocation) -> None:
    """Print the version of Airflow."""
    invocation.print(invocation.airflow.version.number)


def config(invocation: Invocation) -> None:
    """Print the options of all sections."""
    for section, options in invocation.airflow.config.sections().items():
        invocation.print(f"[{section}]")
        for option, value in options.items():
            # As they stand in the file, where a percent sign has to be doubled.
            invocation.print(f"{option} = {value.replace('%', '%%')}")
        invocation.print()
    invocation.print()


def info(invocation: Invocation) -> None:
    """Describe the installation; what only a machine could tell is left out."""
    airflow = invocation.airflow
    facts = {
        "version": airflow.version.number,
        "airflow_home": HOME,
        "executor": airflow.config.get("core", "executor"),
        "dags_folder": airflow.config.get("core", "dags_folder"),
        "python_location": invocation.installation.packages,
        "python_version": airflow.version.python,
    }
    for name, fact in facts.items():
        invocation.print(f"{name:<16} | {fact}")


HANDLERS: dict[str, Handler] = {"config": config, "info": info, "version": version}
