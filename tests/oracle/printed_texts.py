"""What is compared of the texts that commands print: everything but what differs from run to run."""

from __future__ import annotations

import json
import re

_NOW = "2026-11-20"
_MASKS = [
    # The moment of a command, also where a table's cell folds it. Times before the recording are compared as they are.
    (re.compile(rf"{_NOW}([T ])\d\d:\d\d:\d\d([.,]\d+)?"), r"<NOW>\1"),
    (re.compile(r"\b(?:0[789]|10):\d\d:\d\d([.,]\d+)?"), "<TIME>"),
    (re.compile(r"(?<![\d<>]):\d\d:\d\d(\.\d+)?(?=\+00:00)"), "<TIME>"),
    (re.compile(rf"({_NOW}T)(?:0\d|10)\b"), r"\1<HOUR>"),
    (re.compile(r"20261120T\d{6}"), "<NOW>"),
    (re.compile(r"\b0:00:00\.\d{6}"), "<DURATION>"),
    (re.compile(r"(?<=run_duration=)[\d.]+"), "<DURATION>"),
    (re.compile(r"Removed \d+ record"), "Removed <N> record"),
    (re.compile(r"<help text, \d+ characters>"), "<help text>"),
    (re.compile(r"pbkdf2:sha256:\d+\$[^']*"), "<HASH>"),
    (re.compile(r"(?<= on host )(?!%s)\S+|(?<=> )(localhost|ip-\S+\.internal)$", re.MULTILINE), "<HOST>"),
    (re.compile(r"/usr/lib/python3\.11"), "<PYLIB>"),
    (re.compile(r"/usr/local/airflow/\.local/lib/python3\.11/site-packages"), "<SITE>"),
    (re.compile(r"/usr/bin/bash"), "<BASH>"),
    (re.compile(r"(?<=Tmp dir root location: )\S+"), "<TMP>"),
    (re.compile(r"(?<=Tmp dir root location: \n )\S+|(?<=Temporary script location: )\S+"), "<TMP>"),
    (re.compile(r"(?<='--cfg_path', ')[^']+"), "<TMP>"),
    (re.compile(r"(?<=^DB: )\S+", re.MULTILINE), "<DATABASE>"),
    (re.compile(r"(?<=/usr/local)/lib/python3\.7/site-packages"), "<SITE>"),
    (re.compile(r"(/HOME~*|/usr/local/airflow)(?=/)"), "<HOME>"),
    (re.compile(r"<file_token(?::[^>]*)?>|(?<![\w.])[.I][\w-]{8,}\.[\w-]{20,}"), "<FILE TOKEN>"),
]
_HELP = re.compile(r"(\A[Uu]sage: [^\n]*(?:\n {3,}[^\n]*)*)\n\n.*", re.DOTALL)
#: Commands of Airflow 1.10 that print what it keeps in sets of Python, whose order no two processes share.
_UNORDERED = (["show_dag"], ["task_failed_deps"])
#: The choices of ``--color`` and of ``--depends-on-past``, which Airflow keeps in sets as well.
_CHOICE = "(?:on|off|auto|check|wait|ignore)"
_CHOICES = re.compile(rf"(?<=\{{)(?:{_CHOICE}\b,?){{3}}(?=\}})|(?:'{_CHOICE}'(?:, )?){{3}}")
_ROW_NUMBER = re.compile(r"^ *\d+ *(?=\||  )|(?<=\"id\": \")\d+|(?<=^- id: ')\d+|(?<=^  id: ')\d+", re.MULTILINE)
_CUT = re.compile(r"<\d+ more (?:characters|lines)>|<machine facts|<\.\.\.>")


def comparable(recorded: str, printed: str, argv: list[str]) -> tuple[str, str]:
    """Both texts without what no two runs share; cut where the recording was cut."""
    cut = _CUT.search(recorded)
    expected = neutral_text(recorded[: cut.start()] if cut else recorded, argv)
    actual = neutral_text(_HELP.sub(r"\1\n\n<help text>\n", printed), argv)
    return expected, actual[: len(expected)] if cut else actual


def neutral_text(text: str, argv: list[str]) -> str:
    """What a command printed without what no two runs share."""
    text = _without_frames(text)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    text = _CHOICES.sub(lambda found: "".join(sorted(re.findall("[a-z]+", found.group()))), text)
    if argv[:2] == ["dags", "report"] or (argv[:1] == ["list_dags"] and {"-r", "--report"} & set(argv)):
        text = _in_any_order(_without_durations(text), json_too="json" in argv)
    if argv[:2] in (["connections", "get"], ["connections", "list"]):
        # Whether the number of a deleted row is given again is the database's affair.
        text = _ROW_NUMBER.sub("<ID>", text)
    if "Failed validating" in text:
        # In which order a schema's members are shown depends on the version of jsonschema.
        text = re.sub(r"(?<=^    \{).*(?=\}$)", _sorted_members, text, flags=re.MULTILINE)
    if argv[:2] == ["dags", "details"]:
        # The table is as wide as its file token, which no two installations share.
        text = re.sub(r"([ =])\1+", r"\1", text)
    if argv[:2] == ["tasks", "failed-deps"] or argv[:1] in _UNORDERED or _shows_tree(argv):
        text = "\n".join(sorted(text.split("\n")))
    return text


def _shows_tree(argv: list[str]) -> bool:
    return argv[:1] == ["list_tasks"] and bool({"-t", "--tree"} & set(argv))


def _sorted_members(found: re.Match[str]) -> str:
    return ", ".join(sorted(found.group().split(", ")))


#: What SQLAlchemy adds to an error of the database: its statement, with values that are encrypted anew each time.
_STATEMENT = ("[SQL: ", "[parameters: ", "(Background on this error at: ")


def _without_frames(text: str) -> str:
    """Tracebacks without files, lines and source: only where they begin and the exceptions."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        if "Traceback (most recent call last):" in line:
            inside = True
        elif line.startswith(_STATEMENT) or (inside and (line.startswith("  ") or not line)):
            continue
        else:
            inside = False
        kept.append(line)
    return "\n".join(kept)


def _without_durations(text: str) -> str:
    text = re.sub(r"\| \d\.\d+(e-\d+)? +\|", "| <DURATION> |", text)
    return re.sub(r"(?<=parsing time: )\S+", "<DURATION>", text)


def _in_any_order(text: str, *, json_too: bool) -> str:
    """The report is sorted by how long each file took to load, which no two machines agree on."""
    if json_too and text.startswith("["):
        return json.dumps(sorted(json.loads(text), key=lambda row: str(row["file"])))
    return "\n".join(sorted(text.split("\n")))
