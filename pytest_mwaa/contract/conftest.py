"""What the contract has to know of the target, whatever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from fake_server.fake_mwaa import FakeMWAA
from pytest_mwaa.clients import APIClient, log_in
from pytest_mwaa.real_environments import RealAirflow, RealMWAA

_PREFIX = "airflow.api.auth.backend."
#: Airflow's own default from 2.3 on, and MWAA's from 2.7 on.
_DEFAULT_BACKENDS = ("session",)


@dataclass(frozen=True)
class API:
    """The stable REST API of the target, and how its auth backends are configured."""

    target: Any
    url: str
    backends: tuple[str, ...]

    @property
    def refusals(self) -> tuple[int, ...]:
        """What a request without valid credentials may be answered with.

        Releases 1.0 to 1.3 and from 1.5.4 of Airflow's FAB provider take it for one of the role Public, which may do
        nothing. Which of them a real target has is not to be seen.
        """
        if not isinstance(self.target, FakeMWAA):
            return 401, 403
        return (403,) if self.target.airflow.version.strangers_are_public else (401,)

    def client(self, auth: Any = None) -> APIClient:
        """A client with these credentials, and no cookie."""
        with APIClient(self.url) as client:
            return client(auth=auth)

    def logged_in(self) -> APIClient:
        """A client with the cookie of a web session, and nothing else."""
        client = APIClient(self.url)
        log_in(client, self.target)
        client.auth = None
        return client

    def require(self, backend: str) -> None:
        """Skip the test unless the target has this backend."""
        if backend not in self.backends:
            pytest.skip(f"the target's auth backends are {', '.join(self.backends)}, and {backend} is none of them.")


@pytest.fixture
def api(mwaa: Any) -> API:
    """The API under test."""
    return API(
        mwaa, f"{mwaa.url}/api/v1", tuple(name.removeprefix(_PREFIX).rpartition(".")[2] for name in _backends(mwaa))
    )


@pytest.fixture
def password(mwaa: Any) -> tuple[str, str]:
    """Name and password of a user who may read DAGs."""
    if isinstance(mwaa, FakeMWAA):
        mwaa.add_user("contract", "of the contract", role="Viewer")
        return "contract", "of the contract"
    if isinstance(mwaa, RealAirflow):
        return mwaa.credentials
    pytest.skip("needs a user with a password; on MWAA nobody has one.")


@pytest.fixture
def nearly_a_minute(mwaa: Any) -> float:
    """So many seconds after it was issued a token is good for sure: 59 where the clock stands still, else fewer."""
    if not isinstance(mwaa, FakeMWAA):
        # Tokens end at whole seconds, and answers take their time.
        return 55
    mwaa.clock.freeze()
    return 59


def _backends(mwaa: Any) -> tuple[str, ...]:
    if isinstance(mwaa, FakeMWAA):
        return tuple(mwaa.airflow.config.auth_backends())
    given: tuple[str, ...] | None = mwaa.settings.get("auth_backends")
    if given is not None:
        return given
    if isinstance(mwaa, RealMWAA) and "api.auth_backends" in mwaa.options:
        return tuple(name.strip() for name in mwaa.options["api.auth_backends"].split(","))
    with APIClient(f"{mwaa.url}/api/v1") as client:
        log_in(client, mwaa)
        # Answered 403 unless webserver.expose_config is on; then the default is the best guess.
        answer = client.get("/config/section/api/option/auth_backends", headers={"Accept": "application/json"})
    if not answer.ok:
        return _DEFAULT_BACKENDS
    value: str = answer.json()["sections"][0]["options"][0]["value"]
    return tuple(name.strip() for name in value.split(","))
