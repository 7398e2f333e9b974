"""The roles that every deployment begins with, and what each version of Airflow lets them do.

``roles.json`` has them as they are since 2.9; ``roles_history.json`` says which permissions came since the first
version that MWAA offers, and which went. Both were read off the databases of real installations.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

from fake_server.versions import AirflowVersion

#: An action and the resource that it is done to.
Permission = tuple[str, str]


@functools.lru_cache(maxsize=32)
def default_roles(version: AirflowVersion) -> dict[str, frozenset[Permission]]:
    """The permissions of each role, by its name."""
    history = _read("roles_history.json")
    roles = {}
    for name, pairs in _read("roles.json").items():
        permissions = {(action, resource) for action, resource in pairs}
        # The roles of Airflow 1.10 are those of 2.10 here.
        for entry in history.get(name, ()) if version.has_stable_rest_api else ():
            permission = (entry["action"], entry["resource"])
            permissions.discard(permission)
            if version.is_at_least(entry.get("since", "0")) and not version.is_at_least(entry.get("until", "99")):
                permissions.add(permission)
        roles[name] = frozenset(permissions)
    return roles


def _read(name: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
