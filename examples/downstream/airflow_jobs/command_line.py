"""Airflow commands through an environment's ``/aws_mwaa/cli``."""

from __future__ import annotations

import base64
import json
import shlex
from typing import Any

import boto3
import requests


class CommandFailed(Exception):
    """Airflow did not do what it was told; the text is what it said."""


class AirflowCommandLine:
    """Runs Airflow commands in one environment.

    A CLI token is good for any number of commands for a minute. It is used until the web server refuses it.
    """

    def __init__(self, environment: str) -> None:
        self._environment = environment
        self._mwaa = boto3.client("mwaa")
        self._session = requests.Session()
        self._token: dict[str, str] | None = None

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> None:
        """Start a run of a DAG."""
        self.run("dags", "trigger", dag_id, "-c", json.dumps(conf or {}))

    def variable(self, key: str) -> str:
        """The value of a variable."""
        # MWAA's loggers write to stdout as well, before the value.
        return self.run("variables", "get", key).rstrip("\n").rpartition("\n")[2]

    def run(self, *words: str) -> str:
        """Run a command; what it wrote to stdout.

        :raises CommandFailed: when it wrote to stderr only, which is how a failure looks: the status is 200 even so.
        """
        response = self._post(shlex.join(words))
        if response.status_code in (401, 403):
            self._token = None
            response = self._post(shlex.join(words))
        response.raise_for_status()
        stdout, stderr = (base64.b64decode(response.json()[stream]).decode() for stream in ("stdout", "stderr"))
        if stderr and "Traceback" in stderr:
            raise CommandFailed(stderr.strip().rpartition("\n")[2])
        return stdout

    def _post(self, command: str) -> requests.Response:
        if self._token is None:
            self._token = self._mwaa.create_cli_token(Name=self._environment)
        return self._session.post(
            f"https://{self._token['WebServerHostname']}/aws_mwaa/cli",
            data=command,
            headers={"Authorization": f"Bearer {self._token['CliToken']}", "Content-Type": "text/plain"},
            timeout=30,
        )
