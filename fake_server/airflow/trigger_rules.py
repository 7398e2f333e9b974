"""When a task may run, by the states of the tasks directly above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fake_server.airflow.states import FINISHED_TASK_STATES


@dataclass(frozen=True)
class Upstream:
    """How many of the task instances above a task are in which state."""

    success: int
    skipped: int
    failed: int
    upstream_failed: int
    removed: int
    done: int
    total: int

    @property
    def unsuccessful(self) -> int:
        """Those that failed, or that never ran because something above them failed."""
        return self.failed + self.upstream_failed

    @property
    def finished(self) -> bool:
        """Whether nothing above has still to end."""
        return self.done == self.total

    def __str__(self) -> str:
        """As Airflow's reasons show it."""
        counts = ("success", "skipped", "failed", "upstream_failed", "removed", "done")
        shown = ", ".join(f"{name}={getattr(self, name)}" for name in counts)
        return f"_UpstreamTIStates({shown}, success_setup=0, skipped_setup=0)"


def upstream_of(states: Iterable[str | None]) -> Upstream:
    """Counts the states of the task instances above a task."""
    known = list(states)
    return Upstream(
        success=known.count("success"),
        skipped=known.count("skipped"),
        failed=known.count("failed"),
        upstream_failed=known.count("upstream_failed"),
        removed=known.count("removed"),
        done=sum(state in FINISHED_TASK_STATES for state in known),
        total=len(known),
    )


def _all_success(up: Upstream) -> str:
    if up.unsuccessful:
        return "upstream_failed"
    if up.skipped:
        return "skipped"
    return "run" if up.success == up.total else "wait"


def _all_failed(up: Upstream) -> str:
    if up.success or up.skipped:
        return "skipped"
    return "run" if up.unsuccessful == up.total else "wait"


def _all_skipped(up: Upstream) -> str:
    if up.success or up.unsuccessful:
        return "skipped"
    return "run" if up.skipped == up.total else "wait"


def _all_done(up: Upstream) -> str:
    return "run" if up.finished else "wait"


def _one_success(up: Upstream) -> str:
    if up.success:
        return "run"
    if not up.finished:
        return "wait"
    return "skipped" if up.skipped == up.total else "upstream_failed"


def _one_failed(up: Upstream) -> str:
    if up.unsuccessful:
        return "run"
    return "skipped" if up.finished else "wait"


def _one_done(up: Upstream) -> str:
    # Airflow does not count what is upstream_failed as done here.
    if up.success or up.failed:
        return "run"
    return "skipped" if up.finished else "wait"


def _none_failed(up: Upstream) -> str:
    if up.unsuccessful:
        return "upstream_failed"
    return "run" if up.success + up.skipped == up.total else "wait"


def _none_failed_min_one_success(up: Upstream) -> str:
    if up.unsuccessful:
        return "upstream_failed"
    if up.skipped == up.total:
        return "skipped"
    return "run" if up.success + up.skipped == up.total else "wait"


def _none_skipped(up: Upstream) -> str:
    if up.skipped:
        return "skipped"
    return "run" if up.finished else "wait"


def _always(_: Upstream) -> str:
    return "run"


_RULES: dict[str, Callable[[Upstream], str]] = {
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
    # The older name of none_failed_min_one_success.
    "none_failed_or_skipped": _none_failed_min_one_success,
}
TRIGGER_RULES = tuple(_RULES)

#: What each rule requires, and what Airflow found instead. ``always`` requires nothing.
_REQUIREMENTS: dict[str, tuple[str, Callable[[Upstream], str]]] = {
    "all_success": (
        "all upstream tasks to have succeeded, but",
        lambda up: f"found {up.total - up.success} non-success(es).",
    ),
    "all_failed": (
        "all upstream tasks to have failed, but",
        lambda up: f"found {up.total - up.unsuccessful} non-failure(s).",
    ),
    "all_done": (
        "all upstream tasks to have completed, but",
        lambda up: f"found {up.total - up.done} task(s) that were not done.",
    ),
    "all_skipped": (
        "all upstream tasks to have been skipped, but",
        lambda up: f"found {up.total - up.skipped} task(s) in non skipped state.",
    ),
    "one_success": ("one upstream task success, but", lambda _: "none were found."),
    "one_failed": ("one upstream task failure, but", lambda _: "none were found."),
    "one_done": ("at least one upstream task failure or success but", lambda _: "none were failed or success."),
    "none_failed": (
        "all upstream tasks to have succeeded or been skipped, but",
        lambda up: f"found {up.total - up.success - up.skipped} non-success(es).",
    ),
    "none_skipped": (
        "all upstream tasks to not have been skipped, but",
        lambda up: f"found {up.skipped} task(s) skipped.",
    ),
}
_REQUIREMENTS["none_failed_min_one_success"] = _REQUIREMENTS["none_failed"]
_REQUIREMENTS["none_failed_or_skipped"] = _REQUIREMENTS["none_failed"]


def verdict(rule: str, states: Sequence[str | None]) -> str:
    """``run``, ``wait``, ``skipped`` or ``upstream_failed`` for a task with ``rule`` below tasks in these states."""
    return _RULES[rule](upstream_of(states)) if states else "run"


def unmet(rule: str, upstream: Upstream, task_ids: Sequence[str]) -> str | None:
    """Why ``rule`` does not let a task below ``task_ids`` run yet, in Airflow's words; None when it does."""
    if _RULES[rule](upstream) == "run":
        return None
    required, found = _REQUIREMENTS[rule]
    ids = "{" + ", ".join(map(repr, task_ids)) + "}"
    return (
        f"Task's trigger rule '{rule}' requires {required} {found(upstream)} "
        f"upstream_states={upstream}, upstream_task_ids={ids}"
    )
