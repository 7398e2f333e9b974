"""The states of runs and of task instances, and how Airflow groups them."""

from __future__ import annotations

RUN_STATES = ("queued", "running", "success", "failed")
UNFINISHED_RUN_STATES = ("queued", "running")

FINISHED_TASK_STATES = ("success", "failed", "skipped", "upstream_failed", "removed")
#: Every state a task instance may have beside None, which is "nothing happened yet".
TASK_STATES = (
    "success", "running", "failed", "upstream_failed", "skipped", "up_for_retry", "up_for_reschedule", "queued",
    "scheduled", "deferred", "removed", "restarting",
)  # fmt: skip
#: What somebody may set by hand.
SETTABLE_RUN_STATES = ("success", "failed", "queued")
SETTABLE_TASK_STATES = ("success", "failed", "skipped")
#: A worker has the task: setting its run to failed makes it failed, while what waits becomes skipped.
WORKED_ON_TASK_STATES = ("running", "deferred", "up_for_reschedule")
FAILED_TASK_STATES = ("failed", "upstream_failed")
