"""The users of the web server, whom MWAA manages itself."""

from __future__ import annotations

import secrets

from fake_server.airflow.security import Role
from fake_server.cli import output
from fake_server.cli.failures import CommandFailed
from fake_server.cli.invocation import Handler, Invocation
from fake_server.cli.v1_10.dag_files import log_executor

_COLUMNS = ("Id", "Username", "Email", "First name", "Last name", "Roles")
_REQUIRED = ("role", "username", "email", "firstname", "lastname")


def list_users(invocation: Invocation) -> None:
    """Show the users."""
    _log_start(invocation)
    rows = [
        (user.id, user.username, user.email, user.first_name, user.last_name, f"[{', '.join(map(_name, user.roles))}]")
        for user in invocation.airflow.security.users
    ]
    invocation.print(output.grid(_COLUMNS, rows))


def create_user(invocation: Invocation) -> None:
    """Make a user; the password is asked for when it is not given."""
    arguments, security = invocation.arguments, invocation.airflow.security
    missing = [name for name in _REQUIRED if not getattr(arguments, name)]
    if missing:
        raise CommandFailed(f"Required arguments are missing: {', '.join(missing)}.")
    _log_start(invocation)
    if security.find_role(arguments.role) is None:
        raise CommandFailed(f"{arguments.role} is not a valid role.")
    password = secrets.token_urlsafe() if arguments.use_random_password else arguments.password
    if not password:
        password = invocation.ask_secretly("Password:")
        if password != invocation.ask_secretly("Repeat for confirmation:"):
            raise CommandFailed("Passwords did not match!")
    if security.find_user(arguments.username) is not None:
        invocation.print(f"{arguments.username} already exist in the db")
        return
    if security.find_user_by_email(arguments.email) is not None:
        invocation.log("manager.py:215", "Error adding new user to database. The e-mail address is taken.", "ERROR")
        raise CommandFailed("Failed to create user.")
    security.add_user(
        arguments.username,
        password,
        arguments.role,
        first_name=arguments.firstname,
        last_name=arguments.lastname,
        email=arguments.email,
    )
    invocation.print(f"{arguments.role} user {arguments.username} created.")


def delete_user(invocation: Invocation) -> None:
    """Remove a user."""
    name, security = invocation.arguments.username, invocation.airflow.security
    if not name:
        raise CommandFailed("Required arguments are missing: username")
    _log_start(invocation)
    user = security.find_user(name)
    if user is None:
        raise CommandFailed(f"{name} is not a valid user.")
    security.delete_user(user)
    invocation.print(f"User {name} deleted.")


def sync_perm(invocation: Invocation) -> None:
    """Bring the roles up to date, which they always are."""
    _log_start(invocation)
    invocation.print("Updating permission, view-menu for all existing roles")
    _log_syncing(invocation)
    invocation.print("Updating permission on all DAG views")


def _name(role: Role) -> str:
    return role.name


def _log_start(invocation: Invocation) -> None:
    """The web application starts for every command on users, and says what it does with the roles."""
    log_executor(invocation)
    _log_syncing(invocation)


def _log_syncing(invocation: Invocation) -> None:
    invocation.log("security.py:477", "Start syncing user roles.")
    invocation.log("security.py:387", "Fetching a set of all permission, view_menu from FAB meta-table")
    invocation.log("security.py:330", "Cleaning faulty perms")


HANDLERS: dict[str, Handler] = {
    "create_user": create_user,
    "delete_user": delete_user,
    "list_users": list_users,
    "sync_perm": sync_perm,
}
