"""The API auth backends: which module name stands for which."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import ConfigurationError
from fake_server.versions import BACKEND
from fake_server.web.auth.authentication import AuthBackend, Authentication
from fake_server.web.auth.basic_auth import BasicAuthBackend
from fake_server.web.auth.default import DefaultBackend
from fake_server.web.auth.deny_all import DenyAllBackend
from fake_server.web.auth.google_openid import GoogleOpenIdBackend
from fake_server.web.auth.session import SessionBackend
from fake_server.web.sessions import Sessions

__all__ = ["BACKENDS", "AuthBackend", "Authentication", "backends_named", "full_name"]

#: Where the auth manager's provider keeps two of them under names of its own.
_FAB = "airflow.providers.fab.auth_manager.api.auth.backend."
_GOOGLE = "airflow.providers.google.common.auth_backend."

#: How each backend is made, by the full name of its module.
BACKENDS: dict[str, Callable[[Airflow, Sessions], AuthBackend]] = {
    BACKEND + "default": lambda airflow, sessions: DefaultBackend(sessions),
    BACKEND + "deny_all": lambda airflow, sessions: DenyAllBackend(),
    BACKEND + "session": lambda airflow, sessions: SessionBackend(sessions),
    BACKEND + "basic_auth": lambda airflow, sessions: BasicAuthBackend(airflow),
    _FAB + "session": lambda airflow, sessions: SessionBackend(sessions),
    _FAB + "basic_auth": lambda airflow, sessions: BasicAuthBackend(airflow),
    _GOOGLE + "google_openid": lambda airflow, sessions: GoogleOpenIdBackend(airflow),
}

#: Backends that Airflow has and the fake has not.
_NOT_AVAILABLE = (BACKEND + "kerberos_auth", _FAB + "kerberos_auth")


def full_name(name: str) -> str:
    """The full module name that a short one, such as ``basic_auth``, stands for; a full one is returned as it is.

    :raises ConfigurationError: naming the choices, when there is no such backend.
    """
    if name in BACKENDS:
        return name
    for known in BACKENDS:
        if known.rpartition(".")[2] == name:
            return known
    if name in _NOT_AVAILABLE or name == "kerberos_auth":
        raise ConfigurationError(
            f"the API auth backend {name!r} is not available: Kerberos is not spoken here. "
            f"Available are: {', '.join(BACKENDS)}."
        )
    choices = [*dict.fromkeys(known.rpartition(".")[2] for known in BACKENDS), *BACKENDS]
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ConfigurationError(f"there is no API auth backend {name!r}.{hint} They are: {', '.join(BACKENDS)}.")


def backends_named(names: Iterable[str], airflow: Airflow, sessions: Sessions) -> tuple[AuthBackend, ...]:
    """The backends of those names, in order.

    :raises ConfigurationError: for a name that is none, and for no name at all.
    """
    names = tuple(names)
    if not names:
        raise ConfigurationError(f"no API auth backend is configured; choose among {', '.join(BACKENDS)}.")
    return tuple(BACKENDS[full_name(name)](airflow, sessions) for name in names)
