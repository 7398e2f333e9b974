"""How the fake treats one environment: choices of the test author, not of MWAA or Airflow."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ROLES = ("Admin", "Op", "User", "Viewer", "Public")
KERBEROS = ("gssapi", "stand-in")
DAG_PARSERS = ("text", "airflow")
MISSING_MODULES = ("ignore", "report")
CLI_UNSUPPORTED = ("refuse", "allow", "fail")


class UnknownOption(ValueError):
    """A choice that does not exist; the text names those that do."""


@dataclass(frozen=True)
class EnvironmentOptions:
    """The choices for one environment."""

    #: Airflow role of whoever logs in with a web login token, while IAM does not decide it.
    role: str = "Admin"
    #: Whether runs move on; without, they stay queued as in an Airflow with no scheduler.
    scheduler: bool = True
    #: What becomes of commands that MWAA does not support: refused as MWAA does, run all the same, or failed loudly.
    cli_unsupported: str = "refuse"
    #: Whether commands print Airflow's log lines before their output, as they do on MWAA.
    log_lines: bool = True
    #: Who checks the tokens of the kerberos_auth backend: the machine's Kerberos library, or a stand-in without a KDC.
    kerberos: str = "gssapi"
    #: Who reads DAG files: the fake itself, as text; or the apache-airflow of this Python, which executes them.
    dag_parser: str = "text"
    #: Whether a DAG file that imports what nobody here knows of is broken. An environment has packages of its own.
    missing_modules: str = "ignore"
    #: Whether bucket, role, subnets and security groups have to exist in moto's S3, IAM and EC2, and to be fit.
    strict_resources: bool = False
    #: Assumptions that shall differ from their defaults.
    assumptions: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check("role", self.role, ROLES)
        _check("cli_unsupported", self.cli_unsupported, CLI_UNSUPPORTED)
        _check("dag_parser", self.dag_parser, DAG_PARSERS)
        _check("missing_modules", self.missing_modules, MISSING_MODULES)
        _check("kerberos", self.kerberos, KERBEROS)


def _check(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownOption(f"{name} is one of {', '.join(choices)}; got {value!r}.{hint}")
