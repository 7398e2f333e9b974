"""``airflow roles …``."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable

from fake_server.airflow.default_roles import Permission
from fake_server.airflow.security import Role
from fake_server.cli.failures import CommandFailed, unforeseen
from fake_server.cli.invocation import Handler, Invocation

#: The roles that Airflow brings itself.
_BUILT_IN = ("Admin", "Public", "Viewer", "User", "Op")


def list_roles(invocation: Invocation) -> None:
    """Show the roles by name, with what they may do if asked for."""
    roles = sorted(invocation.airflow.security.roles, key=lambda role: role.name)
    if not invocation.arguments.permission:
        invocation.print_rows([{"name": role.name} for role in roles])
        return
    rows = []
    for role in roles:
        for resource in sorted({resource for _, resource in role.permissions}):
            actions = sorted(action for action, other in role.permissions if other == resource)
            rows.append({"name": role.name, "resource": resource, "action": ",".join(actions)})
    invocation.print_rows(rows)


def create(invocation: Invocation) -> None:
    """Make roles; those that stand are counted too."""
    names = invocation.arguments.role
    for name in names:
        invocation.airflow.security.add_role(name)
    invocation.print(f"Added {len(names)} role(s)")


def delete(invocation: Invocation) -> None:
    """Remove roles, all or, when one of them does not exist, none."""
    security, names = invocation.airflow.security, invocation.arguments.role
    roles = _existing(invocation, names)
    for role in roles:
        security.delete_role(role)
    invocation.print(f"Deleted {len(names)} role(s)")


def add_perms(invocation: Invocation) -> None:
    """Give every role every action on every resource that it does not have yet."""
    arguments = invocation.arguments
    roles = _existing(invocation, arguments.role)
    _check_known(invocation)
    added: list[tuple[Role, Permission | None]] = [
        (role, (action, resource) if action is not None else None)
        for role, resource, action in itertools.product(roles, arguments.resource, arguments.action or [None])
        if (action, resource) not in role.permissions
    ]
    for role, permission in added:
        role.permissions |= {permission} if permission is not None else set()
    _report(invocation, added, "Added", "to")


def del_perms(invocation: Invocation) -> None:
    """Take every action on every resource, or all actions on them, from every role.

    Where a role may do anything with a resource, Airflow reports every action that was named as deleted.
    """
    arguments = invocation.arguments
    roles = _existing(invocation, arguments.role)
    _check_known(invocation)
    known = {permission for role in invocation.airflow.security.roles for permission in role.permissions}
    deleted: list[tuple[Role, Permission | None]] = []
    for role, resource in itertools.product(roles, arguments.resource):
        owned = [permission for permission in _ordered(role.permissions) if permission[1] == resource]
        named = [(action, resource) for action in arguments.action or ()]
        chosen = (named or owned) if owned else []
        deleted += [(role, permission if permission in known else None) for permission in chosen]
    for role, permission in deleted:
        role.permissions -= {permission}
    _report(invocation, deleted, "Deleted", "from")


def export(invocation: Invocation) -> None:
    """Write the roles that Airflow does not bring itself to a file, with a row for each resource."""
    path = invocation.arguments.file
    own = [role for role in invocation.airflow.security.roles if role.name not in _BUILT_IN]
    rows = []
    for role in own:
        for resource in sorted({resource for _, resource in role.permissions}) or [""]:
            actions = sorted(action for action, other in role.permissions if other == resource)
            rows.append({"name": role.name, "resource": resource, "action": ",".join(actions)})
    pretty = invocation.arguments.pretty
    invocation.write_file(path, json.dumps(rows, sort_keys=True, indent=4 if pretty else None))
    invocation.print(f"{len(own)} roles with {len(rows)} linked permissions successfully exported to {path}")


def import_roles(invocation: Invocation) -> None:
    """Make the roles of a file, with what they may do."""
    path = invocation.arguments.file
    text = invocation.read_file(path)
    if text is None:
        raise CommandFailed(f"File '{path}' does not exist")
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandFailed(f"File '{path}' is not a valid JSON file. Error: {error}") from None
    with unforeseen():
        for row in rows:
            actions = [action for action in row.get("action", "").split(",") if action]
            invocation.airflow.security.add_role(row["name"], [(action, row["resource"]) for action in actions])
    invocation.print("roles and permissions successfully imported")


def _existing(invocation: Invocation, names: Iterable[str]) -> list[Role]:
    roles = []
    for name in names:
        role = invocation.airflow.security.find_role(name)
        if role is None:
            invocation.print(f"Role named '{name}' does not exist")
            raise CommandFailed
        roles.append(role)
    return roles


def _check_known(invocation: Invocation) -> None:
    """Refuse actions and resources that nobody has heard of."""
    arguments = invocation.arguments
    for kind, given, names in (
        ("Resource", arguments.resource, invocation.airflow.security.permission_resources),
        ("Action", arguments.action or (), invocation.airflow.security.permission_actions),
    ):
        for name in given:
            if name not in names:
                invocation.print(f"{kind} named '{name}' does not exist")
                raise CommandFailed


def _ordered(permissions: Iterable[Permission]) -> list[Permission]:
    """Permissions in the order in which Airflow makes them: reading before editing."""
    first = ("can_create", "can_read", "can_edit", "can_delete", "menu_access")
    return sorted(permissions, key=lambda permission: (permission[1], *(permission[0] != name for name in first)))


def _report(invocation: Invocation, pairs: list[tuple[Role, Permission | None]], verb: str, preposition: str) -> None:
    """Say what was done, permission by permission; for one that nobody ever had Airflow says None."""
    for role, permission in pairs:
        shown = f"{permission[0].replace('_', ' ')} on {permission[1]}" if permission is not None else None
        invocation.print(f"{verb} {shown} {preposition} role {role.name}")
    invocation.print(f"{verb} {len(pairs)} permission(s)")


HANDLERS: dict[str, Handler] = {
    "roles add-perms": add_perms,
    "roles create": create,
    "roles del-perms": del_perms,
    "roles delete": delete,
    "roles export": export,
    "roles import": import_roles,
    "roles list": list_roles,
}
