"""The real Airflow that the tests of this folder need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_airflow.comparison import SideBySide
from tests.real_airflow.fake import FakeAirflow, comparable_seed
from tests.real_airflow.installation import AIRFLOW_VERSION, Installation
from tests.real_airflow.server import RealAirflow


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The installation that REAL_AIRFLOW names; tox makes one."""
    folder = os.environ.get("REAL_AIRFLOW")
    if folder is None:
        pytest.skip(f"needs a real Airflow {AIRFLOW_VERSION}; `tox -e oracle` installs one and says where it is")
    found = Installation(Path(folder))
    if not found.is_complete:
        pytest.fail(
            f"there is no complete Airflow in {folder}: run `python -m tests.real_airflow.installation {folder}`"
        )
    return found


@pytest.fixture(scope="session")
def real_airflow(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAirflow]:
    """A real Airflow whose web server answers, with everybody logged in."""
    seed = comparable_seed()
    with RealAirflow(installation, tmp_path_factory.mktemp("airflow"), seed=seed) as real:
        for user in seed["users"]:
            real.cookie(user["username"])
        real.save()
        yield real


@pytest.fixture
def both(real_airflow: RealAirflow) -> SideBySide:
    """The real one and the fake, just started."""
    side_by_side = SideBySide(real_airflow, FakeAirflow(real_airflow.dags_folder))
    side_by_side.restore()
    return side_by_side
