"""``airflow variables …``."""

from __future__ import annotations

import json

from fake_server.airflow.errors import VariableNotFound
from fake_server.cli.failures import CommandFailed
from fake_server.cli.invocation import Handler, Invocation


def get(invocation: Invocation) -> None:
    """Print a value; with ``--json`` the repr of what it decodes to."""
    arguments = invocation.arguments
    variable = invocation.airflow.variables.find(arguments.key)
    if variable is None:
        if arguments.default is None:
            raise CommandFailed(str(VariableNotFound(arguments.key)))
        invocation.print(arguments.default)
    elif arguments.json:
        try:
            invocation.print(str(json.loads(variable.value)))
        except json.JSONDecodeError as error:
            raise CommandFailed(str(error)) from None
    else:
        invocation.print(variable.value)


def set_variable(invocation: Invocation) -> None:
    """Store a value. ``--json`` encodes the text once more, as Airflow does."""
    arguments = invocation.arguments
    value = json.dumps(arguments.value, indent=2) if arguments.json else arguments.value
    invocation.airflow.variables.set(arguments.key, value, arguments.description)
    invocation.print(f"Variable {arguments.key} created")


def list_variables(invocation: Invocation) -> None:
    """Show the keys, in the order of their rows."""
    invocation.print_rows([{"key": variable.key} for variable in invocation.airflow.variables])


def delete(invocation: Invocation) -> None:
    """Remove a variable, whether there is one or not."""
    invocation.airflow.variables.delete(invocation.arguments.key)
    invocation.print(f"Variable {invocation.arguments.key} deleted")


HANDLERS: dict[str, Handler] = {
    "variables delete": delete,
    "variables get": get,
    "variables list": list_variables,
    "variables set": set_variable,
}
