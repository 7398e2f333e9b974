"""What a test talks to: so far the fake, in process or live on loopback sockets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from fake_server.airflow.errors import SeedError
from fake_server.fake_mwaa import FakeMWAA
from fake_server.settings import DEFAULT_ENVIRONMENT, SettingError


@contextmanager
def environment_for(settings: Mapping[str, Any], *, live: bool) -> Iterator[FakeMWAA]:
    """A fake environment with these settings, for as long as the context lasts.

    What went wrong in it in a way that concerns the test, such as the use of a command that MWAA does not support under
    ``cli_unsupported="fail"``, fails the test when the context ends.

    :raises pytest.UsageError: when the settings do not fit together.
    """
    try:
        environment = FakeMWAA(**settings, live=live)
        environment.start()
    except (SettingError, SeedError) as error:
        raise pytest.UsageError(str(error)) from None
    try:
        yield environment
    finally:
        failures = environment.failures
        environment.stop()
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)


def unused_name(given: str | None, made: Sequence[FakeMWAA], request: pytest.FixtureRequest) -> str:
    """The name that the settings give, or one like it that this test's environments do not have yet."""
    name = given or DEFAULT_ENVIRONMENT
    taken = {environment.name for environment in made}
    if "mwaa" in request.fixturenames:
        taken.add(request.getfixturevalue("mwaa").name)
    candidates = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)
