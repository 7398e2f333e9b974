"""``.airflowignore``: which files of a DAG folder Airflow passes over."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

IGNORE_FILE = ".airflowignore"
SYNTAXES = ("regexp", "glob")


@dataclass(frozen=True)
class IgnoreRule:
    """One line of such a file."""

    pattern: re.Pattern[str]
    #: The folder below which it holds.
    folder: str
    #: Where the path that it is matched with begins; "" for the whole path below the DAG folder.
    relative_to: str = ""
    negated: bool = False
    #: Whether the paths of folders are matched with a slash behind them, as git does and a regular expression does not.
    marks_folders: bool = False

    def matches(self, path: str) -> bool:
        """Whether it speaks of ``path``, which ends in a slash if it is a folder."""
        if self.folder and not path.startswith(f"{self.folder}/"):
            return False
        path = path if self.marks_folders else path.rstrip("/")
        rest = path[len(self.relative_to) + 1 :] if self.relative_to else path
        return self.pattern.search(rest) is not None


class IgnoreRules:
    """The rules of all ``.airflowignore`` files of a folder; ``files`` are their texts by path.

    ``syntax`` is ``core.dag_ignore_file_syntax``: "regexp", where a match anywhere in the path counts, or "glob", as
    git ignores files. As Airflow does, a regular expression that is none is passed over.
    """

    def __init__(self, files: Mapping[str, str], syntax: str = "regexp") -> None:
        make = _glob_rule if syntax == "glob" else _regexp_rule
        self._rules = [
            rule
            for path in sorted(files)
            for line in files[path].splitlines()
            if (rule := make(line, posixpath.dirname(path))) is not None
        ]

    def ignores(self, path: str) -> bool:
        """Whether the file at ``path`` below the DAG folder, or a folder that it stands in, is passed over."""
        parts = path.split("/")
        places = [*("/".join(parts[:count]) + "/" for count in range(1, len(parts))), path]
        return any(self._speaks_against(place) for place in places)

    def _speaks_against(self, place: str) -> bool:
        ignored = False
        for rule in self._rules:
            if rule.matches(place):
                ignored = not rule.negated
        return ignored


def kept(paths: Iterable[str], rules: IgnoreRules) -> list[str]:
    """The paths that no rule speaks against."""
    return [path for path in paths if not rules.ignores(path)]


def _regexp_rule(line: str, folder: str) -> IgnoreRule | None:
    text = re.sub(r"\s*#.*", "", line)
    if not text:
        return None
    try:
        return IgnoreRule(re.compile(text), folder)
    except re.error:
        return None


def _glob_rule(line: str, folder: str) -> IgnoreRule | None:
    text = line.rstrip()
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    is_folder = text.endswith("/")
    anchored = "/" in text.rstrip("/")
    expression = "^" if anchored else "(?:^|/)"
    expression += _translated(text.strip("/")) + ("/" if is_folder else "(?:/|$)")
    return IgnoreRule(re.compile(expression), folder, folder if anchored else "", negated, marks_folders=True)


def _translated(pattern: str) -> str:
    """A glob pattern as git understands it, as a regular expression."""
    pieces = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    result = ""
    for part in re.findall(r"\*\*/|/\*\*$|\*\*|\*|\?|\[[^\]]+\]|.", pattern):
        if part in pieces:
            result += pieces[part]
        elif len(part) > 1:
            result += "[" + part[1:-1].replace("!", "^", 1) + "]" if part[1] == "!" else part
        else:
            result += re.escape(part)
    return result
