"""Users."""

from __future__ import annotations

from typing import Any

from fake_server.airflow.security import Role, User
from fake_server.web.v1.call import NO_CONTENT, Answer, Call
from fake_server.web.v1.forms import Field, Form, load
from fake_server.web.v1.paging import SortKeys, ordered, page
from fake_server.web.v1.problems import AlreadyExists, BadRequest, NotFound, Oops, Unknown

_FORM: Form = {
    "first_name": Field(required=True, maximum_length=256),
    "last_name": Field(required=True, maximum_length=256),
    "username": Field(required=True, maximum_length=512),
    "email": Field(required=True, maximum_length=512),
    "roles": Field(nested={"name": Field(required=True)}),
    "password": Field(maximum_length=256),
}
_SORT_KEYS: SortKeys[User] = {
    "id": lambda user: user.id,
    "email": lambda user: user.email,
    "first_name": lambda user: user.first_name,
    "last_name": lambda user: user.last_name,
}
#: Columns by which Airflow lets users be ordered, and then fails.
_BROKEN_SORT_KEYS = ("role", "is_active")


def get_users(call: Call) -> Any:
    """The users, in the order of their rows unless asked otherwise; there is no descending order."""
    order_by = call.query["order_by"]
    if order_by in _BROKEN_SORT_KEYS:
        raise Oops
    rows = ordered_ascending(call.airflow.security.users, order_by, _SORT_KEYS)
    return {"users": [_shown(user) for user in page(call, rows)], "total_entries": len(rows)}


def get_user(call: Call) -> Any:
    """One user."""
    return _shown(_find(call))


def post_user(call: Call) -> Any:
    """Make a user."""
    security = call.airflow.security
    values = load(_FORM, call.body)
    username, email = values["username"], values["email"]
    if _named(call, username) is not None:
        raise AlreadyExists(f"Username `{username}` already exists. Use PATCH to update.")
    if any(user.email == email for user in security.users):
        raise AlreadyExists(f"The email `{email}` is already taken.")
    roles = _roles(call, values.get("roles", ()))
    public = security.find_role("Public")
    if not roles and public is not None and call.airflow.version.new_users_are_public:
        roles = [public]
    if not roles or len({role.name for role in roles}) < len(roles):
        raise Unknown(detail=f"Failed to add user `{username}`.")
    user = security.add_user(
        username,
        values.get("password", ""),
        [role.name for role in roles],
        first_name=values["first_name"],
        last_name=values["last_name"],
        email=email,
    )
    return _shown(user)


def patch_user(call: Call) -> Any:
    """Change a user; all required fields have to be given even where a mask leaves them alone."""
    security = call.airflow.security
    values = load(_FORM, call.body)
    user = _find(call)
    username, email = values["username"], values["email"]
    if username != call.path["username"] and _named(call, username) not in (None, user):
        raise AlreadyExists(f"The username `{username}` already exists")
    if any(other.email == email for other in security.users if other is not user):
        raise AlreadyExists(f"The email `{email}` already exists")
    if call.query["update_mask"] is not None:
        values = _masked(values, [name.strip() for name in call.query["update_mask"]])
    roles = _roles(call, values["roles"]) if "roles" in values else None
    if "password" in values:
        security.set_password(user, values["password"])
    if roles is not None:
        user.roles = tuple(roles)
    user.first_name = values.get("first_name", user.first_name)
    user.last_name = values.get("last_name", user.last_name)
    user.email = values.get("email", user.email)
    security.rename_user(user, values.get("username", user.username))
    return _shown(user)


def delete_user(call: Call) -> Answer:
    """Remove a user."""
    call.airflow.security.delete_user(_find(call))
    return NO_CONTENT


def ordered_ascending(rows: Any, order_by: str | None, keys: SortKeys[Any]) -> list[Any]:
    """Rows in an order that may not be descending: a leading minus counts as part of the name.

    :raises BadRequest: when ``order_by`` names none of ``keys``.
    """
    if order_by is not None and order_by not in keys:
        raise BadRequest(f"Ordering with '{order_by}' is disallowed or the attribute does not exist on the model")
    return ordered(rows, order_by, keys)


def _find(call: Call) -> User:
    username = call.path["username"]
    user = _named(call, username)
    if user is None:
        raise NotFound("User not found", f"The User with username `{username}` was not found")
    return user


def _named(call: Call, username: str) -> User | None:
    """The user of that name; capitals do not matter."""
    wanted = username.lower()
    return next((user for user in call.airflow.security.users if user.username.lower() == wanted), None)


def _roles(call: Call, wanted: Any) -> list[Role]:
    roles: list[Role] = []
    unknown: list[str] = []
    for entry in wanted:
        role = call.airflow.security.find_role(entry["name"])
        if role is None:
            unknown.append(repr(entry["name"]))
        else:
            roles.append(role)
    if unknown:
        raise BadRequest(f"Unknown roles: {', '.join(unknown)}")
    return roles


def _masked(values: dict[str, Any], mask: list[str]) -> dict[str, Any]:
    unknown = [repr(name) for name in mask if name not in values]
    if unknown:
        raise BadRequest(f"Unknown update masks: {', '.join(unknown)}")
    return {name: values[name] for name in mask}


def _shown(user: User) -> dict[str, Any]:
    return {
        "active": user.active,
        "changed_on": _without_zone(user.changed_on),
        "created_on": _without_zone(user.created_on),
        "email": user.email,
        "fail_login_count": user.fail_login_count,
        "first_name": user.first_name,
        "last_login": _without_zone(user.last_login),
        "last_name": user.last_name,
        "login_count": user.login_count,
        "roles": [{"name": role.name} for role in user.roles],
        "username": user.username,
    }


def _without_zone(moment: Any) -> str | None:
    """Times of users are stored without a zone, in UTC."""
    return None if moment is None else moment.replace(tzinfo=None).isoformat()
