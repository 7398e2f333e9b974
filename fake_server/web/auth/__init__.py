"""The API auth backends: which module name stands for which, in which versions."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from fake_server.airflow.config import Configuration
from fake_server.airflow.errors import ConfigurationError
from fake_server.options import EnvironmentOptions
from fake_server.versions import BACKEND, AirflowVersion
from fake_server.web.auth.authentication import AuthBackend, Authentication
from fake_server.web.auth.basic_auth import BasicAuthBackend
from fake_server.web.auth.default import DefaultBackend
from fake_server.web.auth.deny_all import DenyAllBackend
from fake_server.web.auth.google_openid import GoogleOpenIdBackend
from fake_server.web.auth.kerberos_auth import KerberosAuthBackend
from fake_server.web.auth.kerberos_gssapi import GssapiAcceptor, check_kerberos
from fake_server.web.auth.password_auth import PasswordAuthBackend
from fake_server.web.auth.session import SessionBackend

if TYPE_CHECKING:
    from fake_server.web.app import WebServer

__all__ = ["BACKENDS", "AuthBackend", "Authentication", "backends_named", "check_backends", "full_name"]

#: How a backend is made for a web server.
Maker = Callable[["WebServer"], AuthBackend]

#: Where the auth manager's provider keeps some of them under names of its own.
_FAB = "airflow.providers.fab.auth_manager.api.auth.backend."
_GOOGLE = "airflow.providers.google.common.auth_backend."
_CONTRIB = "airflow.contrib.auth.backends."


def _kerberos(server: WebServer) -> AuthBackend:
    acceptor = (
        server.kerberos
        if server.options.kerberos == "stand-in"
        else GssapiAcceptor(server.airflow.config, lambda: server.hostname)
    )
    return KerberosAuthBackend(server.airflow, server.sessions, acceptor)


_IN_ALL_VERSIONS: dict[str, Maker] = {
    BACKEND + "default": lambda server: DefaultBackend(server.sessions),
    BACKEND + "deny_all": lambda server: DenyAllBackend(),
    BACKEND + "kerberos_auth": _kerberos,
}
#: How each backend is made, by the full name of its module, for each family of web servers.
_BY_DIALECT: dict[str, Mapping[str, Maker]] = {
    "2": {
        **_IN_ALL_VERSIONS,
        BACKEND + "session": lambda server: SessionBackend(server.sessions),
        BACKEND + "basic_auth": lambda server: BasicAuthBackend(server.airflow),
        _FAB + "session": lambda server: SessionBackend(server.sessions),
        _FAB + "basic_auth": lambda server: BasicAuthBackend(server.airflow),
        _FAB + "kerberos_auth": _kerberos,
        _GOOGLE + "google_openid": lambda server: GoogleOpenIdBackend(server.airflow),
    },
    "1.10": {
        **_IN_ALL_VERSIONS,
        _CONTRIB + "password_auth": lambda server: PasswordAuthBackend(server.airflow),
    },
}
#: The full names of all backends, of whichever version.
BACKENDS: tuple[str, ...] = tuple(dict.fromkeys(name for makers in _BY_DIALECT.values() for name in makers))


def full_name(name: str, version: AirflowVersion | None = None) -> str:
    """The full module name that a short one, such as ``basic_auth``, stands for; a full one is returned as it is.

    :raises ConfigurationError: naming the choices, when there is no such backend (in that ``version``, if given).
    """
    known = BACKENDS if version is None else tuple(_BY_DIALECT[version.web_dialect])
    if name in known:
        return name
    for full in known:
        if full.rpartition(".")[2] == name:
            return full
    where = f" in Airflow {version.number}" if version is not None else ""
    choices = [*dict.fromkeys(full.rpartition(".")[2] for full in known), *known]
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ConfigurationError(f"there is no API auth backend {name!r}{where}.{hint} They are: {', '.join(known)}.")


def check_backends(config: Configuration, options: EnvironmentOptions) -> None:
    """See whether a web server of that configuration would come up.

    :raises ConfigurationError: when it names a backend that does not exist in its version, more than one where only one
        can be, or Kerberos without what that needs.
    """
    for name in _full_names(config.auth_backends(), config.version):
        if name.endswith(".kerberos_auth") and options.kerberos != "stand-in":
            check_kerberos(config)


def backends_named(names: Iterable[str], server: WebServer) -> tuple[AuthBackend, ...]:
    """The backends of those names for a web server, in order.

    :raises ConfigurationError: for a name that is none, for no name at all, and see :func:`check_backends`.
    """
    version = server.airflow.version
    makers = _BY_DIALECT[version.web_dialect]
    return tuple(makers[name](server) for name in _full_names(names, version))


def _full_names(names: Iterable[str], version: AirflowVersion) -> list[str]:
    names = list(names)
    if not names:
        choices = ", ".join(_BY_DIALECT[version.web_dialect])
        raise ConfigurationError(f"no API auth backend is configured; choose among {choices}.")
    if len(names) > 1 and version.auth_backends_option == "auth_backend":
        raise ConfigurationError(
            f"Airflow {version.number} takes one API auth backend, in api.auth_backend; got {', '.join(names)}."
        )
    return [full_name(name, version) for name in names]
