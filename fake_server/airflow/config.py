"""airflow.cfg of a deployment: Airflow's defaults, MWAA's own on top, then the environment's options."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from fake_server.airflow.errors import ConfigurationError
from fake_server.versions import BACKEND, AirflowVersion

#: What MWAA's images set over Airflow's defaults (aws/amazon-mwaa-docker-images; aws-mwaa-local-runner).
_MWAA_DEFAULTS = {
    "core.dags_folder": "/usr/local/airflow/dags",
    "core.executor": "CeleryExecutor",
    "core.load_examples": "False",
    "webserver.cookie_secure": "True",
}
#: The same for each family of versions.
_MWAA_DEFAULTS_BY_FAMILY: dict[str, dict[str, str]] = {
    "1.10": {**_MWAA_DEFAULTS, "core.store_serialized_dags": "True", "webserver.rbac": "True"},
    "2": _MWAA_DEFAULTS,
}
_FILES = {"1.10": "configuration_defaults_1_10.json", "2": "configuration_defaults.json"}
#: What options that the deployment asks for were called before; or, where there was none, what held then.
_OLDER_NAMES = {
    "1.10": {
        "logging.base_log_folder": "core.base_log_folder",
        "scheduler.scheduler_idle_sleep_time": "scheduler.processor_poll_interval",
    },
    "2": {},
}
_OLDER_VALUES = {"1.10": {"core.default_pool_task_slot_count": "128"}, "2": {}}

_TRUE = frozenset({"t", "true", "1"})
_FALSE = frozenset({"f", "false", "0"})


class Configuration:
    """The options in force, as text, looked up as ``configuration.get("api", "maximum_page_limit")``.

    ``options`` are the environment's AirflowConfigurationOptions, keyed ``section.option``. As on MWAA, keys that
    Airflow does not know are kept and simply have no effect; :meth:`check_known` refuses them for callers that want
    typing errors to be found.
    """

    def __init__(self, version: AirflowVersion, options: Mapping[str, str] | None = None) -> None:
        self.version = version
        self._options: dict[str, str] = {}
        self.update(options or {})

    def update(self, options: Mapping[str, str]) -> None:
        """Replace the environment's options by ``options``.

        :raises ConfigurationError: for a key that is not ``section.option``.
        """
        for key in options:
            section, _, option = key.partition(".")
            if not section or not option:
                raise ConfigurationError(
                    f"configuration key {key!r} has to be 'section.option', such as 'api.auth_backends'."
                )
        self._options = {key: str(value) for key, value in options.items()}

    @property
    def options(self) -> Mapping[str, str]:
        """What the environment sets itself, keyed ``section.option``."""
        return dict(self._options)

    def get(self, section: str, option: str) -> str:
        """The option's value as text.

        :raises KeyError: when nobody defines it.
        """
        family = self.version.configuration
        key = f"{section}.{option}"
        key = _OLDER_NAMES[family].get(key, key)
        if key in self._options:
            return self._options[key]
        if key == f"api.{self.version.auth_backends_option}":
            return self.version.default_auth_backends
        if key in self._defaults_of_mwaa:
            return self._defaults_of_mwaa[key]
        section, _, option = key.partition(".")
        value: str | None = _defaults(family)["sections"].get(section, {}).get(option, _OLDER_VALUES[family].get(key))
        if value is None:
            raise KeyError(option)
        return value

    def integer(self, section: str, option: str) -> int:
        """The option's value as a whole number.

        :raises ConfigurationError: when it is none.
        """
        text = self.get(section, option)
        try:
            return int(text)
        except ValueError:
            raise ConfigurationError(f"option {section}.{option} takes a whole number; got {text!r}.") from None

    def number(self, section: str, option: str) -> float:
        """The option's value as a number.

        :raises ConfigurationError: when it is none.
        """
        text = self.get(section, option)
        try:
            return float(text)
        except ValueError:
            raise ConfigurationError(f"option {section}.{option} takes a number; got {text!r}.") from None

    def boolean(self, section: str, option: str) -> bool:
        """The option's value as Airflow reads booleans: t, true, 1, f, false, 0 in any case.

        :raises ConfigurationError: for anything else.
        """
        text = self.get(section, option).strip().lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        raise ConfigurationError(f"option {section}.{option} takes True or False; got {text!r}.")

    def sections(self) -> dict[str, dict[str, str]]:
        """Everything in force, by section and option."""
        everything: dict[str, dict[str, str]] = {
            section: {option: value for option, value in options.items() if value is not None}
            for section, options in _defaults(self.version.configuration)["sections"].items()
        }
        for key, value in {**self._defaults_of_mwaa, **self._options}.items():
            section, _, option = key.partition(".")
            everything.setdefault(section, {})[option] = value
        if f"api.{self.version.auth_backends_option}" not in self._options:
            everything["api"][self.version.auth_backends_option] = self.version.default_auth_backends
        return everything

    def auth_backends(self) -> tuple[str, ...]:
        """The effective API auth backends, as full module names, in order.

        From 2.3 on Airflow rewrites the list when it starts: nothing, or deny_all alone, becomes the session backend;
        to anything else but ``default`` alone the session backend is appended unless it is there already.
        """
        configured = self.get("api", self.version.auth_backends_option).strip()
        names = tuple(name.strip() for name in configured.split(",") if name.strip())
        if not self.version.appends_session_backend:
            return names
        session = BACKEND + "session"
        if not names or names == (BACKEND + "deny_all",):
            return (session,)
        if names == (BACKEND + "default",) or session in names:
            return names
        return (*names, session)

    def is_sensitive(self, section: str, option: str) -> bool:
        """Whether Airflow hides this option's value."""
        return f"{section}.{option}" in _defaults(self.version.configuration)["sensitive"]

    @property
    def _defaults_of_mwaa(self) -> dict[str, str]:
        return _MWAA_DEFAULTS_BY_FAMILY[self.version.configuration]

    @staticmethod
    def check_known(options: Mapping[str, str]) -> None:
        """Refuse an option that no version of Airflow has in that section, which most likely is a typing error.

        Sections that Airflow does not have are the environment's own and pass.

        :raises ConfigurationError: naming the nearest option that exists.
        """
        families = [_defaults(family)["sections"] for family in _FILES]
        known = [
            f"{section}.{option}" for sections in families for section, values in sections.items() for option in values
        ]
        known += ["api.auth_backend"]
        sections = {section for sections in families for section in sections}
        for key in options:
            section = key.partition(".")[0]
            if section in sections and key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise ConfigurationError(f"Airflow has no configuration option {key!r}.{hint}")
            near = difflib.get_close_matches(section, sections, n=1)
            if section not in sections and near:
                raise ConfigurationError(
                    f"Airflow has no configuration section {section!r} (in {key!r}). Did you mean {near[0]!r}?"
                )


@functools.cache
def _defaults(family: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(_FILES[family]).read_text("utf-8")
    defaults: dict[str, Any] = json.loads(text)
    return defaults
