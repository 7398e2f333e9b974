"""Task instances of resting runs as a few bytes.

A task instance takes some 400 bytes as an object and 50 packed, which is what lets a store hold hundreds of thousands
of finished runs. Packing keeps everything or does not happen: an instance with a note or earlier attempts stays an
object.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from fake_server.airflow.dags import DAG
from fake_server.airflow.states import TASK_STATES
from fake_server.airflow.task_instances import TaskInstance

if TYPE_CHECKING:
    from fake_server.airflow.runs import DagRun

#: Place of the task in the DAG, state, try_number, max_tries, map_index, not_chosen, then four dates.
_RECORD = struct.Struct("<Ibiii?qqqq")
_NO_DATE = -(2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_STATES: tuple[str | None, ...] = (None, *TASK_STATES)


def pack(dag: DAG, instances: Mapping[tuple[str, int], TaskInstance]) -> bytes | None:
    """``instances`` of a run of ``dag`` as bytes; None when something would be lost."""
    places = {task_id: place for place, task_id in enumerate(dag.tasks)}
    records = []
    for instance in instances.values():
        if instance.note is not None or instance.history is not None or instance.task_id not in places:
            return None
        records.append(
            _RECORD.pack(
                places[instance.task_id],
                _STATES.index(instance.state),
                instance.try_number,
                instance.max_tries,
                instance.map_index,
                instance.not_chosen,
                _number(instance.scheduled_date),
                _number(instance.queued_date),
                _number(instance.start_date),
                _number(instance.end_date),
            )
        )
    return b"".join(records)


def unpack(run: DagRun, packed: bytes) -> dict[tuple[str, int], TaskInstance]:
    """The task instances of ``run`` that :func:`pack` made bytes of."""
    tasks = list(run.dag.tasks.values())
    result: dict[tuple[str, int], TaskInstance] = {}
    for place, state, try_number, max_tries, map_index, not_chosen, *dates in _RECORD.iter_unpack(packed):
        task = tasks[place]
        scheduled, queued, start, end = map(_date, dates)
        result[task.task_id, map_index] = TaskInstance(
            task=task,
            run=run,
            state=_STATES[state],
            try_number=try_number,
            max_tries=max_tries,
            map_index=map_index,
            scheduled_date=scheduled,
            queued_date=queued,
            start_date=start,
            end_date=end,
            not_chosen=not_chosen,
        )
    return result


def _number(moment: datetime | None) -> int:
    return _NO_DATE if moment is None else (moment - _EPOCH) // _MICROSECOND


def _date(number: int) -> datetime | None:
    return None if number == _NO_DATE else _EPOCH + timedelta(microseconds=number)
