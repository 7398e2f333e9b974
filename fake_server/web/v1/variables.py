"""Variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_server.airflow.variables import Variable
from fake_server.web.v1.call import NO_CONTENT_HTML, Answer, Call
from fake_server.web.v1.forms import Field, Form, load, masked
from fake_server.web.v1.paging import SortKeys, ordered, page
from fake_server.web.v1.problems import BadRequest, NotFound, Oops

_FORM: Form = {"key": Field(required=True), "value": Field(required=True), "description": Field()}
_SORT_KEYS: SortKeys[Variable] = {
    "id": lambda variable: variable.id,
    "key": lambda variable: variable.key,
    "value": lambda variable: variable.value,
}


def get_variables(call: Call) -> Any:
    """The variables, in the order of their rows unless asked otherwise."""
    rows = ordered(call.airflow.variables, call.query["order_by"], _SORT_KEYS)
    return {"variables": [_shown(call, row) for row in page(call, rows)], "total_entries": len(rows)}


def get_variable(call: Call) -> Any:
    """One variable."""
    return _shown(call, _find(call))


def post_variables(call: Call) -> Any:
    """Make a variable, or overwrite the one that stands. The answer is what was sent."""
    values = _load(call)
    keeps = call.airflow.version.rest_answers.keeps_new_descriptions
    call.airflow.variables.set(values["key"], values["value"], values.get("description") if keeps else None)
    return values


def patch_variable(call: Call) -> Any:
    """Change a variable's value and description."""
    values = _load(call)
    if values["key"] != call.path["variable_key"]:
        raise BadRequest("key from request body doesn't match uri parameter", title="Invalid post body")
    if call.airflow.version.rest_answers.changing_missing_variable == "make":
        return _set(call, values)
    variable = call.airflow.variables.find(values["key"])
    if variable is None and call.airflow.version.rest_answers.changing_missing_variable == "fail":
        raise Oops
    variable = _find(call)
    # The database calls the value "val", and so does the mask.
    changes = {"val" if name == "value" else name: value for name, value in values.items()}
    if call.query["update_mask"] is not None:
        changes = masked(changes, call.query["update_mask"], fixed=("key",))
    variable.value = changes.get("val", variable.value)
    variable.description = changes.get("description", variable.description)
    return _shown(call, variable)


def delete_variable(call: Call) -> Answer:
    """Remove a variable."""
    if not call.airflow.variables.delete(call.path["variable_key"]):
        raise NotFound("Variable not found")
    return NO_CONTENT_HTML


def _set(call: Call, values: dict[str, Any]) -> Any:
    """Change a variable or make it; ``update_mask`` says only whether there is something to be done."""
    mask = call.query["update_mask"]
    if mask and "key" in mask:
        raise BadRequest(title="key is a ready only field")
    if mask and "value" not in mask:
        raise BadRequest(title="No field to update")
    call.airflow.variables.set(values["key"], values["value"])
    return values


def _find(call: Call) -> Variable:
    variable = call.airflow.variables.find(call.path["variable_key"])
    if variable is None:
        words = call.airflow.version.rest_answers.words_missing_variable
        raise NotFound("Variable not found", "Variable does not exist" if words else None)
    return variable


def _load(call: Call) -> dict[str, Any]:
    return load(call.known("Variable", _FORM), call.body, title="Invalid Variable schema")


def _shown(call: Call, variable: Variable) -> Mapping[str, Any]:
    shown = {"description": variable.description, "key": variable.key, "value": variable.value}
    return call.known("Variable", shown)
