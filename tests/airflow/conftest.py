from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from fake_server.airflow.deployment import Airflow
from tests.airflow.stage import NOW


@pytest.fixture(autouse=True)
def _still() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def airflow() -> Airflow:
    return Airflow()
