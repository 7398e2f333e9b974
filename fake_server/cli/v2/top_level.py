"""Commands that belong to no group: ``airflow version``, ``airflow cheat-sheet`` and the like."""

from __future__ import annotations

from fake_server.cli import output
from fake_server.cli.commands import command_tree
from fake_server.cli.failures import CommandFailed
from fake_server.cli.installation import HOME
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v2.providers import providers_of


def version(invocation: Invocation) -> None:
    """Print the version of Airflow."""
    invocation.print(invocation.airflow.version.number)


def cheat_sheet(invocation: Invocation) -> None:
    """Show every command with what it does, group by group."""
    tree = command_tree(invocation.airflow.version)
    sections: dict[str, list[tuple[str, str]]] = {"Miscellaneous commands": []}
    for command in tree.commands.values():
        title = tree.groups[command.words[0]] if len(command.words) > 1 else "Miscellaneous commands"
        sections.setdefault(title, []).append((command.program, command.help))
    width = max(len(name) for rows in sections.values() for name, _ in rows)
    for title, rows in sections.items():
        invocation.print(output.listing(rows, title=title, first_column=width), end="")


def info(invocation: Invocation) -> None:
    """Show the installation; what only a machine could tell is left out."""
    airflow = invocation.airflow
    config, installation = airflow.config, invocation.installation
    facts: dict[str, dict[str, str]] = {
        "Apache Airflow": {
            "version": airflow.version.number,
            "executor": config.get("core", "executor"),
            "task_logging_handler": "airflow.utils.log.file_task_handler.FileTaskHandler",
            "dags_folder": config.get("core", "dags_folder"),
            "plugins_folder": config.get("core", "plugins_folder"),
            "base_log_folder": config.get("logging", "base_log_folder"),
        },
        "System info": {"OS": "Linux", "architecture": "x86_64", "python_version": airflow.version.python},
        "Paths info": {
            "airflow_home": HOME,
            "system_path": installation.program.rpartition("/")[0],
            "python_path": installation.packages,
        },
        "Providers info": {entry["package_name"]: entry["version"] for entry in providers_of("list")},
    }
    if invocation.arguments.output == "table":
        for title, values in facts.items():
            invocation.print(f"\n{title}\n{output.listing(list(values.items()))}", end="")
    else:
        invocation.print_rows([{title.lower().replace(" ", "_"): values} for title, values in facts.items()])


def plugins(invocation: Invocation) -> None:
    """Show the plugins; there are none."""
    invocation.print("No plugins loaded")


def sync_perm(invocation: Invocation) -> None:
    """Bring the roles up to date, which they always are."""
    invocation.warn_of_rate_limits()
    invocation.print("Updating actions and resources for all existing roles")


def rotate_fernet_key(_: Invocation) -> None:
    """Encrypt everything anew; nothing is encrypted here."""


def dag_processor(invocation: Invocation) -> None:
    """Refuse to run a DAG processor of its own unless that is configured."""
    if not invocation.airflow.config.boolean("scheduler", "standalone_dag_processor"):
        raise CommandFailed("The option [scheduler/standalone_dag_processor] must be True.")
    raise CommandFailed("A DAG processor runs until it is stopped, which the command line of this fake cannot do.")


HANDLERS: dict[str, Handler] = {
    "cheat-sheet": cheat_sheet,
    "dag-processor": dag_processor,
    "info": info,
    "plugins": plugins,
    "rotate-fernet-key": rotate_fernet_key,
    "sync-perm": sync_perm,
    "version": version,
}
