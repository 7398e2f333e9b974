"""Checks Kerberos tokens for real, with the machine's Kerberos library and the service's keytab.

Lifetimes go by the machine's clock here, which the library reads itself, not by the environment's.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_server.airflow.config import Configuration
from fake_server.airflow.errors import ConfigurationError
from fake_server.web.auth.kerberos_auth import Negotiated, TokenRefused

_SERVICE = "airflow"
_OTHERWISE = "Without a Kerberos realm, test with the setting kerberos='stand-in' and tickets of mwaa.kerberos."


def check_kerberos(config: Configuration) -> None:
    """See whether tokens can be checked at all.

    :raises ConfigurationError: without the library, or without a keytab that can be read.
    """
    _credentials(_gssapi(), config, None)


class GssapiAcceptor:
    """Accepts tokens for the service ``airflow/<hostname>``, whose key is in the keytab ``kerberos.keytab``.

    ``hostname`` tells the web server's host name, with or without a port. It is asked for with every token, since a
    server learns its own name only when it is bound to a port.
    """

    def __init__(self, config: Configuration, hostname: Callable[[], str]) -> None:
        check_kerberos(config)
        self._config = config
        self._hostname = hostname

    def accept(self, token: str) -> Negotiated | None:
        gssapi = _gssapi()
        host = self._hostname().rpartition(":")[0] or self._hostname()
        try:
            name = gssapi.Name(f"{_SERVICE}@{host}", gssapi.NameType.hostbased_service)
            context = gssapi.SecurityContext(creds=_credentials(gssapi, self._config, name), usage="accept")
            answer = context.step(base64.b64decode(token, validate=True))
            # An error of the step may come out as late as here.
            if not context.complete:
                return None
            principal = str(context.initiator_name)
        except ConfigurationError as error:
            raise TokenRefused(str(error)) from None
        except ValueError:
            raise TokenRefused("the token is not base64") from None
        except gssapi.exceptions.GSSError as error:
            raise TokenRefused(_words_of(error)) from None
        return Negotiated(principal, None if answer is None else base64.b64encode(answer).decode("ascii"))


def _gssapi() -> Any:
    try:
        import gssapi
    except ImportError as error:
        raise ConfigurationError(
            f"the API auth backend kerberos_auth needs the library gssapi, which cannot be imported ({error}). "
            f"Install pytest-mwaa[kerberos]. {_OTHERWISE}"
        ) from None
    return gssapi


def _credentials(gssapi: Any, config: Configuration, name: Any) -> Any:
    """The service's credentials; of any service in the keytab, without a ``name``.

    :raises ConfigurationError: when the keytab cannot be read, or has no key of that service.
    """
    keytab = Path(config.get("kerberos", "keytab"))
    try:
        with keytab.open("rb"):
            pass
        return gssapi.Credentials(name=name, usage="accept", store={"keytab": f"FILE:{keytab}"})
    except OSError as error:
        reason = error.strerror or str(error)
    except gssapi.exceptions.GSSError as error:
        reason = _words_of(error)
    raise ConfigurationError(
        f"the API auth backend kerberos_auth needs a keytab: the option kerberos.keytab is {str(keytab)!r}, which "
        f"cannot be used: {reason}. Expected a file with the key of {name or _SERVICE + '/<host name>'}. {_OTHERWISE}"
    )


def _words_of(error: Any) -> str:
    """The library's words for what went wrong; those of Kerberos itself where there are any."""
    words = [*error.get_all_statuses(error.min_code, False), *error.get_all_statuses(error.maj_code, True)]
    return next((word for word in words if word and word != "Unknown error"), type(error).__name__)
