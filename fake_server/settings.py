"""The settings of an environment: one table for every place where they can be written.

A name here is a keyword of :class:`~fake_server.fake_mwaa.FakeMWAA` and of ``@pytest.mark.mwaa``; with hyphens it is an
option (``fake-mwaa --airflow-version``, ``pytest --mwaa-airflow-version``); behind ``mwaa_`` an ini option of pytest;
in capitals behind ``MWAA_`` an environment variable. Nothing heavy is imported here before a value has to be checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

DEFAULT_ENVIRONMENT = "fake-mwaa"
DEFAULT_REGION = "us-east-1"
HOSTNAMES = ("localhost", "aws")


class SettingError(ValueError):
    """A setting that does not exist, or a value that it cannot have; the text names what would be right."""


class Setting:
    """One setting.

    ``check`` turns a value of any acceptable Python type into the one that is used, or raises ValueError. ``kind`` is
    "text", "list" (several values; as text, separated by commas) or "mapping" (several KEY=VALUE).
    """

    # An ordinary class: making a dataclass or NamedTuple would cost every pytest run a millisecond.
    __slots__ = ("_check", "help", "kind", "metavar", "name")

    # "help" is argparse's name of it.
    def __init__(self, name: str, metavar: str, help: str, check: Callable[[Any], Any], kind: str = "text") -> None:  # noqa: A002
        self.name = name
        self.metavar = metavar
        self.help = help
        self.kind = kind
        self._check = check

    def __repr__(self) -> str:
        return f"<Setting {self.name}>"

    @property
    def option(self) -> str:
        """The name as a command line has it, without hyphens in front."""
        return self.name.replace("_", "-")

    def from_text(self, text: str) -> Any:
        """The value that ``text`` stands for, in an option, an ini file or an environment variable; not checked yet.

        Lists are separated by commas or lines, mappings by lines; a mapping may also be a JSON object.

        :raises SettingError: for a mapping that is neither.
        """
        if self.kind == "list":
            return [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
        if self.kind == "mapping":
            return self._mapping(text)
        return text

    def checked(self, value: Any) -> Any:
        """``value`` as it is used.

        :raises SettingError: when it is none that the setting can have.
        """
        try:
            return self._check(value)
        except ValueError as error:
            raise SettingError(f"{self.name}: {error}") from None

    def _mapping(self, text: str) -> dict[str, str]:
        if text.lstrip().startswith("{"):
            import json

            try:
                loaded: dict[str, str] = json.loads(text)
            except json.JSONDecodeError as error:
                raise SettingError(f"{self.name}: not JSON: {error}.") from None
            return loaded
        result: dict[str, str] = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            key, equals, value = line.partition("=")
            if not equals or not key.strip():
                raise SettingError(f"{self.name}: expected {self.metavar}, got {line!r}.")
            result[key.strip()] = value.strip()
        return result


def nearest(word: object, choices: Iterable[str]) -> str:
    """A hint at the choice that was probably meant, to be put behind a sentence; empty when none is near."""
    import difflib

    near = difflib.get_close_matches(str(word), list(choices), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected text, got {value!r}.")
    return value


def _matching(pattern: str, expectation: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise ValueError(f"expected {expectation}, got {value!r}.")
        return value

    return check


def one_of(choices: Iterable[str], value: Any) -> str:
    """Check for one of a few words.

    :raises ValueError: for any other, naming the nearest.
    """
    allowed = tuple(choices)
    if value not in allowed:
        raise ValueError(f"expected one of {', '.join(allowed)}; got {value!r}.{nearest(value, allowed)}")
    return str(value)


def _role(value: Any) -> str:
    from fake_server.options import ROLES

    return one_of(ROLES, value)


def _cli_unsupported(value: Any) -> str:
    from fake_server.options import CLI_UNSUPPORTED

    return one_of(CLI_UNSUPPORTED, value)


def _kerberos(value: Any) -> str:
    from fake_server.options import KERBEROS

    return one_of(KERBEROS, value)


def switch(value: Any) -> bool:
    """Check for on or off, in words or as bool.

    :raises ValueError: for anything else.
    """
    if isinstance(value, bool):
        return value
    words = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError(f"expected 'on' or 'off' (or True, False); got {value!r}.")
    return words[value.lower()]


def _airflow_version(value: Any) -> str:
    from fake_server.versions import airflow_version

    return airflow_version(value).number


def _auth_backends(value: Any) -> tuple[str, ...]:
    from fake_server.web.auth import full_name

    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"expected a list of names such as ['basic_auth', 'session']; got {value!r}.")
    return tuple(full_name(name) for name in names)


def _config(value: Any) -> dict[str, str]:
    from fake_server.airflow.config import Configuration

    if not isinstance(value, Mapping):
        raise ValueError(f"expected a mapping such as {{'api.maximum_page_limit': '50'}}; got {value!r}.")
    for key, option in value.items():
        if not isinstance(key, str) or not isinstance(option, (str, int, float)):
            raise ValueError(f"expected texts as keys and values; got {key!r}: {option!r}.")
        section, _, name = key.partition(".")
        if not section or not name:
            raise ValueError(f"expected keys like 'section.option', such as 'api.auth_backends'; got {key!r}.")
    Configuration.check_known(value)
    return {key: str(option) for key, option in value.items()}


def _dags(value: Any) -> tuple[Any, ...]:
    from pathlib import Path

    from fake_server.airflow.dags import DAG

    if isinstance(value, Path):
        value = (value,)
    if isinstance(value, (str, DAG)) or not isinstance(value, Iterable):
        raise ValueError(
            f"expected a list of DAG ids or DAG objects, such as ['etl'], or the path of a DAG folder; got {value!r}."
        )
    return tuple(map(_dag, value))


def _dag(value: Any) -> Any:
    """A DAG's id, a DAG, or the path of a DAG folder: a Path, or text with a slash in it or at its end."""
    from pathlib import Path

    from fake_server.airflow.dags import DAG

    if isinstance(value, str) and ("/" in value or "\\" in value or value in {".", ".."}):
        value = Path(value)
    if isinstance(value, Path):
        if not value.is_dir():
            raise ValueError(f"there is no folder {str(value)!r}. Expected a DAG id, or the path of a DAG folder.")
        return value
    if not isinstance(value, (str, DAG)):
        raise ValueError(f"expected DAG ids, DAG objects or the path of a DAG folder; got {value!r}.")
    if isinstance(value, str) and re.fullmatch(r"[\w.-]{1,250}", value) is None:
        raise ValueError(
            f"{value!r} is no DAG id: letters, digits, dashes, dots and underscores, at most 250. DAGs with tasks and"
            " schedules can be described in a seed, or stand in a DAG folder, whose path has a slash: dags/."
        )
    return value


def _dag_parser(value: Any) -> str:
    from fake_server.options import DAG_PARSERS

    return one_of(DAG_PARSERS, value)


def _missing_modules(value: Any) -> str:
    from fake_server.options import MISSING_MODULES

    return one_of(MISSING_MODULES, value)


def _seed(value: Any) -> Any:
    from pathlib import Path

    if isinstance(value, Mapping):
        return value
    if not isinstance(value, (str, Path)):
        raise ValueError(f"expected the path of a JSON file, or a mapping; got {value!r}.")
    if not Path(value).is_file():
        raise ValueError(f"there is no file {str(value)!r}. Expected the path of a JSON file.")
    return Path(value)


def _assume(value: Any) -> dict[str, Any]:
    from fake_server.assumptions import Assumptions

    if not isinstance(value, Mapping):
        raise ValueError(f"expected a mapping such as {{'failed_command_status': 400}}; got {value!r}.")
    assumptions = Assumptions(value)
    return {name: assumptions[name] for name in value}


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "environment", "NAME", f"name of the environment ({DEFAULT_ENVIRONMENT})",
            _matching(r"[a-zA-Z][0-9a-zA-Z_-]{0,79}", "a letter, then up to 79 letters, digits, '-' and '_'"),
        ),
        Setting("airflow_version", "VERSION", "its Airflow version (2.10.5)", _airflow_version),
        Setting(
            "auth_backends", "A,B", "its API auth backends, such as basic_auth,session; full module names work too",
            _auth_backends, "list",
        ),
        Setting(
            "config", "SECTION.OPTION=VALUE", "an AirflowConfigurationOption; may be given several times",
            _config, "mapping",
        ),
        Setting(
            "dags", "DIR/|A,B",
            "a folder with DAG files, which is followed; or ids of DAGs that shall exist, unpaused, with one task each",
            _dags, "list",
        ),
        Setting(
            "dag_parser", "text|airflow",
            "who reads DAG files: the fake, as text (text), or this Python's apache-airflow, which executes them",
            _dag_parser,
        ),
        Setting(
            "missing_modules", "ignore|report",
            "whether a DAG file that imports what nobody here knows of is broken (report) or not (ignore)",
            _missing_modules,
        ),
        Setting(
            "strict_resources", "on|off",
            "whether an environment's bucket, role, subnets and security groups have to exist in moto (off)", switch,
        ),
        Setting("seed", "FILE.json", "what DAGs, users, variables, pools, connections there are, as JSON", _seed),
        Setting(
            "region", "REGION", f"AWS region (AWS_DEFAULT_REGION, else {DEFAULT_REGION})",
            _matching(r"[a-z]{2,}(-[a-z]+)+-\d+", "the name of an AWS region, such as eu-west-1"),
        ),
        Setting(
            "hostname", "|".join(HOSTNAMES),
            "a live environment's WebServerHostname: localhost and the port, for all processes; or one as AWS gives, "
            "which leads to it in this process only (localhost)",
            partial(one_of, HOSTNAMES),
        ),
        Setting("role", "ROLE", "Airflow role of who logs in with a web login token (Admin)", _role),
        Setting("scheduler", "on|off", "whether runs move on (on); 'off' leaves them queued", switch),
        Setting(
            "cli_unsupported", "refuse|allow|fail",
            "what becomes of commands that MWAA does not support: refused as MWAA does, run, or failed loudly (refuse)",
            _cli_unsupported,
        ),
        Setting(
            "kerberos", "gssapi|stand-in",
            "who checks Kerberos tokens: the machine's Kerberos library, or a stand-in with no KDC (gssapi)", _kerberos,
        ),
        Setting("log_lines", "on|off", "whether commands print log lines before their output (on)", switch),
        Setting(
            "assume", "NAME=VALUE", "another value for an assumption about MWAA; may be given several times",
            _assume, "mapping",
        ),
    )
}  # fmt: skip
"""Every setting by its name."""


def checked_settings(values: Mapping[str, Any], *, known: Mapping[str, Setting] = SETTINGS) -> dict[str, Any]:
    """``values`` as they are used; settings that are missing stay missing.

    :raises SettingError: for a name or value that is wrong, naming what would be right.
    """
    for name in values:
        if name not in known:
            raise SettingError(f"there is no setting {name!r}.{nearest(name, known)} They are: {', '.join(known)}.")
    return {name: known[name].checked(value) for name, value in values.items()}
