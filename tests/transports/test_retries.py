"""A session of ``requests`` that tries again does so in process as it does over a connection."""

from __future__ import annotations

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from fake_server import FakeMWAA

BOTH = pytest.mark.parametrize("live", [False, True], ids=["in process", "live"])


@pytest.fixture
def session() -> requests.Session:
    """One that tries up to twice more, whatever came between, and whatever the method."""
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(total=2, allowed_methods=None)))
    return session


@BOTH
@pytest.mark.parametrize("times", [1, 2])
def test_a_connection_that_breaks_off(session: requests.Session, live: bool, times: int) -> None:
    with FakeMWAA(live=live) as mwaa:
        mwaa.faults.add(path="/health", reset=True, times=times)
        assert session.get(f"{mwaa.url}/health").status_code == 200
        assert [entry.status for entry in mwaa.journal] == [*[0] * times, 200]


@BOTH
def test_an_answer_that_comes_too_late(session: requests.Session, live: bool) -> None:
    with FakeMWAA(live=live) as mwaa:
        mwaa.faults.add(path="/health", delay=5)
        assert session.get(f"{mwaa.url}/health", timeout=0.5).status_code == 200


@BOTH
def test_in_vain(session: requests.Session, live: bool) -> None:
    with FakeMWAA(live=live) as mwaa:
        mwaa.faults.add(path="/health", reset=True, times=None)
        with pytest.raises(requests.ConnectionError, match="Max retries exceeded"):
            session.get(f"{mwaa.url}/health")
        assert len(mwaa.journal) == 3


@BOTH
def test_methods_that_are_not_to_be_tried_again(live: bool) -> None:
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(total=2)))
    with FakeMWAA(live=live) as mwaa:
        mwaa.faults.add(path="/aws_mwaa/cli", reset=True)
        with pytest.raises(requests.ConnectionError):
            session.post(f"{mwaa.url}/aws_mwaa/cli", data="version")
        assert len(mwaa.journal) == 1


@BOTH
def test_a_session_that_does_not_try_again(live: bool) -> None:
    with FakeMWAA(live=live) as mwaa:
        mwaa.faults.add(path="/health", reset=True)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{mwaa.url}/health")
        assert len(mwaa.journal) == 1


def test_a_wait_between_the_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(total=3, backoff_factor=1)))
    with FakeMWAA() as mwaa:
        mwaa.faults.add(path="/health", reset=True, times=2)
        assert session.get(f"{mwaa.url}/health").status_code == 200
    assert slept == [2]
