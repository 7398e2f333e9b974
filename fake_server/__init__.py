"""A fake Amazon MWAA: the ``mwaa`` service of AWS, an environment's web server, and the Airflow inside it.

>>> from fake_server import FakeMWAA
>>> with FakeMWAA(dags=["etl"]) as mwaa:
...     token = mwaa.client().create_cli_token(Name=mwaa.name)

Names are imported when first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fake_server.airflow.dags import DAG, Param, Task
    from fake_server.airflow.errors import ConfigurationError, SeedError
    from fake_server.clock import Clock
    from fake_server.fake_mwaa import FakeMWAA
    from fake_server.mock import mock_mwaa
    from fake_server.settings import SettingError

__all__ = ["DAG", "Clock", "ConfigurationError", "FakeMWAA", "Param", "SeedError", "SettingError", "Task", "mock_mwaa"]

_HOMES = {
    "DAG": "airflow.dags",
    "Param": "airflow.dags",
    "Task": "airflow.dags",
    "ConfigurationError": "airflow.errors",
    "SeedError": "airflow.errors",
    "Clock": "clock",
    "FakeMWAA": "fake_mwaa",
    "mock_mwaa": "mock",
    "SettingError": "settings",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
