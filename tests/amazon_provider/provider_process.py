"""Runs in the Python that has Airflow and its Amazon provider: uses them as ordered, one order a line on stdin.

An order is JSON, ``{"use": name, "arguments": {...}, "variables": {...}}``. ``use`` is ``MwaaHook`` for its method
``invoke_rest_api``, else a class below ``airflow.providers.amazon.aws``: its ``execute`` is called as Airflow's worker
does, and its trigger run as Airflow's triggerer does. ``variables`` are environment variables. What came of an order is
printed as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from airflow.exceptions import TaskDeferred
from airflow.providers.amazon.aws.hooks.mwaa import MwaaHook
from airflow.serialization.serialized_objects import BaseSerialization
from airflow.utils.module_loading import import_string

_PROVIDER = "airflow.providers.amazon.aws"


def use(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the hook returned; or what the operator did, with the trigger that it was deferred to."""
    if name == "MwaaHook":
        return {"returned": MwaaHook().invoke_rest_api(**arguments)}
    operator = import_string(f"{_PROVIDER}.{name}")(task_id="task_under_test", **arguments)
    try:
        return {"returned": operator.execute({})}
    except TaskDeferred as deferred:
        trigger_class, trigger_arguments = deferred.trigger.serialize()
        # Through Airflow's own serialization, as on the way from the worker to the triggerer.
        stored = json.loads(json.dumps(BaseSerialization.serialize(trigger_arguments)))
        trigger = import_string(trigger_class)(**BaseSerialization.deserialize(stored))
        event = asyncio.run(_first_event(trigger))
        resume = getattr(operator, deferred.method_name)
        return {"deferred_to": trigger_class, "event": event, "returned": resume({}, event=event)}


async def _first_event(trigger: Any) -> Any:
    return (await anext(trigger.run())).payload


def main() -> None:
    """Answer orders until there are no more."""
    # The answers have the stream for themselves; what else is printed is told apart.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        order = json.loads(line)
        os.environ.update(order["variables"])
        try:
            answer = use(order["use"], order["arguments"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the test wants to see it
            answer = {"raised": type(error).__name__, "words": str(error)}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
