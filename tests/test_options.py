from __future__ import annotations

import pytest

from fake_server.options import CLI_UNSUPPORTED, EnvironmentOptions, UnknownOption


def test_defaults() -> None:
    options = EnvironmentOptions()
    assert (options.role, options.scheduler, options.cli_unsupported, options.log_lines) == (
        "Admin",
        True,
        "refuse",
        True,
    )
    assert dict(options.assumptions) == {}


@pytest.mark.parametrize("choice", CLI_UNSUPPORTED)
def test_the_choices_are_taken(choice: str) -> None:
    assert EnvironmentOptions(cli_unsupported=choice).cli_unsupported == choice


@pytest.mark.parametrize("role", ["Admin", "Op", "User", "Viewer", "Public"])
def test_the_default_roles_are_taken(role: str) -> None:
    assert EnvironmentOptions(role=role).role == role


def test_a_wrong_choice_names_the_right_ones() -> None:
    with pytest.raises(
        UnknownOption, match=r"cli_unsupported is one of refuse, allow, fail; got 'refused'.*mean 'refuse'"
    ):
        EnvironmentOptions(cli_unsupported="refused")


def test_two_environments_do_not_share_their_assumptions() -> None:
    assert EnvironmentOptions().assumptions is not EnvironmentOptions().assumptions
