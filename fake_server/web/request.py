"""A request to the web server, with what becomes known of it on its way."""

from __future__ import annotations

from werkzeug.wrappers import Request


class WebRequest(Request):
    """A request, and what the journal shall say about it; each room fills in what it finds out."""

    #: The Airflow user who asked, once somebody vouched for them.
    principal: str | None = None
    #: The operation that the path and method stand for, such as ``post_dag_run``.
    operation: str | None = None
    #: The decoded command line, at /aws_mwaa/cli.
    command: str | None = None
    #: Why the request was refused, in words; never with the credential itself.
    refusal: str | None = None
