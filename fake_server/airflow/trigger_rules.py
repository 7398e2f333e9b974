"""When a task may run, by the states of the tasks directly above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_DONE = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass(frozen=True)
class _Upstream:
    """How the tasks above a task stand."""

    success: int
    failed: int
    upstream_failed: int
    skipped: int
    done: int
    total: int

    @property
    def unsuccessful(self) -> int:
        return self.failed + self.upstream_failed

    @property
    def finished(self) -> bool:
        return self.done == self.total


def _all_success(up: _Upstream) -> str:
    if up.unsuccessful:
        return "upstream_failed"
    if up.skipped:
        return "skipped"
    return "run" if up.success == up.total else "wait"


def _all_failed(up: _Upstream) -> str:
    if up.success or up.skipped:
        return "skipped"
    return "run" if up.unsuccessful == up.total else "wait"


def _all_skipped(up: _Upstream) -> str:
    if up.success or up.unsuccessful:
        return "skipped"
    return "run" if up.skipped == up.total else "wait"


def _all_done(up: _Upstream) -> str:
    return "run" if up.finished else "wait"


def _one_success(up: _Upstream) -> str:
    if up.success:
        return "run"
    if not up.finished:
        return "wait"
    return "skipped" if up.skipped == up.total else "upstream_failed"


def _one_failed(up: _Upstream) -> str:
    if up.unsuccessful:
        return "run"
    return "skipped" if up.finished else "wait"


def _one_done(up: _Upstream) -> str:
    # Airflow does not count what is upstream_failed as done here.
    if up.success or up.failed:
        return "run"
    return "skipped" if up.finished else "wait"


def _none_failed(up: _Upstream) -> str:
    if up.unsuccessful:
        return "upstream_failed"
    return "run" if up.finished else "wait"


def _none_failed_min_one_success(up: _Upstream) -> str:
    if up.unsuccessful:
        return "upstream_failed"
    if not up.finished:
        return "wait"
    return "run" if up.success else "skipped"


def _none_skipped(up: _Upstream) -> str:
    if up.skipped:
        return "skipped"
    return "run" if up.finished else "wait"


def _always(_: _Upstream) -> str:
    return "run"


_RULES: dict[str, Callable[[_Upstream], str]] = {
    "all_success": _all_success,
    "all_failed": _all_failed,
    "all_done": _all_done,
    "all_skipped": _all_skipped,
    "one_success": _one_success,
    "one_failed": _one_failed,
    "one_done": _one_done,
    "none_failed": _none_failed,
    "none_failed_min_one_success": _none_failed_min_one_success,
    "none_skipped": _none_skipped,
    "always": _always,
}
TRIGGER_RULES = tuple(_RULES)


def verdict(rule: str, upstream: Sequence[str | None]) -> str:
    """``run``, ``wait``, ``skipped`` or ``upstream_failed`` for a task with ``rule`` below tasks in these states."""
    if not upstream:
        return "run"
    return _RULES[rule](
        _Upstream(
            success=upstream.count("success"),
            failed=upstream.count("failed"),
            upstream_failed=upstream.count("upstream_failed"),
            skipped=upstream.count("skipped"),
            done=sum(state in _DONE for state in upstream),
            total=len(upstream),
        )
    )
