"""The text of DAG files, and parsing them anew."""

from __future__ import annotations

import json

from fake_server.airflow.file_tokens import file_of
from fake_server.web.v1.call import Answer, Call
from fake_server.web.v1.problems import NotFound, PermissionDenied

_HTML = "text/html; charset=utf-8"


def get_dag_source(call: Call) -> Answer:
    """The text of a file, if the user may read every DAG in it."""
    path = file_of(call.path["file_token"])
    dags = [dag for dag in call.airflow.dags.values() if dag.fileloc == path]
    if not all(call.may("can_read", dag.dag_id) for dag in dags):
        raise PermissionDenied
    if not dags:
        raise NotFound("Dag source not found")
    accepted = call.request.accept_mimetypes.best_match(("text/plain", "application/json"))
    if accepted == "text/plain":
        return Answer(dags[0].source, content_type="text/plain")
    if accepted == "application/json":
        return Answer(json.dumps({"content": dags[0].source}), content_type="application/json")
    return Answer("Not Allowed Accept Header", 406, _HTML)


def reparse_dag_file(call: Call) -> Answer:
    """Ask for a file to be parsed soon; asking again before that happened is noticed."""
    path = file_of(call.path["file_token"])
    dags = [dag for dag in call.airflow.dags.values() if dag.fileloc == path]
    if path is None or not dags:
        raise NotFound("File not found")
    if not all(call.may("can_edit", dag.dag_id) for dag in dags):
        raise PermissionDenied
    requested = call.airflow.request_parsing(path)
    return Answer("" if requested else "Duplicate request", 201, _HTML)
