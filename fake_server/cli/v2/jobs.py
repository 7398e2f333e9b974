"""``airflow jobs check`` and ``airflow dags list-jobs``: which processes work on what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import DagNotFound
from fake_server.cli.failures import CommandFailed, unforeseen
from fake_server.cli.installation import HOSTNAME
from fake_server.cli.invocation import Handler, Invocation


@dataclass(frozen=True)
class Job:
    """One process and how it ended; every attempt of a task that reached a worker was one."""

    job_type: str
    state: str
    dag_id: str | None
    hostname: str
    start_date: datetime
    end_date: datetime | None


def list_jobs(invocation: Invocation) -> None:
    """Show the jobs, those that began last first."""
    arguments, airflow = invocation.arguments, invocation.airflow
    if arguments.dag_id is not None:
        try:
            airflow.get_dag(arguments.dag_id)
        except DagNotFound:
            raise CommandFailed(f"DAG: {arguments.dag_id} does not exist in 'dag' table") from None
    jobs = [
        job
        for job in _task_jobs(airflow)
        if arguments.dag_id in (None, job.dag_id) and arguments.state in (None, job.state)
    ]
    with unforeseen():
        limit = int(arguments.limit) if arguments.limit is not None else None
    invocation.print_rows(
        [
            {
                "dag_id": str(job.dag_id),
                "state": job.state,
                "job_type": job.job_type,
                "start_date": job.start_date,
                "end_date": job.end_date,
            }
            for job in jobs[:limit]
        ]
    )


def check(invocation: Invocation) -> None:
    """Say whether jobs are alive; without a scheduler that moves runs along there are none."""
    arguments, airflow = invocation.arguments, invocation.airflow
    if arguments.allow_multiple and not arguments.limit > 1:
        raise CommandFailed("To use option --allow-multiple, you must set the limit to a value greater than 1.")
    if arguments.hostname and arguments.local:
        raise CommandFailed("You can't use --hostname and --local at the same time")
    hostname = HOSTNAME if arguments.local else arguments.hostname
    alive = [job for job in _task_jobs(airflow) if job.state == "running"]
    alive += _scheduler_jobs(airflow)
    alive = [job for job in alive if arguments.job_type in (None, job.job_type) and hostname in (None, job.hostname)]
    if arguments.limit > 0:
        alive = alive[: arguments.limit]
    if not alive:
        raise CommandFailed("No alive jobs found.")
    if len(alive) > 1 and not arguments.allow_multiple:
        raise CommandFailed(f"Found {len(alive)} alive jobs. Expected only one.")
    invocation.print("Found one alive job." if len(alive) == 1 else f"Found {len(alive)} alive jobs.")


def _task_jobs(airflow: Airflow) -> list[Job]:
    jobs = []
    for run in airflow.runs:
        if not run.has_instances:
            continue
        for instance in run.task_instances.values():
            for attempt in instance.tries:
                if attempt.hostname and attempt.start_date is not None:
                    state = "running" if attempt.state == "running" else "success"
                    jobs.append(
                        Job("LocalTaskJob", state, run.dag_id, attempt.hostname, attempt.start_date, attempt.end_date)
                    )
    return sorted(jobs, key=lambda job: job.start_date, reverse=True)


def _scheduler_jobs(airflow: Airflow) -> list[Job]:
    if not airflow.scheduler.enabled:
        return []
    return [Job("SchedulerJob", "running", None, HOSTNAME, airflow.clock.now(), None)]


HANDLERS: dict[str, Handler] = {"dags list-jobs": list_jobs, "jobs check": check}
