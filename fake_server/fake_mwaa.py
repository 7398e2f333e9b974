"""``FakeMWAA``: one running environment, and the handle that a test has on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID

from fake_server import boto3_clients
from fake_server.airflow.dags import DAG
from fake_server.airflow.loading import load_seed, load_seed_file
from fake_server.aws.environments import is_web_server_host
from fake_server.aws.exceptions import ValidationException
from fake_server.aws.models import mwaa_backends
from fake_server.clock import Clock
from fake_server.complaints import complaints_of
from fake_server.environment_contents import EnvironmentContents
from fake_server.mocked_aws import in_reach, mocked_aws, region_in_force
from fake_server.options import EnvironmentOptions
from fake_server.settings import DEFAULT_ENVIRONMENT, SettingError, checked_settings
from fake_server.versions import DEFAULT_VERSION, airflow_version

if TYPE_CHECKING:
    from types import TracebackType

    from responses import RequestsMock
    from typing_extensions import Self

    from fake_server.airflow.deployment import Airflow
    from fake_server.aws.environment import Environment
    from fake_server.dag_files.synchronizing import Changes, DagFolder
    from fake_server.live import LiveServers
    from fake_server.web.auth.kerberos_stand_in import KerberosStandIn


class FakeMWAA(EnvironmentContents):
    """A fake Amazon MWAA environment, from ``start()`` to ``stop()`` or as a context manager.

    In process, boto3 reaches all of moto's services and this environment; ``requests`` reaches every environment's web
    server under its own host name. With ``live=True`` the same is served on loopback sockets too, over HTTPS and HTTP
    on ``port`` (0: any free one), and ``env`` has the variables that other processes and HTTP libraries need; they are
    set in ``os.environ`` meanwhile. Several environments may run side by side, each with its own clock. A ``with``
    block that ends without an exception ends with :meth:`finish`.

    The other arguments are the settings of :mod:`fake_server.settings`; those left out have the defaults named there.
    ``account_id`` is the AWS account that the environment is in, moto's own unless given.

    :raises SettingError: for a value that a setting cannot have, or two that exclude each other.
    """

    def __init__(
        self,
        environment: str = DEFAULT_ENVIRONMENT,
        *,
        airflow_version: str = DEFAULT_VERSION,
        auth_backends: Iterable[str] | str | None = None,
        config: Mapping[str, Any] | None = None,
        dags: Iterable[str | DAG | Path] | Path = (),
        dag_parser: str = "text",
        missing_modules: str = "ignore",
        strict_resources: bool | str = False,
        seed: str | Path | Mapping[str, Any] | None = None,
        region: str | None = None,
        hostname: str = "localhost",
        role: str = "Admin",
        scheduler: bool | str = True,
        cli_unsupported: str = "refuse",
        kerberos: str = "gssapi",
        log_lines: bool | str = True,
        assume: Mapping[str, Any] | None = None,
        account_id: str = DEFAULT_ACCOUNT_ID,
        live: bool = False,
        port: int = 0,
        tls: bool = True,
    ) -> None:
        given = {
            "environment": environment, "airflow_version": airflow_version, "auth_backends": auth_backends,
            "config": config, "dags": dags, "dag_parser": dag_parser, "missing_modules": missing_modules,
            "strict_resources": strict_resources, "seed": seed, "region": region, "hostname": hostname, "role": role,
            "scheduler": scheduler, "cli_unsupported": cli_unsupported, "kerberos": kerberos, "log_lines": log_lines,
            "assume": assume,
        }  # fmt: skip
        settings = checked_settings({name: value for name, value in given.items() if value is not None})
        self._name: str = settings["environment"]
        self._dags: tuple[str | DAG | Path, ...] = settings["dags"]
        self._seed: Path | Mapping[str, Any] | None = settings.get("seed")
        self._given_region: str | None = settings.get("region")
        self._account_id = account_id
        self._members = {
            "AirflowVersion": settings["airflow_version"],
            "AirflowConfigurationOptions": _configuration_options(settings),
        }
        assumed = settings.get("assume", {})
        if not tls:
            # Without TLS no client would return a cookie that is for secure connections only.
            assumed = {"session_cookie_secure": False, **assumed}
        self._options = EnvironmentOptions(
            role=settings["role"],
            scheduler=settings["scheduler"],
            cli_unsupported=settings["cli_unsupported"],
            kerberos=settings["kerberos"],
            log_lines=settings["log_lines"],
            dag_parser=settings["dag_parser"],
            missing_modules=settings["missing_modules"],
            strict_resources=settings["strict_resources"],
            assumptions=assumed,
        )
        self.is_live = live
        self._port = port
        self._tls = tls
        self._has_aws_hostname = live and settings["hostname"] == "aws"
        self._environment: Environment | None = None
        self._live: LiveServers | None = None
        self._running: ExitStack | None = None
        self._clients: dict[str, Any] = {}

    def __repr__(self) -> str:
        state = f"at {self.url}" if self._running is not None else "not running"
        return f"<FakeMWAA {self._name} (Airflow {self._members['AirflowVersion']}) {state}>"

    # Life

    def start(self) -> None:
        """Bring the environment up; it is AVAILABLE when this returns.

        :raises SettingError: when there is one of that name already, or the settings do not go together.
        :raises SeedError: when the seed has a mistake.
        :raises DagFolderError: when the DAG folder cannot be read.
        :raises OSError: when the port is taken.
        :raises RuntimeError: when it is running already.
        """
        if self._running is not None:
            raise RuntimeError(f"{self!r} is running already.")
        with ExitStack() as stack:
            stack.enter_context(mocked_aws(self._given_region))
            self._environment = self._create(stack)
            if not is_web_server_host(self._environment.hostname):
                stack.enter_context(in_reach(self._environment.hostname))
            self._follow_dag_folders()
            self.populate()
            if self.is_live:
                self._live = stack.enter_context(self._servers())
            self._running = stack.pop_all()

    def stop(self) -> None:
        """Take everything back; stopping twice is harmless. Journal and deployment can still be looked at."""
        if self._running is not None:
            running, self._running = self._running, None
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            running.close()

    def finish(self) -> None:
        """Stop, and say what the test shall fail for, if there is something.

        :raises AssertionError: for faults that no request met, and for the use of a command that MWAA does not support
            under ``cli_unsupported="fail"``.
        """
        self.stop()
        complaints = complaints_of(self)
        if complaints:
            raise AssertionError("\n".join(complaints))

    def reset(self) -> None:
        """Back to the state just after the start: what tests, clients and the clock have changed is gone."""
        self.environment.reset()
        with self.airflow.session() as airflow:
            self.config.replace(self._members["AirflowConfigurationOptions"])
            airflow.clear()
        self.populate()

    def populate(self) -> None:
        """Put in what the environment holds at the start and after a reset: the DAGs and the seed of the settings."""
        for dag in self._dags:
            if not isinstance(dag, Path):
                self.add_dag(dag)
        if isinstance(self._seed, Path):
            load_seed_file(self.airflow, self._seed)
        elif self._seed is not None:
            load_seed(self.airflow, self._seed)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exception_type is None:
            self.finish()
        else:
            self.stop()

    # What it is

    @property
    def environment(self) -> Environment:
        """The environment itself, as AWS's control plane knows it.

        :raises RuntimeError: when this was never started.
        """
        if self._environment is None:
            raise RuntimeError(f"{self!r}: start() it first, or use it in a `with` statement.")
        return self._environment

    @property
    def name(self) -> str:
        """The environment's name."""
        return self._name

    @property
    def region(self) -> str:
        """The AWS region that it is in."""
        return self.environment.region

    @property
    def hostname(self) -> str:
        """Its WebServerHostname; live, with the port."""
        return self.environment.hostname

    @property
    def url(self) -> str:
        """Where its web server is: ``https://`` and the host name."""
        return f"{'https' if self._tls else 'http'}://{self.hostname}"

    @property
    def airflow_version(self) -> str:
        """Its Airflow version."""
        return self.airflow.version.number

    @property
    def env(self) -> dict[str, str]:
        """The environment variables with which other processes reach it. Live only.

        :raises RuntimeError: when it is not live.
        """
        if self._live is None:
            raise RuntimeError(
                f"{self!r} runs in process only, where no other process can reach it. Use FakeMWAA(live=True), the "
                "fixture mwaa_live, or --mwaa-target=live."
            )
        return dict(self._live.env)

    @property
    def endpoint_url(self) -> str:
        """Where AWS's control plane is, for ``endpoint_url=`` and ``--endpoint-url``. Live only.

        :raises RuntimeError: when it is not live.
        """
        return self.env["AWS_ENDPOINT_URL"]

    @property
    def kerberos(self) -> KerberosStandIn:
        """The stand-in for Kerberos: ``session.auth = mwaa.kerberos.ticket("alice@EXAMPLE.COM")``.

        :raises RuntimeError: when the environment has the real Kerberos, whose tickets come from a KDC.
        """
        if self._options.kerberos != "stand-in":
            raise RuntimeError(
                f"{self!r} has the real Kerberos, whose tickets come from a KDC. For tickets without one make it with "
                "kerberos='stand-in'."
            )
        return self.environment.web_server.kerberos

    def client(self, service: str = "mwaa", **arguments: Any) -> Any:
        """``boto3.client(service, **arguments)``, in the environment's region and, live, with its endpoint.

        Clients without further arguments are made once.
        """
        self._require_running()
        if arguments or service not in self._clients:
            endpoint = {"endpoint_url": self.endpoint_url} if self.is_live else {}
            client = boto3_clients.make(service, **{"region_name": self.region, **endpoint, **arguments})
            if arguments:
                return client
            self._clients[service] = client
        return self._clients[service]

    def let_through(self, requests_mock: RequestsMock) -> None:
        """Let ``requests`` reach it although a mock of the test's own, of the library ``responses``, is active.

        ``requests_mock`` is a ``responses.RequestsMock``, started after the environment, or the module ``responses``
        where that has been activated. In process it answers for the environment from now on; its ``add_passthru()``
        would lead to the real network instead.
        """
        self._require_running()
        if self.is_live:
            requests_mock.add_passthru(self.url)
        else:
            binding = in_reach(self.hostname, requests_mock)
            binding.bind()
            assert self._running is not None
            self._running.callback(binding.unbind)

    def _require_running(self) -> None:
        if self._running is None:
            raise RuntimeError(f"{self!r}: start() it first, or use it in a `with` statement.")

    def _follow_dag_folders(self) -> None:
        for path in self._dags:
            if isinstance(path, Path):
                from fake_server.dag_files.parsers import folder_of
                from fake_server.dag_files.sources import Directory

                options = self._options
                folder = folder_of(
                    Directory(path), dag_parser=options.dag_parser, missing_modules=options.missing_modules
                )
                self.airflow.before_sessions(partial(self._look_at_files, folder))
                # A first look, so that what is wrong with the folder shows here.
                with self.airflow.session():
                    pass

    def _look_at_files(self, folder: DagFolder, airflow: Airflow) -> None:
        self.dag_files_read(folder, folder.sync(airflow))

    def dag_files_read(self, folder: DagFolder, changes: Changes) -> None:
        """Called at every look at a DAG folder, with what had changed there."""

    def _servers(self) -> LiveServers:
        from fake_server.live import LiveServers

        return LiveServers(
            self.environment,
            reset=self._reset_of,
            port=self._port,
            tls=self._tls,
            aws_hostnames=self._has_aws_hostname,
        )

    def _reset_of(self, environment: Environment) -> None:
        """What the control endpoint ``reset`` of an environment does."""
        if environment is self.environment:
            self.reset()
        else:
            environment.reset()

    def _create(self, stack: ExitStack) -> Environment:
        region = region_in_force(self._given_region)
        try:
            backend = mwaa_backends[self._account_id][region]
        except KeyError:
            offered = ", ".join(sorted(mwaa_backends[self._account_id].regions))
            raise SettingError(
                f"region: there is no MWAA in {region!r}; boto3 and moto know it in {offered}."
            ) from None
        try:
            environment = backend.create_environment(self._name, self._members, clock=Clock(), options=self._options)
        except ValidationException as error:
            raise SettingError(f"{self._name} in {region}: {error.message}") from None
        stack.callback(backend.environments.pop, self._name, None)
        if self._options.strict_resources and backend.options is None:
            # For the environments that tests make; this one has resources of names that could be real.
            backend.options = self._options
            stack.callback(setattr, backend, "options", None)
        return environment


def _configuration_options(settings: Mapping[str, Any]) -> dict[str, str]:
    """The AirflowConfigurationOptions that the settings make, API auth backends included."""
    options: dict[str, str] = dict(settings.get("config", {}))
    if "auth_backends" in settings:
        key = f"api.{airflow_version(settings['airflow_version']).auth_backends_option}"
        if key in options:
            raise SettingError(f"auth_backends: config has {key!r} too; give one of the two.")
        options[key] = ",".join(settings["auth_backends"])
    return options
