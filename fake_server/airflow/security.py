"""Users, roles and what they may do, as Flask-AppBuilder keeps them for Airflow."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from fake_server.airflow.default_roles import Permission, default_roles
from fake_server.airflow.errors import UserRefused
from fake_server.clock import Clock
from fake_server.versions import AirflowVersion

#: What may be done, in the order of their rows.
PERMISSION_ACTIONS = ("can_edit", "can_read", "can_create", "can_delete", "menu_access")
#: Resources that no role of Airflow's own has a permission on: the views behind its pages.
_VIEWS = (
    "Airflow",
    "AuthDBView",
    "AutocompleteView",
    "DagDependenciesView",
    "DevView",
    "DocsView",
    "IndexView",
    "LocaleView",
    "RedocView",
    "UtilView",
)


@dataclass
class Role:
    """A named set of (action, resource) pairs."""

    id: int
    name: str
    permissions: frozenset[Permission] = frozenset()


@dataclass
class User:
    """Somebody who may log in. The password is kept as a salted hash, in memory only."""

    id: int
    username: str
    email: str
    first_name: str = ""
    last_name: str = ""
    roles: tuple[Role, ...] = ()
    active: bool = True
    created_on: datetime | None = None
    changed_on: datetime | None = None
    last_login: datetime | None = None
    login_count: int | None = None
    fail_login_count: int | None = None
    password_hash: bytes | None = field(default=None, repr=False)

    def may(self, permissions: Iterable[Permission], dag_id: str | None = None) -> bool:
        """Whether the user's roles hold all of ``permissions``.

        For one DAG, a permission on ``DAGs`` is also met by the same action on the resource ``DAG:<dag_id>``.
        """
        return all(
            any(
                (action, resource) in role.permissions
                or (resource == "DAGs" and dag_id is not None and (action, f"DAG:{dag_id}") in role.permissions)
                for role in self.roles
            )
            for action, resource in permissions
        )

    @property
    def full_name(self) -> str:
        """First and last name, as Flask-AppBuilder prints them."""
        return f"{self.first_name} {self.last_name}"

    @property
    def display_name(self) -> str:
        """First and last name, as the audit log shows them."""
        return f"{self.first_name.strip()} {self.last_name.strip()}".strip()


class Security:
    """The users and roles of a deployment."""

    def __init__(self, clock: Clock, version: AirflowVersion) -> None:
        self._clock = clock
        self._user_ids = itertools.count(1)
        self._role_ids = itertools.count(1)
        self._users: dict[str, User] = {}
        self._roles: dict[str, Role] = {}
        self._salt = secrets.token_bytes(16)
        for name, permissions in default_roles(version).items():
            self._roles[name] = Role(next(self._role_ids), name, permissions)
        own = {action for role in self.roles for action, _ in role.permissions}
        #: The actions that roles may be given.
        self.permission_actions = (*PERMISSION_ACTIONS, *sorted(own - set(PERMISSION_ACTIONS)))
        self._resources = {*_VIEWS, *(resource for role in self.roles for _, resource in role.permissions)}

    # Roles

    @property
    def roles(self) -> list[Role]:
        """All roles, in the order of their rows."""
        return list(self._roles.values())

    def find_role(self, name: str) -> Role | None:
        """The role of that name, or None."""
        return self._roles.get(name)

    def add_role(self, name: str, permissions: Iterable[Permission] = ()) -> Role:
        """Make a role, or return the one that stands.

        Permissions given for a role that stands are added to it.
        """
        role = self._roles.get(name)
        if role is None:
            role = self._roles[name] = Role(next(self._role_ids), name)
        role.permissions |= frozenset(permissions)
        self._resources |= {resource for _, resource in role.permissions}
        return role

    def delete_role(self, role: Role) -> None:
        """Remove a role, from its users too."""
        del self._roles[role.name]
        for user in self._users.values():
            user.roles = tuple(other for other in user.roles if other is not role)

    def rename_role(self, role: Role, name: str) -> None:
        """Give a role another name."""
        role.name = name
        self._roles = {other.name: other for other in self._roles.values()}

    @property
    def permission_resources(self) -> AbstractSet[str]:
        """What there may be permissions on, whether a role has one or not."""
        return self._resources

    def add_dag_resources(self, dag_id: str) -> None:
        """From now on, and when the DAG is gone too, there may be permissions on this DAG and on its runs."""
        self._resources |= {f"DAG:{dag_id}", f"DAG Run:{dag_id}"}

    # Users

    @property
    def users(self) -> list[User]:
        """All users, in the order of their rows."""
        return list(self._users.values())

    def find_user(self, username: str) -> User | None:
        """The user of that name, or None."""
        return self._users.get(username)

    def find_user_by_email(self, email: str) -> User | None:
        """The user with that e-mail address, or None."""
        return next((user for user in self._users.values() if user.email.lower() == email.lower()), None)

    def add_user(
        self,
        username: str,
        password: str | None = None,
        role: str | Iterable[str] = "Admin",
        *,
        first_name: str = "",
        last_name: str = "",
        email: str | None = None,
        active: bool = True,
    ) -> User:
        """Make a user. Without a password the user cannot log in with one.

        :raises UserRefused: when the name is taken or a role does not exist.
        """
        if username in self._users:
            raise UserRefused(f"{username} already exist in the db")
        names = [role] if isinstance(role, str) else list(role)
        roles: list[Role] = []
        for name in names:
            found = self.find_role(name)
            if found is None:
                raise UserRefused(f"{name} is not a valid role. Valid roles are: {list(self._roles)}")
            roles.append(found)
        now = self._clock.now()
        user = self._users[username] = User(
            id=next(self._user_ids),
            username=username,
            email=email if email is not None else f"{username}@example.com",
            first_name=first_name,
            last_name=last_name,
            roles=tuple(roles),
            active=active,
            created_on=now,
            changed_on=now,
        )
        if password is not None:
            self.set_password(user, password)
        return user

    def sign_in(self, username: str, role: str) -> User:
        """The user of that name, just signed in by somebody who vouches for it and for its one ``role``.

        The user is made at the first time; at every other time the role follows.

        :raises UserRefused: when the role does not exist, or the user is not active.
        """
        found = self.find_role(role)
        if found is None:
            raise UserRefused(f"{role} is not a valid role. Valid roles are: {list(self._roles)}")
        user = self.find_user(username)
        if user is None:
            user = self.add_user(username, role=role)
        elif not user.active:
            raise UserRefused(f"{username} is not active")
        user.roles = (found,)
        self._count_login(user, success=True)
        return user

    def set_password(self, user: User, password: str) -> None:
        """Replace a user's password."""
        user.password_hash = self._hash(user, password)

    def rename_user(self, user: User, username: str) -> None:
        """Give a user another name; the password stays."""
        user.username = username
        self._users = {other.username: other for other in self._users.values()}

    def delete_user(self, user: User) -> None:
        """Remove a user."""
        del self._users[user.username]

    def authenticate(self, username: str, password: str) -> User | None:
        """The active user with that name and password, or None; the password is compared in constant time.

        As in Flask-AppBuilder, the user's row counts successful logins, and failed ones since the last success.
        """
        user = self._users.get(username)
        given = self._hash(user, password)
        expected = user.password_hash if user is not None and user.password_hash is not None else b""
        matches = hmac.compare_digest(given, expected)
        if user is None or not user.active:
            return None
        self._count_login(user, success=matches)
        return user if matches else None

    def _count_login(self, user: User, *, success: bool) -> None:
        user.login_count, user.fail_login_count = user.login_count or 0, user.fail_login_count or 0
        if success:
            user.login_count += 1
            user.fail_login_count = 0
            user.last_login = self._clock.now()
        else:
            user.fail_login_count += 1

    def _hash(self, user: User | None, password: str) -> bytes:
        # Nothing is stored, so a fast keyed hash does: the real one's 50 ms a request would be a suite's main cost.
        return hashlib.blake2b(
            f"{user.id if user else 0}\0{password}".encode("utf-8", "surrogateescape"), key=self._salt, digest_size=32
        ).digest()

    def __iter__(self) -> Iterator[User]:
        return iter(self.users)
