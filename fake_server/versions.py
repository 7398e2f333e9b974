"""What differs between the Airflow versions that MWAA has offered, as data.

Rooms ask an :class:`AirflowVersion` for a fact; they never compare version numbers themselves. The defaults of
``api.auth_backend(s)`` are those that MWAA ships (AWS user guide; the images and configuration files AWS publishes).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

BACKEND = "airflow.api.auth.backend."


@dataclass(frozen=True)
class AirflowVersion:
    """The facts of one version that other rooms need."""

    number: str
    #: Name of the option that chooses the API auth backends: ``auth_backend`` takes one, ``auth_backends`` a list.
    auth_backends_option: str
    #: MWAA's default for that option.
    default_auth_backends: str
    #: Whether Airflow itself puts the session backend behind what was configured (2.3 and up).
    appends_session_backend: bool
    #: Whether the control plane's InvokeRestApi works with it (2.4.3 and up).
    has_invoke_rest_api: bool

    @property
    def documentation_url(self) -> str:
        """Where this version's own documentation stands; error bodies of the REST API link to it."""
        return f"https://airflow.apache.org/docs/apache-airflow/{self.number}/"


class UnknownAirflowVersion(ValueError):
    """The asked-for version is not one that the fake can be."""


def _versions() -> dict[str, AirflowVersion]:
    def version(number: str, option: str, default: str) -> AirflowVersion:
        return AirflowVersion(
            number=number,
            auth_backends_option=option,
            default_auth_backends=BACKEND + default,
            appends_session_backend=option == "auth_backends",
            has_invoke_rest_api=number not in {"2.0.2", "2.2.2"},
        )

    single, several = "auth_backend", "auth_backends"
    return {
        entry.number: entry
        for entry in (
            version("2.0.2", single, "deny_all"),
            version("2.2.2", single, "deny_all"),
            version("2.4.3", several, "deny_all"),
            version("2.5.1", several, "deny_all"),
            version("2.6.3", several, "deny_all"),
            version("2.7.2", several, "session"),
            version("2.8.1", several, "session"),
            version("2.9.2", several, "session"),
            version("2.10.1", several, "session"),
            version("2.10.3", several, "session"),
            version("2.10.5", several, "session"),
        )
    }


VERSIONS: dict[str, AirflowVersion] = _versions()

#: The version whose answers were recorded from the real Airflow; the default everywhere.
DEFAULT_VERSION = "2.10.5"


def airflow_version(number: str) -> AirflowVersion:
    """The facts of version ``number``.

    :raises UnknownAirflowVersion: naming the versions that exist.
    """
    try:
        return VERSIONS[number]
    except (KeyError, TypeError):
        near = difflib.get_close_matches(str(number), VERSIONS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownAirflowVersion(
            f"unknown Airflow version {number!r}.{hint} Supported: {', '.join(VERSIONS)}."
        ) from None
