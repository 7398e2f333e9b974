"""What every test here wants to know: that nothing is left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest


def traces() -> dict[str, object]:
    """What a fake environment may touch and has to restore."""
    import boto3
    import requests.adapters
    from moto.core.models import MockAWS, botocore_stubber, responses_mock

    return {
        "environment variables": dict(os.environ),
        "threads": {thread.name for thread in threading.enumerate()},
        "open files": {path.readlink() for path in _open_files()},
        "requests": requests.adapters.HTTPAdapter.send,
        "boto3's default session": boto3.DEFAULT_SESSION,
        "moto": (MockAWS._nested_count, botocore_stubber.enabled, responses_mock.registered()),
    }


def _open_files() -> list[Path]:
    # Links to sockets and files; what is gone by now was opened for the listing itself.
    return [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink() and path.exists()]


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("AWS_", "MWAA_")):
            monkeypatch.delenv(name)
    before = traces()
    yield
    # What tests set themselves is undone behind this, so the comparison is without.
    after = traces()
    for what in before:
        if what != "environment variables":
            assert after[what] == before[what], what
