from __future__ import annotations

import pytest

from fake_server.assumptions import ASSUMPTIONS, Assumption, Assumptions, UnknownAssumption


def test_every_assumption_is_documented_and_named_once() -> None:
    names = [assumption.name for assumption in ASSUMPTIONS]
    assert len(names) == len(set(names))
    for assumption in ASSUMPTIONS:
        assert assumption.confidence in {"LOW", "MEDIUM", "MEDIUM-HIGH", "HIGH"}
        assert assumption.statement.endswith(".")
        assert assumption.source
        assert not assumption.choices or assumption.default in assumption.choices


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda assumption: assumption.name)
def test_defaults_hold_until_they_are_changed(assumption: Assumption) -> None:
    assumptions = Assumptions()
    assert assumptions[assumption.name] == assumption.default
    assert dict(assumptions)[assumption.name] == assumption.default
    assert len(assumptions) == len(ASSUMPTIONS)


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda assumption: assumption.name)
def test_each_takes_its_choices_as_values_and_as_text(assumption: Assumption) -> None:
    for choice in assumption.choices or (assumption.default,):
        assert Assumptions({assumption.name: choice})[assumption.name] == choice
        assert Assumptions({assumption.name: str(choice)})[assumption.name] == choice


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("refused_cli_token_status", 500, "takes one of 401, 403; got 500"),
        ("refused_cli_token_status", "teapot", "takes one of 401, 403; got 'teapot'"),
        ("refused_cli_token_status", True, "takes one of 401, 403; got True"),
        ("refused_cli_token_status", None, "takes one of 401, 403; got None"),
        ("web_token_single_use", "perhaps", "takes one of True, False; got 'perhaps'"),
        ("web_token_single_use", 1, "takes one of True, False; got 1"),
        ("token_leeway_seconds", 1.5, "takes int; got 1.5"),
        ("token_leeway_seconds", "soon", "takes int; got 'soon'"),
        ("web_token_audience", 3, "takes str; got 3"),
        (
            "hostname_domain",
            "c2.{reg}.example",
            r"takes a text in which \{region\} may stand; got 'c2.\{reg\}.example'",
        ),
        ("hostname_domain", "c2.{.example", r"in which \{region\} may stand"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_do(name: str, value: object, words: str) -> None:
    with pytest.raises(UnknownAssumption, match=words):
        Assumptions({name: value})
    assumptions = Assumptions()
    with pytest.raises(UnknownAssumption):
        assumptions[name] = value
    assert assumptions[name] == Assumptions()[name]


def test_an_unknown_name_names_the_nearest_and_all() -> None:
    with pytest.raises(UnknownAssumption, match="Did you mean 'login_status'") as error:
        Assumptions({"login_statu": 200})
    assert "session_duration_minutes" in str(error.value)
    with pytest.raises(UnknownAssumption):
        Assumptions()["nope"]


def test_typed_access() -> None:
    assumptions = Assumptions({"token_leeway_seconds": "5", "web_token_single_use": "yes"})
    assert assumptions.integer("token_leeway_seconds") == 5
    assert assumptions.is_true("web_token_single_use") is True
    assert assumptions.text("web_token_audience") == "web"


def test_repr_shows_what_differs() -> None:
    assert repr(Assumptions()) == "<Assumptions all at their defaults>"
    assert repr(Assumptions({"login_status": 302})) == "<Assumptions login_status=302>"
