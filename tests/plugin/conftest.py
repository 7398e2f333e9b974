from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _imported_once() -> None:
    """pytester forgets what an inner run imports; what stands before it is kept, and importing moto is slow."""
    from fake_server import FakeMWAA

    with FakeMWAA(dags=["etl"], live=True) as mwaa:
        mwaa.client().create_cli_token(Name=mwaa.name)


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "MWAA_")):
            monkeypatch.delenv(name)
