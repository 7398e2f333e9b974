from __future__ import annotations

import pytest

from fake_server.dag_files.ignore_files import IgnoreRules, kept

PATHS = ["dag.py", "draft.py", "team/dag.py", "team/draft_2.py", "team/deep/dag.py", "other/team/dag.py"]


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("", []),
        ("# draft\n\n", []),
        ("draft  # not ready\n", ["draft.py", "team/draft_2.py"]),
        ("^draft", ["draft.py"]),
        ("^team$", ["team/dag.py", "team/draft_2.py", "team/deep/dag.py"]),
        ("team/.*dag", ["team/dag.py", "team/deep/dag.py", "other/team/dag.py"]),
        ("(\ndraft", ["draft.py", "team/draft_2.py"]),
    ],
)
def test_regular_expressions(text: str, ignored: list[str]) -> None:
    assert kept(PATHS, IgnoreRules({".airflowignore": text})) == [path for path in PATHS if path not in ignored]


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("# draft*\n\n", []),
        ("draft*", ["draft.py", "team/draft_2.py"]),
        ("/draft*", ["draft.py"]),
        ("*.py\n!dag.py", ["draft.py", "team/draft_2.py"]),
        ("team/", ["team/dag.py", "team/draft_2.py", "team/deep/dag.py", "other/team/dag.py"]),
        ("/team/", ["team/dag.py", "team/draft_2.py", "team/deep/dag.py"]),
        ("**/deep", ["team/deep/dag.py"]),
        ("team/**/dag.py", ["team/dag.py", "team/deep/dag.py"]),
        ("draft_[0-9].py", ["team/draft_2.py"]),
        ("draft_[!0-9].py", []),
        ("d?g.py", [path for path in PATHS if path.endswith("dag.py")]),
    ],
)
def test_globs(text: str, ignored: list[str]) -> None:
    rules = IgnoreRules({".airflowignore": text}, "glob")
    assert kept(PATHS, rules) == [path for path in PATHS if path not in ignored]


@pytest.mark.parametrize("syntax", ["regexp", "glob"])
def test_a_file_in_a_folder_speaks_of_that_folder(syntax: str) -> None:
    rules = IgnoreRules({"team/.airflowignore": "dag.py"}, syntax)
    assert kept(PATHS, rules) == ["dag.py", "draft.py", "team/draft_2.py", "other/team/dag.py"]
