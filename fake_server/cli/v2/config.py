"""``airflow config …``."""

from __future__ import annotations

from fake_server.cli.failures import CommandFailed
from fake_server.cli.invocation import Handler, Invocation


def get_value(invocation: Invocation) -> None:
    """Print the value of one option."""
    section, option = invocation.arguments.section, invocation.arguments.option
    try:
        invocation.print(invocation.airflow.config.get(section, option))
    except KeyError:
        output = invocation.airflow.version.command_output
        if output.refuses_unknown_options:
            no_section = output.names_unknown_sections and section not in invocation.airflow.config.sections()
            missing = f"section [{section}]" if no_section else f"option [{section}/{option}]"
            raise CommandFailed(f"The {missing} is not found in config.") from None
        message = f"section/key [{section}/{option}] not found in config"
        invocation.log("configuration.py:1074", message, "WARNING")


def list_options(invocation: Invocation) -> None:
    """Print the options of all sections or of one."""
    wanted = invocation.arguments.section
    sections = invocation.airflow.config.sections()
    for section, options in sections.items():
        if wanted in (None, section):
            invocation.print(f"[{section}]")
            for option, value in options.items():
                invocation.print(f"{option} = {value}")
            invocation.print()


HANDLERS: dict[str, Handler] = {"config get-value": get_value, "config list": list_options}
