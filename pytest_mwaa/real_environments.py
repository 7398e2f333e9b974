"""Handles on what is real: an Airflow web server, or an MWAA environment of the caller's own AWS account.

They have those members of :class:`fake_server.FakeMWAA` that a real thing can have. A test that uses another one, such
as ``faults``, is skipped with the reason.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import requests
from requests.cookies import RequestsCookieJar

from fake_server.fake_mwaa import FakeMWAA

if TYPE_CHECKING:
    from responses import RequestsMock

_TIMEOUT = 30.0
_HOW_TO = "See docs/reference/settings.md."


class TargetError(Exception):
    """The target of this run cannot be used."""


class RealClock:
    """The wall clock. It cannot be advanced, only waited for, and that only with ``--mwaa-real-time``."""

    def __init__(self, *, real_time: bool) -> None:
        self._real_time = real_time

    def time(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def now(self) -> datetime:
        """The current moment, in UTC."""
        return datetime.now(timezone.utc)

    def advance(self, seconds: float | timedelta) -> None:
        """Wait for so many seconds, or skip the test where the run does not allow waiting."""
        amount = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
        if not self._real_time:
            pytest.skip(f"needs {amount:g} seconds to pass on a real target; --mwaa-real-time=on waits for them.")
        time.sleep(amount)


class RealEnvironment:
    """What both kinds have in common."""

    #: Other processes reach it as they would without this plugin.
    is_live = True
    name: str
    url: str
    airflow_version: str

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.clock = RealClock(real_time=settings.get("real_time", False))

    def __getattr__(self, name: str) -> Any:
        if hasattr(FakeMWAA, name) and not name.startswith("_"):
            pytest.skip(f"needs `{name}` of the fake, which {self!r} does not have.")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def hostname(self) -> str:
        """Host name, and the port if it is not the ordinary one."""
        return self.url.partition("://")[2]

    @property
    def env(self) -> dict[str, str]:
        """Nothing: other processes reach it with the variables that they inherit."""
        return {}

    def client(self, service: str = "mwaa") -> Any:
        """A boto3 client of this environment's account and region."""
        raise NotImplementedError

    def let_through(self, requests_mock: RequestsMock) -> None:
        """Let requests to it pass a mock of the test's own."""
        requests_mock.add_passthru(self.url)

    def log_in(self, session: requests.Session) -> None:
        """Log ``session`` in."""
        raise NotImplementedError

    def _check_version(self) -> None:
        wanted = self.settings.get("airflow_version")
        if wanted is not None and wanted != self.airflow_version:
            raise TargetError(
                f"{self!r} runs Airflow {self.airflow_version}, and --mwaa-airflow-version (or its variable or "
                f"ini option) says {wanted}. Leave that out, or choose another target. {_HOW_TO}"
            )


class RealAirflow(RealEnvironment):
    """A real Airflow web server, without AWS around it: it has the APIs, and neither command line nor tokens.

    :raises TargetError: when it cannot be reached, is no Airflow 2, refuses the user, or is of another version.
    """

    name = "airflow"

    def __init__(self, url: str, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.url = url
        self.airflow_version = self._ask_version()
        self._check_version()
        if not settings.get("username") or "password" not in settings:
            raise TargetError(f"{self!r} needs a user: set MWAA_USERNAME and MWAA_PASSWORD. {_HOW_TO}")
        self.credentials = (str(settings["username"]), str(settings["password"]))
        self._uses_basic_auth = False
        self._cookies: RequestsCookieJar | None = None
        self._check_credentials()

    def __repr__(self) -> str:
        return f"<real Airflow at {self.url}>"

    def client(self, service: str = "mwaa") -> NoReturn:
        """Skip the test: there is no AWS.

        :raises pytest.skip.Exception: always.
        """
        pytest.skip(f"needs AWS's control plane ({service}), which {self!r} does not have.")

    def log_in(self, session: requests.Session) -> None:
        """Log in with the form of the web server; for APIs that take no sessions, with Basic authentication.

        The form is sent once in the run: Airflow limits logins to five in forty seconds.
        """
        if self._cookies is None:
            with requests.Session() as first:
                self._send_form(first)
                self._cookies = first.cookies
        session.cookies.update(self._cookies)
        if self._uses_basic_auth:
            session.auth = self.credentials

    def _send_form(self, session: requests.Session) -> None:
        page = session.get(f"{self.url}/login/", timeout=_TIMEOUT)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        username, password = self.credentials
        form = {"username": username, "password": password, "csrf_token": found[1] if found else ""}
        session.post(f"{self.url}/login/", data=form, timeout=_TIMEOUT, allow_redirects=False)

    def _ask_version(self) -> str:
        try:
            answer = requests.get(f"{self.url}/api/v1/version", timeout=_TIMEOUT)
        except requests.RequestException as error:
            raise TargetError(f"nothing can be reached at {self.url}: {type(error).__name__}. {_HOW_TO}") from None
        try:
            return str(answer.json()["version"])
        except (ValueError, KeyError, TypeError):
            raise TargetError(
                f"{self.url} is no web server of Airflow 2: GET /api/v1/version was answered {answer.status_code}. "
                f"{_HOW_TO}"
            ) from None

    def _check_credentials(self) -> None:
        statuses = {}
        for kind in ("session", "basic_auth"):
            self._uses_basic_auth = kind == "basic_auth"
            with requests.Session() as session:
                self.log_in(session)
                answer = session.get(f"{self.url}/api/v1/dags", params={"limit": "1"}, timeout=_TIMEOUT)
            if answer.ok:
                return
            statuses[kind] = answer.status_code
        raise TargetError(
            f"{self!r} refuses the user {self.credentials[0]!r}: GET /api/v1/dags was answered {statuses['session']} "
            f"after a login, and {statuses['basic_auth']} with Basic authentication. {_HOW_TO}"
        )


class RealMWAA(RealEnvironment):
    """A real MWAA environment, reached with the AWS credentials, profile and region of the caller.

    :raises TargetError: when AWS cannot be reached, has no such environment, refuses the caller, or it is of another
        version.
    """

    def __init__(self, name: str, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.name = name
        description = self._describe()
        if description["Status"] != "AVAILABLE":
            raise TargetError(f"{self!r} is {description['Status']}, not AVAILABLE. {_HOW_TO}")
        self.arn: str = description["Arn"]
        self.options: Mapping[str, str] = description.get("AirflowConfigurationOptions", {})
        self.airflow_version = description["AirflowVersion"]
        # AWS leaves the scheme out.
        self.url = "https://" + str(description["WebserverUrl"]).removeprefix("https://").rstrip("/")
        self._check_version()

    def __repr__(self) -> str:
        return f"<real MWAA environment {self.name}>"

    @property
    def region(self) -> str:
        """The AWS region that it is in."""
        return self.arn.split(":")[3]

    def client(self, service: str = "mwaa") -> Any:
        """A boto3 client with the caller's own credentials."""
        import boto3

        make: Any = boto3.client
        return make(service, region_name=self.settings.get("region"))

    def log_in(self, session: requests.Session) -> None:
        """Log in through the web login, with the role that IAM gives the caller."""
        from pytest_mwaa.clients import log_in_through_web_login

        log_in_through_web_login(session, self)

    def _describe(self) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            description: Mapping[str, Any] = self.client().get_environment(Name=self.name)["Environment"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                raise TargetError(f"{self._missing()} {_HOW_TO}") from None
            raise TargetError(f"AWS refuses to show the environment {self.name!r}: {error}. {_HOW_TO}") from None
        except BotoCoreError as error:
            raise TargetError(f"AWS cannot be asked for the environment {self.name!r}: {error} {_HOW_TO}") from None
        return description

    def _missing(self) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client()
        region = client.meta.region_name
        try:
            names = client.list_environments()["Environments"]
        except (BotoCoreError, ClientError):
            return f"there is no environment {self.name!r} in {region}."
        return f"there is no environment {self.name!r} in {region}. There are: {', '.join(names) or 'none'}."
