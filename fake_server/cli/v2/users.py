"""``airflow users …``."""

from __future__ import annotations

import json
import secrets
from typing import Any

from fake_server.airflow.errors import UserRefused
from fake_server.airflow.security import Role, User
from fake_server.cli.failures import CommandFailed, unforeseen
from fake_server.cli.invocation import Handler, Invocation


def list_users(invocation: Invocation) -> None:
    """Show the users."""
    invocation.print_rows(
        [
            {
                "id": user.id,
                "username": user.username,
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "roles": [role.name for role in user.roles],
            }
            for user in invocation.airflow.security.users
        ]
    )


def create(invocation: Invocation) -> None:
    """Make a user; the password is asked for when it is not given."""
    arguments, security = invocation.arguments, invocation.airflow.security
    invocation.warn_of_rate_limits()
    if security.find_role(arguments.role) is None:
        names = ", ".join(role.name for role in security.roles)
        raise CommandFailed(f"{arguments.role} is not a valid role. Valid roles are: [{names}]")
    password = secrets.token_urlsafe() if arguments.use_random_password else arguments.password
    if password is None:
        password = invocation.ask_secretly("Password:")
        if password != invocation.ask_secretly("Repeat for confirmation:"):
            raise CommandFailed("Passwords did not match")
    if security.find_user(arguments.username) is not None:
        invocation.print(f"{arguments.username} already exist in the db")
        return
    if security.find_user_by_email(arguments.email) is not None:
        invocation.log("override.py:1619", "Error adding new user to database. The e-mail address is taken.", "ERROR")
        raise CommandFailed("Failed to create user")
    security.add_user(
        arguments.username,
        password,
        arguments.role,
        first_name=arguments.firstname,
        last_name=arguments.lastname,
        email=arguments.email,
    )
    _log(invocation, "override.py:1615", "Added user", arguments.username)
    invocation.print(f'User "{arguments.username}" created with role "{arguments.role}"')


def delete(invocation: Invocation) -> None:
    """Remove a user."""
    user = _user(invocation)
    invocation.airflow.security.delete_user(user)
    invocation.print(f'User "{user.username}" deleted')


def add_role(invocation: Invocation) -> None:
    """Give a user one more role."""
    user, role = _user(invocation), _role(invocation)
    if role in user.roles:
        raise CommandFailed(f'User "{user.username}" is already a member of role "{role.name}"')
    # In this order the database finds them.
    user.roles = tuple(sorted((*user.roles, role), key=lambda each: each.id))
    _log_update(invocation, user)
    invocation.print(f'User "{user.username}" added to role "{role.name}"')


def remove_role(invocation: Invocation) -> None:
    """Take a role from a user."""
    user, role = _user(invocation), _role(invocation)
    if role not in user.roles:
        raise CommandFailed(f'User "{user.username}" is not a member of role "{role.name}"')
    user.roles = tuple(other for other in user.roles if other is not role)
    _log_update(invocation, user)
    invocation.print(f'User "{user.username}" removed from role "{role.name}"')


def reset_password(invocation: Invocation) -> None:
    """Give a user another password."""
    arguments = invocation.arguments
    user = _user(invocation)
    password = secrets.token_urlsafe() if arguments.use_random_password else arguments.password
    if password is None:
        password = invocation.ask_secretly("Password:")
    invocation.airflow.security.set_password(user, password)
    _log_update(invocation, user)
    invocation.print(f'User "{user.username}" password reset successfully')


def export(invocation: Invocation) -> None:
    """Write all users to a file as JSON, without passwords."""
    path = invocation.arguments.export
    invocation.warn_of_rate_limits()
    users = [
        {
            "id": user.id,
            "username": user.username,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "roles": [role.name for role in user.roles],
        }
        for user in invocation.airflow.security.users
    ]
    invocation.write_file(path, json.dumps(users, sort_keys=True, indent=4))
    invocation.print(f"{len(users)} users successfully exported to {path}.")


def import_users(invocation: Invocation) -> None:
    """Make or change the users of a JSON file, each found by its e-mail address."""
    path = getattr(invocation.arguments, "import")
    text = invocation.read_file(path)
    if text is None:
        raise CommandFailed(f"File '{path}' does not exist")
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandFailed(f"File '{path}' is not valid JSON. Error: {error}") from None
    invocation.warn_of_rate_limits()
    created: list[str] = []
    updated: list[str] = []
    with unforeseen():
        for entry in entries:
            (updated if _import_user(invocation, entry) else created).append(entry["email"])
    for title, emails in (("Created", created), ("Updated", updated)):
        if emails:
            invocation.print(f"{title} the following users:\n\t" + "\n\t".join(emails))


def _import_user(invocation: Invocation, entry: dict[str, Any]) -> bool:
    """Make or change one user; whether there was one."""
    security = invocation.airflow.security
    user = security.find_user_by_email(entry["email"])
    names = {"first_name": entry.get("firstname", entry.get("first_name", ""))}
    names["last_name"] = entry.get("lastname", entry.get("last_name", ""))
    if user is None:
        invocation.print(f"Creating new user with email '{entry['email']}'")
        try:
            security.add_user(entry["username"], secrets.token_urlsafe(), entry["roles"], email=entry["email"], **names)
        except UserRefused as error:
            raise CommandFailed(f"Error: {error}") from None
        _log(invocation, "override.py:1615", "Added user", entry["username"])
        return False
    invocation.print(f"Found existing user with email '{entry['email']}'")
    if user.username != entry["username"]:
        raise CommandFailed(
            f"Changing the username is not allowed - please delete and recreate the user with email {entry['email']!r}"
        )
    user.roles = tuple(role for name in entry["roles"] if (role := security.find_role(name)) is not None)
    user.first_name, user.last_name = names["first_name"], names["last_name"]
    _log_update(invocation, user)
    return True


def _user(invocation: Invocation) -> User:
    arguments, security = invocation.arguments, invocation.airflow.security
    if not arguments.username and not arguments.email:
        raise CommandFailed("Missing args: must supply one of --username or --email")
    if arguments.username and arguments.email:
        raise CommandFailed("Conflicting args: must supply either --username or --email, but not both")
    invocation.warn_of_rate_limits()
    user = (
        security.find_user(arguments.username) if arguments.username else security.find_user_by_email(arguments.email)
    )
    if user is None:
        raise CommandFailed(f'User "{arguments.username or arguments.email}" does not exist')
    return user


def _role(invocation: Invocation) -> Role:
    role = invocation.airflow.security.find_role(invocation.arguments.role)
    if role is None:
        names = ", ".join(role.name for role in invocation.airflow.security.roles)
        raise CommandFailed(f'"{invocation.arguments.role}" is not a valid role. Valid roles are: [{names}]')
    return role


def _log_update(invocation: Invocation, user: User) -> None:
    _log(invocation, "override.py:1697", "Updated user", user.full_name)


def _log(invocation: Invocation, place: str, done: str, name: str) -> None:
    """What was done with a user; one version does not say with which."""
    is_named = invocation.airflow.version.command_output.logs_user_names
    invocation.log(place, f"{done} {name if is_named else '%s'}")


HANDLERS: dict[str, Handler] = {
    "users add-role": add_role,
    "users create": create,
    "users delete": delete,
    "users export": export,
    "users import": import_users,
    "users list": list_users,
    "users remove-role": remove_role,
    "users reset-password": reset_password,
}
