"""Roles, and the permissions that there are."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.default_roles import Permission
from fake_server.airflow.security import Role
from fake_server.web.v1.call import NO_CONTENT, Answer, Call
from fake_server.web.v1.forms import Field, Form, load
from fake_server.web.v1.paging import SortKeys, page
from fake_server.web.v1.problems import AlreadyExists, BadRequest, NotFound, Oops
from fake_server.web.v1.users import ordered_ascending

_NAME: Form = {"name": Field(required=True)}
_FORM: Form = {
    "name": Field(required=True, maximum_length=64),
    "actions": Field(nested={"action": Field(nested=_NAME), "resource": Field(nested=_NAME)}),
}
_SORT_KEYS: SortKeys[Role] = {"name": lambda role: role.name, "role_id": lambda role: role.id}


def get_roles(call: Call) -> Any:
    """The roles by name; there is no descending order."""
    order_by = call.query["order_by"]
    rows = ordered_ascending(call.airflow.security.roles, "name" if order_by is None else order_by, _SORT_KEYS)
    return {"roles": [_shown(role) for role in page(call, rows)], "total_entries": len(rows)}


def get_role(call: Call) -> Any:
    """One role."""
    return _shown(_find(call))


def post_role(call: Call) -> Any:
    """Make a role. The answer is empty, which is a slip of Airflow's."""
    values = load(_FORM, call.body)
    name = values["name"]
    if call.airflow.security.find_role(name) is not None:
        raise AlreadyExists(f"Role with name {name!r} already exists; please update with the PATCH endpoint")
    if "actions" not in values:
        raise Oops
    call.airflow.security.add_role(name, _permissions(call, values["actions"]))
    return {}


def patch_role(call: Call) -> Any:
    """Rename a role and give it more permissions; none is taken away."""
    values = load(_FORM, call.body)
    role = _find(call)
    if call.query["update_mask"] is not None:
        mask = [name.strip() for name in call.query["update_mask"]]
        for name in mask:
            if name not in _FORM:
                raise BadRequest(f"'{name}' in update_mask is unknown")
            if name not in values:
                raise Oops
        values = {name: values[name] for name in mask}
    if "actions" in values:
        call.airflow.security.add_role(role.name, _permissions(call, values["actions"]))
    # The name of another role is passed over in silence.
    if "name" in values and call.airflow.security.find_role(values["name"]) is None:
        call.airflow.security.rename_role(role, values["name"])
    return _shown(role)


def delete_role(call: Call) -> Answer:
    """Remove a role, from its users too."""
    call.airflow.security.delete_role(_find(call))
    return NO_CONTENT


def get_permissions(call: Call) -> Any:
    """The actions that roles may be given."""
    actions = call.airflow.security.permission_actions
    return {"actions": [{"name": name} for name in page(call, actions)], "total_entries": len(actions)}


def _find(call: Call) -> Role:
    name = call.path["role_name"]
    role = call.airflow.security.find_role(name)
    if role is None:
        raise NotFound("Role not found", f"Role with name {name!r} was not found")
    return role


def _permissions(call: Call, entries: Any) -> list[Permission]:
    resources = call.airflow.security.permission_resources
    given = [entry for entry in entries if entry]
    if not all({"action", "resource"} <= set(entry) for entry in given):
        raise Oops
    permissions: list[Permission] = []
    for entry in given:
        action, resource = entry["action"]["name"], entry["resource"]["name"]
        if action not in call.airflow.security.permission_actions:
            raise BadRequest(f"The specified action: {action!r} was not found")
        if resource not in resources:
            raise BadRequest(f"The specified resource: {resource!r} was not found")
        permissions.append((action, resource))
    return permissions


def _shown(role: Role) -> dict[str, Any]:
    return {
        "actions": [
            {"action": {"name": action}, "resource": {"name": resource}}
            for action, resource in sorted(role.permissions, key=lambda pair: pair[::-1])
        ],
        "name": role.name,
    }
