"""What a test expects among the requests of a journal, and in words why a request is not it."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fake_server import given_values, path_patterns
from fake_server.faults import OPERATIONS

if TYPE_CHECKING:
    from fake_server.journal import JournalEntry

#: At the end of an expected command: whatever words follow.
ANY_WORDS = "..."
#: How many of the nearest calls a failure shows.
_SHOWN = 5


@dataclass(frozen=True)
class ExpectedCall:
    """A command line, or conditions on a request, or both; what is None may be anything."""

    command: tuple[str, ...] | None = None
    path: str | None = None
    method: str | None = None
    status: int | None = None
    operation: str | None = None
    principal: str | None = None

    @classmethod
    def of(
        cls,
        command: str | None,
        *,
        path: str | None,
        method: str | None,
        status: int | None,
        operation: str | None,
        principal: str | None,
    ) -> ExpectedCall:
        """What a test says that it expects.

        :raises ValueError: for what no request can be.
        """
        path_patterns.check(path, "path")
        if operation is not None:
            _check_operation(operation)
        words = None
        if command is not None:
            words = words_of(command)
            _check_words(words)
        return cls(words, path, method and method.upper(), status, operation, principal)

    def __str__(self) -> str:
        parts = [] if self.command is None else [repr(_line(self.command))]
        parts += [f"{name}={value!r}" for name, value in self._conditions() if value is not None]
        return ", ".join(parts)

    def why_not(self, entry: JournalEntry) -> list[str]:
        """In words, everything for which ``entry`` is not the call; nothing when it is."""
        reasons = [] if self.command is None else _why_not_command(self.command, entry)
        for name, wanted in self._conditions():
            got = entry.path_alone if name == "path" else getattr(entry, name)
            is_met = path_patterns.matches(got, str(wanted)) if name == "path" else got == wanted
            if wanted is not None and not is_met:
                reasons.append(f"{name} is {got!r}, not {wanted!r}")
        return reasons

    def nearness(self, entry: JournalEntry) -> float:
        """How near ``entry`` comes to the call; more is nearer."""
        without_command = replace(self, command=None)
        return self._likeness(entry) - len(without_command.why_not(entry))

    def _likeness(self, entry: JournalEntry) -> float:
        if self.command is not None:
            sent = words_of(entry.command or "")
            return 2 * difflib.SequenceMatcher(None, sent, self.command).ratio() + (
                difflib.SequenceMatcher(None, " ".join(sent), " ".join(self.command)).ratio()
            )
        return difflib.SequenceMatcher(None, entry.path_alone, self.path or "").ratio()

    def _conditions(self) -> Iterable[tuple[str, str | int | None]]:
        return [(name, getattr(self, name)) for name in ("path", "method", "status", "operation", "principal")]


def _check_operation(operation: str) -> None:
    """Refuse boto3's names of methods, such as ``create_cli_token``: the journal has those of AWS's operations."""
    for name in OPERATIONS:
        if operation != name and operation.replace("_", "").lower() == name.lower():
            raise given_values.refusal("operation", f"an operation's own name, here {name!r}", operation)


def _check_words(words: tuple[str, ...]) -> None:
    if not words:
        raise given_values.refusal("a command", "words, such as 'dags list'", "")
    if words[0] == "airflow":
        raise given_values.refusal("a command", "given without the word 'airflow'", shlex.join(words))
    if ANY_WORDS in words[:-1]:
        raise given_values.refusal("a command", f"open at its end only, with {ANY_WORDS!r} as last word", _line(words))


def words_of(command: str | Sequence[str]) -> tuple[str, ...]:
    """The words of a command line, as a shell splits it."""
    if not isinstance(command, str):
        return tuple(command)
    try:
        return tuple(shlex.split(command))
    except ValueError:
        # Quotes that do not close; such a line is one word to whoever looks for it.
        return (command,)


def failure_text(
    expected: ExpectedCall, times: int | None, found: Sequence[JournalEntry], entries: Sequence[JournalEntry]
) -> str:
    """Why ``found`` is not what was expected, with the nearest of all other entries."""
    wanted = "at least one call" if times is None else "one call" if times == 1 else f"{times} calls"
    if times == 0:
        wanted = "no call"
    lines = [f"Expected {wanted} of {expected}; there {'was one' if len(found) == 1 else f'were {len(found)}'}."]
    lines += [f"  {entry}" for entry in found]
    if not entries:
        return "\n".join([*lines, "No request reached the environment."])
    others = [entry for entry in entries if expected.why_not(entry)]
    if times is None or len(found) < times:
        near = sorted(others, key=expected.nearness, reverse=True)[:_SHOWN]
        if near:
            lines.append(f"The nearest of {len(others)} other request{'s' if len(others) > 1 else ''}:")
        for entry in near:
            lines += [f"  {entry}", *(f"    - {reason}" for reason in expected.why_not(entry))]
    return "\n".join(lines)


def _why_not_command(wanted: tuple[str, ...], entry: JournalEntry) -> list[str]:
    if entry.command is None:
        if entry.operation == "cli":
            return ["it was refused before its command was read"]
        return ["it is no command"]
    sent = words_of(entry.command)
    is_open = wanted[-1:] == (ANY_WORDS,)
    fixed = wanted[:-1] if is_open else wanted
    reasons = [
        f"word {number} is {got!r}, not {want!r}"
        for number, (got, want) in enumerate(zip(sent, fixed, strict=False), start=1)
        if got != want
    ]
    if len(sent) < len(fixed):
        reasons.append(f"{_line(fixed[len(sent) :])!r} is missing at its end")
    elif len(sent) > len(fixed) and not is_open:
        rest = _line(sent[len(fixed) :])
        reasons.append(f"it goes on with {rest!r}; end the expected command in {ANY_WORDS!r} if it may")
    return reasons


def _line(words: Sequence[str]) -> str:
    return shlex.join(words)
