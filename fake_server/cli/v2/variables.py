"""``airflow variables …``."""

from __future__ import annotations

import json
from typing import Any

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


def export(invocation: Invocation) -> None:
    """Write all variables to a file as JSON, decoding values that are JSON themselves."""
    path = invocation.arguments.file
    values = {variable.key: _decoded(variable.value) for variable in invocation.airflow.variables}
    text = json.dumps(values, sort_keys=True, indent=4)
    if not invocation.airflow.version.command_output.prints_exported:
        invocation.write_file(path, text)
        invocation.print(f"{len(values)} variables successfully exported to {path}")
    elif path == "-":
        invocation.print(text, end="")
        invocation.warn(f"\n{len(values)} Variables successfully exported.")
    else:
        invocation.write_file(path, text)
        invocation.print(f"{len(values)} Variables successfully exported to {path}.")


def import_variables(invocation: Invocation) -> None:
    """Store the variables of a JSON or YAML file."""
    arguments, variables = invocation.arguments, invocation.airflow.variables
    text = invocation.read_file(arguments.file)
    if text is None:
        raise CommandFailed("Missing variables file.")
    values = _parsed(text, arguments.file)
    existing = [key for key in values if key in variables]
    if existing and arguments.action_on_existing_key == "fail":
        raise CommandFailed(f"Failed. These keys: {sorted(existing)} already exists.")
    skipped = existing if arguments.action_on_existing_key == "skip" else []
    for key, value in values.items():
        if key not in skipped:
            variables.set(key, value if isinstance(value, str) else json.dumps(value, indent=2))
    invocation.print(f"{len(values) - len(skipped)} of {len(values)} variables successfully updated.")
    if skipped:
        invocation.print(f"The variables with these keys: {sorted(skipped)} were skipped because they already exists")


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _parsed(text: str, path: str) -> dict[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(text) if path.endswith((".yaml", ".yml")) else json.loads(text)
    except (ValueError, yaml.YAMLError):
        values = None
    if not isinstance(values, dict):
        raise CommandFailed("Invalid variables file.")
    return {str(key): value for key, value in values.items()}


HANDLERS: dict[str, Handler] = {
    "variables delete": delete,
    "variables export": export,
    "variables get": get,
    "variables import": import_variables,
    "variables list": list_variables,
    "variables set": set_variable,
}
