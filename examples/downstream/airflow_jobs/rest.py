"""Airflow's REST API behind MWAA's web login."""

from __future__ import annotations

from typing import Any

import boto3
import requests


class RestError(Exception):
    """Airflow refused a request; the text is its own."""


class AirflowRest:
    """Calls ``/api/v1`` of one environment, logged in with a web login token.

    A login is good for 12 hours; when it has ended, it is made anew.
    """

    def __init__(self, environment: str) -> None:
        self._environment = environment
        self._mwaa = boto3.client("mwaa")
        self._session = requests.Session()
        self._url: str | None = None

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run of a DAG; its id."""
        run: dict[str, Any] = self._call("POST", f"/dags/{dag_id}/dagRuns", json={"conf": conf or {}})
        return str(run["dag_run_id"])

    def state(self, dag_id: str, run_id: str) -> str:
        """How a run is getting on: queued, running, success or failed."""
        return str(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def paused_dags(self) -> list[str]:
        """The DAGs that wait to be unpaused."""
        return [dag["dag_id"] for dag in self._call("GET", "/dags", params={"paused": "true"})["dags"]]

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        response = self._request(method, path, **arguments)
        if response.status_code in (401, 403):
            self._url = None
            response = self._request(method, path, **arguments)
        if not response.ok:
            raise RestError(response.json().get("detail") or response.json()["title"])
        return response.json()

    def _request(self, method: str, path: str, **arguments: Any) -> requests.Response:
        if self._url is None:
            self._url = self._log_in()
        return self._session.request(method, f"{self._url}/api/v1{path}", timeout=30, **arguments)

    def _log_in(self) -> str:
        token = self._mwaa.create_web_login_token(Name=self._environment)
        url = f"https://{token['WebServerHostname']}"
        self._session.cookies.clear()
        answer = self._session.post(f"{url}/aws_mwaa/login", data={"token": token["WebToken"]}, timeout=30)
        answer.raise_for_status()
        return url
