"""What ``fake-mwaa`` serves: environments that are live, kept in a state file where that is wanted, and talk of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_server.aws.models import mwaa_backends
from fake_server.dag_files.sources import DagFolderError
from fake_server.fake_mwaa import FakeMWAA
from fake_server.mocked_aws import mocked_aws, region_in_force
from fake_server.options import EnvironmentOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fake_server.aws.environment import Environment
    from fake_server.dag_files.synchronizing import Changes, DagFolder
    from fake_server.live import LiveServers
    from fake_server.request_log import RequestLog
    from fake_server.state.keeper import Keeper

#: Who can log in with a password, whatever the seed adds.
ADMIN = "admin"
#: Seconds between two looks at the DAG folder while nobody asks for anything.
LOOK_SECONDS = 1.0


class ServedMWAA(FakeMWAA):
    """An environment of ``fake-mwaa``. The one that is live serves all the others of this process too.

    ``keeper`` keeps them in a state file; what it has of this one already is gone on with, and takes precedence over
    the settings. ``notes`` then says which of them have no effect. ``siblings`` are the others with settings.
    """

    def __init__(
        self,
        environment: str,
        *,
        keeper: Keeper | None = None,
        log: RequestLog | None = None,
        siblings: Sequence[ServedMWAA] = (),
        **settings: Any,
    ) -> None:
        super().__init__(environment, **settings)
        self.notes: list[str] = []
        self._keeper = keeper
        self._log = log
        self._siblings = siblings
        self._settings = settings
        self._is_restored = False

    @property
    def options(self) -> EnvironmentOptions:
        """How this process treats it."""
        return self._options

    @property
    def place(self) -> tuple[str, str, str]:
        """Its account, region and name."""
        return self._account_id, region_in_force(self._given_region), self._name

    def populate(self) -> None:
        """Put in what belongs there: all of it in the beginning, and the DAGs alone when it is only gone on with."""
        if self._is_restored:
            self._is_restored = False
            for dag in self._dags:
                if not isinstance(dag, Path):
                    self.add_dag(dag)
            return
        super().populate()
        if self.airflow.security.find_user(ADMIN) is None:
            self.add_user(ADMIN, ADMIN)

    def dag_files_read(self, folder: DagFolder, changes: Changes) -> None:
        if self._log is None:
            return
        for path in changes.files_read:
            change, error = "new" if path in changes.files_new else "changed", changes.error_of(path)
            # What is there at the start is no news, unless it is broken.
            if self._running is not None or error is not None:
                self._log.tell_dag_file(path, change, dags=changes.dag_ids[path], error=error)
        for path in changes.files_gone:
            self._log.tell_dag_file(path, "removed")

    def follows_files(self) -> bool:
        """Whether it has a DAG folder that has to be looked after."""
        return any(isinstance(dag, Path) for dag in self._dags)

    def serve_others(self) -> None:
        """Give a port to every environment that has none."""
        if self._live is not None:
            self._live.serve_new_environments()

    def _create(self, stack: ExitStack) -> Environment:
        account_id, region, name = self.place
        # Of an AWS that has just begun, these are the ones of the state file.
        environments = mwaa_backends[account_id][region].environments if self._keeper is not None else {}
        kept = environments.get(name)
        environment = kept or super()._create(stack)
        if kept is not None:
            self._is_restored = True
            self.notes = _without_effect(kept, self._settings, self._members)
            stack.callback(environments.pop, name, None)
        if self._keeper is not None:
            # Before the environment is taken down, which is nothing to be kept, and after the servers have stopped.
            stack.callback(self._keeper.close)
        return environment

    def _servers(self) -> LiveServers:
        from fake_server.live import LiveServers

        return LiveServers(
            self.environment, reset=self._reset_of, port=self._port, tls=self._tls, middleware=self._around
        )

    def _around(self, application: WSGIApplication) -> WSGIApplication:
        if self._keeper is not None:
            application = _kept(application, self._keeper.write)
        return self._log.around(application) if self._log is not None else application

    def _reset_of(self, environment: Environment) -> None:
        for mwaa in self._siblings:
            if mwaa.environment is environment:
                mwaa.reset()
                return
        super()._reset_of(environment)


def _kept(application: WSGIApplication, write: Callable[[], None]) -> WSGIApplication:
    """``application``, whose answers leave when what led to them has been written."""

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        finally:
            write()

    return respond


def _without_effect(kept: Environment, settings: Mapping[str, Any], members: Mapping[str, Any]) -> list[str]:
    """The settings that say something else than the state file, in sentences."""
    found = []
    if "airflow_version" in settings and settings["airflow_version"] != kept.settings["AirflowVersion"]:
        found.append(f"airflow-version {settings['airflow_version']} (it has {kept.settings['AirflowVersion']})")
    options = kept.settings["AirflowConfigurationOptions"]
    for key, value in members["AirflowConfigurationOptions"].items():
        if options.get(key) != value:
            found.append(f"{key}={value} (it has {options.get(key, 'no such option')})")
    if "seed" in settings:
        found.append("the seed, which it was made with or can be given through /_fake/seed")
    if not found:
        return []
    return [f"environment {kept.name} is as the state file has it, so this has no effect: {'; '.join(found)}."]


@contextlib.contextmanager
def _keeper(state: Path) -> Iterator[Keeper]:
    # SQLite is imported for this only.
    from fake_server.state.keeper import Keeper

    keeper = Keeper(state)
    try:
        yield keeper
    finally:
        keeper.close()


def _restore(keeper: Keeper, served: Sequence[ServedMWAA]) -> None:
    """Have the environments of the state file; those that are not served by name are treated as if made by a client."""
    options = {mwaa.place: mwaa.options for mwaa in served}

    def options_of(memory: Mapping[str, Any]) -> EnvironmentOptions:
        return options.get((memory["account_id"], memory["region"], memory["name"]), EnvironmentOptions())

    keeper.restore(options_of)


@contextlib.contextmanager
def _looking_after(served: Sequence[ServedMWAA], keeper: Keeper | None, log: RequestLog | None) -> Iterator[None]:
    """Look at the DAG folders of these environments now and then, so that changes show without a request."""
    stopped = threading.Event()

    def look() -> None:
        problem = ""
        while not stopped.wait(LOOK_SECONDS):
            before, problem = problem, _problem_at_a_look(served, keeper)
            if problem and problem != before and log is not None:
                log.tell_problem(problem)

    thread = threading.Thread(target=look, name="DAG folder", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _problem_at_a_look(served: Sequence[ServedMWAA], keeper: Keeper | None) -> str:
    try:
        for mwaa in served:
            with mwaa.airflow.session():
                pass
        if keeper is not None:
            keeper.write()
    except (DagFolderError, ValueError) as error:
        return str(error)
    return ""


@contextlib.contextmanager
def serve(
    names: Sequence[str],
    settings: Mapping[str, Any],
    *,
    port: int = 0,
    tls: bool = True,
    state: Path | None = None,
    log: RequestLog | None = None,
) -> Iterator[list[ServedMWAA]]:
    """Environments of these names with the same settings, live while the context lasts; the first listens on ``port``.

    :raises ValueError: for a setting, a seed, a DAG folder or a state file that cannot be; the text says why.
    :raises OSError: when the port is taken.
    """
    with ExitStack() as stack:
        keeper = stack.enter_context(_keeper(state)) if state is not None else None
        stack.enter_context(mocked_aws(settings.get("region")))
        given = {**settings, "tls": tls, "keeper": keeper}
        if log is not None:
            stack.callback(log.close)
        others = [ServedMWAA(name, **given) for name in names[1:]]
        # The first one alone talks: it serves the others, and all have the same DAG folders.
        first = ServedMWAA(names[0], live=True, port=port, siblings=others, log=log, **given)
        if keeper is not None:
            _restore(keeper, [first, *others])
        for mwaa in (*others, first):
            mwaa.start()
            stack.callback(mwaa.stop)
        first.serve_others()
        if keeper is not None:
            keeper.write()
        if first.follows_files():
            stack.enter_context(_looking_after([first, *others], keeper, log))
        yield [first, *others]
