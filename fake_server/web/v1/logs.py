"""The logs of task instances."""

from __future__ import annotations

import functools
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from fake_server.airflow.task_logs import SOURCES_END
from fake_server.tokens import session_signing_key
from fake_server.web.v1.call import Answer, Call
from fake_server.web.v1.problems import BadRequest, NotFound


def get_log(call: Call) -> Any:
    """The log of one attempt: as text, or as JSON that holds Python's repr of pairs of host and text."""
    path, query = call.path, call.query
    metadata = _metadata(query["token"])
    run = call.airflow.runs.get(path["dag_id"], path["dag_run_id"])
    map_index = -1 if query["map_index"] is None else query["map_index"]
    instance = run.task_instance(path["task_id"], map_index) if run is not None else None
    if instance is None:
        raise NotFound("TaskInstance not found")
    host, text = call.airflow.task_log(instance, path["task_try_number"])
    if call.request.accept_mimetypes.best_match(("text/plain", "application/json")) == "text/plain":
        return Answer(f"{host}\n{text}\n", content_type="text/plain")
    metadata["end_of_log"] = True
    if path["task_try_number"] > 0 and call.airflow.version.rest_answers.tells_log_position:
        # How far the reader has come in the log itself: the lines that tell where it was found do not count.
        metadata["log_pos"] = len(text.partition(SOURCES_END)[2])
    return {"content": str([(host, text)]), "continuation_token": str(_serializer().dumps(metadata))}


def _metadata(token: str | None) -> dict[str, Any]:
    if not token:
        return {}
    try:
        return dict(_serializer().loads(token))
    except (BadSignature, TypeError, ValueError):
        raise BadRequest(title="Bad Signature. Please use only the tokens provided by the API.") from None


@functools.lru_cache(maxsize=1)
def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(session_signing_key(), salt="log token")
