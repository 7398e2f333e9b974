"""``airflow variables``: what it does is told by its options, several of which may stand together."""

from __future__ import annotations

import json
from typing import Any

from fake_server.cli.failures import Crash
from fake_server.cli.invocation import Handler, Invocation


def variables(invocation: Invocation) -> None:
    """Get, delete, set, import and export, in this order; without any of these, print the keys."""
    arguments, store = invocation.arguments, invocation.airflow.variables
    path = getattr(arguments, "import")
    if arguments.get is not None:
        _get(invocation)
    if arguments.delete is not None:
        store.delete(arguments.delete)
    if arguments.set is not None:
        store.set(*arguments.set)
    if path is not None:
        _import(invocation, path)
    if arguments.export is not None:
        _export(invocation, arguments.export)
    if not (arguments.get or arguments.delete or arguments.set or path or arguments.export):
        invocation.print("\n".join(variable.key for variable in store))


def _get(invocation: Invocation) -> None:
    arguments = invocation.arguments
    variable = invocation.airflow.variables.find(arguments.get)
    if variable is None:
        invocation.print(str(arguments.default))
    elif arguments.json:
        try:
            invocation.print(str(json.loads(variable.value)))
        except json.JSONDecodeError as error:
            invocation.print(str(error))
    else:
        invocation.print(variable.value)


def _import(invocation: Invocation, path: str) -> None:
    text = invocation.read_file(path)
    if text is None:
        invocation.print("Missing variables file.")
        return
    try:
        values = json.loads(text)
    except ValueError:
        invocation.print("Invalid variables file.")
        return
    if not isinstance(values, dict):
        raise Crash("AttributeError", f"{type(values).__name__!r} object has no attribute 'items'")
    for key, value in values.items():
        invocation.airflow.variables.set(key, value if isinstance(value, str) else json.dumps(value, indent=2))
    invocation.print(f"{len(values)} of {len(values)} variables successfully updated.")


def _export(invocation: Invocation, path: str) -> None:
    values = {variable.key: _decoded(variable.value) for variable in invocation.airflow.variables}
    invocation.write_file(path, json.dumps(values, sort_keys=True, indent=4))
    invocation.print(f"{len(values)} variables successfully exported to {path}")


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


HANDLERS: dict[str, Handler] = {"variables": variables}
