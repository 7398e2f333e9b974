"""One MWAA environment: its settings and status, and the Airflow and web server that it owns."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from fake_server.airflow.deployment import Airflow
from fake_server.airflow.errors import ConfigurationError
from fake_server.assumptions import Assumptions
from fake_server.aws.dag_folder import BucketSync
from fake_server.aws.description import describe
from fake_server.aws.exceptions import ValidationException
from fake_server.aws.lifecycle import BUSY, USABLE, WITHOUT_WEB_SERVER, LifeCycle
from fake_server.aws.settings import settings_after_update
from fake_server.clock import Clock
from fake_server.faults import Faults
from fake_server.journal import Journal
from fake_server.options import EnvironmentOptions
from fake_server.tokens import TokenAuthority
from fake_server.versions import airflow_version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fake_server.web.app import WebServer

#: The option that names API auth backends, in both of its spellings.
_AUTH_BACKEND_OPTIONS = ("api.auth_backends", "api.auth_backend")


class Environment:
    """An environment. Call it as the WSGI application that stands behind its host name.

    :raises ConfigurationError: when AirflowConfigurationOptions has something that no Airflow would start with.
    """

    def __init__(
        self,
        *,
        name: str,
        arn: str,
        region: str,
        account_id: str,
        settings: Mapping[str, Any],
        tags: Mapping[str, str],
        clock: Clock,
        options: EnvironmentOptions,
        hostname: str | None = None,
        id: uuid.UUID | None = None,  # noqa: A002 - the attribute's name
    ) -> None:
        self.name = name
        self.arn = arn
        self.region = region
        self.account_id = account_id
        self.settings: dict[str, Any] = dict(settings)
        self.tags: dict[str, str] = dict(tags)
        self.clock = clock
        self.options = options
        self.assumptions = Assumptions(options.assumptions)
        self.journal = Journal()
        self.faults = Faults()
        #: What in its names is nobody's choice. An environment made anew under the same name has another one.
        self.id = id or uuid.uuid4()
        self.tokens = TokenAuthority(f"{arn}#{self.id}", clock, self.assumptions)
        self.airflow = Airflow(
            self.settings["AirflowVersion"],
            clock=clock,
            options=self.settings["AirflowConfigurationOptions"],
            scheduler=options.scheduler,
        )
        self.airflow.before_sessions(BucketSync(lambda: self.settings, options))
        #: Moments of the latest InvokeRestApi calls, for their limit.
        self.rest_api_calls: deque[float] = deque()
        self.created_at = clock.now()
        self.last_update: dict[str, Any] = {"CreatedAt": self.created_at}
        self._hostname = hostname or self._default_hostname()
        self._web_server: WebServer | None = None
        self._pending: dict[str, Any] | None = None
        self._was_updated = False
        # With customer-managed endpoints the environment first waits for its owner to make them.
        self.lifecycle = LifeCycle(clock, "PENDING" if settings["EndpointManagement"] == "CUSTOMER" else "CREATING")
        problem = self._problem_of(self.airflow)
        if problem is not None:
            self.fail("INCORRECT_CONFIGURATION", str(problem))

    def __repr__(self) -> str:
        return f"<Environment {self.name} in {self.region} ({self.lifecycle!r})>"

    # In a state file

    def memory(self) -> dict[str, Any]:
        """What it is besides its deployment, for :meth:`remembered`; tokens and sessions end with the process."""
        return {
            "id": self.id.hex,
            "name": self.name,
            "arn": self.arn,
            "region": self.region,
            "account_id": self.account_id,
            "settings": self.settings,
            "tags": self.tags,
            "clock": self.clock,
            "created_at": self.created_at,
            "last_update": self.last_update,
            "pending": self._pending,
            "was_updated": self._was_updated,
            "lifecycle": self.lifecycle.memory(),
        }

    @classmethod
    def remembered(cls, memory: Mapping[str, Any], options: EnvironmentOptions) -> Environment:
        """The environment that :meth:`memory` is of, with a deployment that is empty yet."""
        environment = cls(
            **{name: memory[name] for name in ("name", "arn", "region", "account_id", "settings", "tags", "clock")},
            options=options,
            id=uuid.UUID(memory["id"]),
        )
        environment.created_at, environment.last_update = memory["created_at"], memory["last_update"]
        environment._pending, environment._was_updated = memory["pending"], memory["was_updated"]
        environment.lifecycle.remember(memory["lifecycle"])
        return environment

    # Web server

    @property
    def hostname(self) -> str:
        """The WebServerHostname that tokens come with. A live server sets it to its own host and port."""
        return self._hostname

    @hostname.setter
    def hostname(self, value: str) -> None:
        self._hostname = value
        if self._web_server is not None:
            self._web_server.hostname = value

    @property
    def web_server(self) -> WebServer:
        """The web server, made when first needed."""
        if self._web_server is None:
            from fake_server.web.app import WebServer

            self._web_server = WebServer(
                environment_name=self.name,
                hostname=self._hostname,
                airflow=self.airflow,
                tokens=self.tokens,
                assumptions=self.assumptions,
                journal=self.journal,
                faults=self.faults,
                options=self.options,
            )
        return self._web_server

    @property
    def failures(self) -> list[str]:
        """What went wrong in a way that the test itself shall fail for, not only the request."""
        return self._web_server.failures if self._web_server is not None else []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.status in WITHOUT_WEB_SERVER:
            # As the load balancer in front of it answers (AWS user guide, troubleshooting).
            answer = Response("Bad Gateway\n", 502, content_type="text/plain; charset=utf-8")
            return answer(environ, start_response)
        return self.web_server(environ, start_response)

    def reset(self) -> None:
        """Forget what has been done with it: an empty deployment of the same settings, which nobody asked anything."""
        self.clock.reset()
        self.journal.clear()
        self.faults.clear()
        self.failures.clear()
        self.assumptions.reset(self.options.assumptions)
        with self.airflow.session() as airflow:
            airflow.clear()

    def _default_hostname(self) -> str:
        private = "-vpce" if self.settings["WebserverAccessMode"] == "PRIVATE_ONLY" else ""
        domain = self.assumptions.text("hostname_domain").format(region=self.region)
        return f"{self.id}{private}.{domain}"

    # Life

    @property
    def status(self) -> str:
        """The status by now, such as ``AVAILABLE``."""
        self.settle()
        return self.lifecycle.status

    @property
    def is_usable(self) -> bool:
        """Whether the web server is up and tokens are to be had."""
        return self.status in USABLE

    @property
    def is_busy(self) -> bool:
        """Whether a change is under way."""
        return self.status in BUSY

    def settle(self) -> None:
        """Let happen what was due: an update takes effect when its time is over."""
        if self._pending is not None and self.lifecycle.status not in BUSY:
            pending, self._pending = self._pending, None
            self._apply(pending)

    def describe(self) -> dict[str, Any]:
        """The ``Environment`` of GetEnvironment."""
        self.settle()
        return describe(self)

    def update(self, members: Mapping[str, Any], moment: datetime) -> None:
        """Start what UpdateEnvironment asks for; it takes effect when the status is AVAILABLE again.

        :raises ConfigurationError: see the class; nothing has changed then.
        """
        settings = settings_after_update(self.settings, members)
        # Another Airflow of that configuration, to see whether it comes up.
        options = settings["AirflowConfigurationOptions"]
        problem = self._problem_of(Airflow(settings["AirflowVersion"], clock=self.clock, options=options))
        self.last_update = {"CreatedAt": moment}
        if "WorkerReplacementStrategy" in members:
            self.last_update["WorkerReplacementStrategy"] = members["WorkerReplacementStrategy"]
        upgraded = settings["AirflowVersion"] != self.settings["AirflowVersion"]
        self._pending, self._was_updated = settings, True
        self.lifecycle.begin("CREATING_SNAPSHOT" if upgraded else "UPDATING")
        if problem is not None:
            self.fail("INCORRECT_CONFIGURATION", str(problem))

    def fail(self, error_code: str, error_message: str) -> None:
        """Declare the latest creation or update failed, as GetEnvironment then shows it.

        ``error_code`` is such as ``INCORRECT_CONFIGURATION``. A failed update changes nothing: the environment goes on
        as it was. Call it while the update is under way, which takes another transition than the immediate one.

        :raises ValidationException: when the environment is being deleted.
        """
        status = self.lifecycle.status
        if status in {"DELETING", "DELETED"}:
            raise ValidationException(f"Environment {self.name} is in {status} status, so nothing else can fail.")
        self._pending = None
        self.last_update["Error"] = {"ErrorCode": error_code, "ErrorMessage": error_message}
        self.lifecycle.begin("UPDATE_FAILED" if self._was_updated else "CREATE_FAILED")

    def _apply(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        with self.airflow.session() as airflow:
            airflow.version = airflow.config.version = airflow_version(settings["AirflowVersion"])
            airflow.config.update(settings["AirflowConfigurationOptions"])

    def _problem_of(self, airflow: Airflow) -> ConfigurationError | None:
        """What keeps this Airflow's web server from starting; raised at once unless it is assumed to show later."""
        if not any(option in airflow.config.options for option in _AUTH_BACKEND_OPTIONS):
            return None
        from fake_server.web.auth import check_backends

        try:
            check_backends(airflow.config, self.options)
        except ConfigurationError as error:
            if self.assumptions.text("impossible_auth_backends") == "refused":
                raise
            return error
        return None
