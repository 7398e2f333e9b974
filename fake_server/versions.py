"""What differs between the Airflow versions that MWAA has offered, as data.

Rooms ask an :class:`AirflowVersion` for a fact; they never compare version numbers themselves. Tables that say since
when something is there ask :meth:`AirflowVersion.is_at_least`. The defaults of
``api.auth_backend(s)`` are those that MWAA ships (AWS user guide; the images and configuration files AWS publishes).
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass

BACKEND = "airflow.api.auth.backend."


@dataclass(frozen=True)
class RunCreation:
    """What a version asks of a new run, and how the run begins."""

    #: The state a run is made in.
    first_state: str
    #: Whether the run id has to match a pattern; where not, any id will do.
    restricts_run_ids: bool
    #: Whether conf has to be an object that fits the DAG's params; where not, any JSON will do.
    checks_conf: bool
    #: Whether two runs of the same logical date are refused in words; where not, the database refuses the second.
    checks_logical_date: bool
    #: Whether a run whose state is set by hand ends at that moment, even when it is queued again.
    marking_ends_runs: bool
    #: What is said of a run that is there already; ``{date}`` is the new one's.
    duplicate: str
    #: Whether the REST API says why conf does not fit the DAG's params; where not, it fails.
    words_unfit_conf: bool


#: Airflow 1.10 leaves nearly everything to the database.
_RUN_CREATION_1_10 = RunCreation(
    first_state="running",
    restricts_run_ids=False,
    checks_conf=False,
    checks_logical_date=False,
    marking_ends_runs=False,
    duplicate="Run id {run_id} already exists for dag id {dag_id}",
    words_unfit_conf=False,
)


def _run_creation_2(number: str) -> RunCreation:
    """How a version of Airflow 2 makes runs: as recorded from 2.4.3 to 2.11.2, and in 2.0.2's released package."""
    version = _parts(number)
    return RunCreation(
        first_state="queued" if version >= (2, 1) else "running",
        restricts_run_ids=version >= (2, 6),
        checks_conf=True,
        checks_logical_date=True,
        marking_ends_runs=version < (2, 9),
        duplicate="Run id {run_id} already exists for dag id {dag_id}"
        if version < (2, 1)
        else "A DAG Run already exists for DAG {dag_id} at {date} with run id {run_id}"
        if version >= (2, 5)
        else "A Dag Run already exists for dag id {dag_id} at {date} with run id {run_id}",
        words_unfit_conf=version >= (2, 9),
    )


@dataclass(frozen=True)
class RestAnswers:
    """What the stable REST API answers, where that changed: as recorded from 2.4.3 to 2.11.2."""

    #: What changing a variable that does not exist does: ``"refuse"``, ``"fail"``, or ``"make"`` it, mask or not.
    changing_missing_variable: str
    #: Whether the refusal of a variable that does not exist says more than its title.
    words_missing_variable: bool
    #: Whether a new variable keeps its description.
    keeps_new_descriptions: bool
    #: Whether the details of a DAG are read from its row; where not, from its parsed file.
    details_come_from_database: bool
    #: Whether lists of DAGs can be sorted; where not, ``order_by`` has no effect.
    sorts_dags: bool
    #: Whether an empty body is refused before anything else about it is looked at.
    refuses_empty_bodies: bool
    #: Whether dates in bodies and queries have to have the specification's form; where not, any form will do.
    restricts_dates: bool
    #: Whether the token that goes with a log says how far it has been read.
    tells_log_position: bool
    #: What filtering task instances by a state that does not exist does: ``"break"`` off the answer, ``"fail"`` with a
    #: page, or ``"ignore"`` that: none has it.
    unknown_states: str
    #: Whether refusals call what is empty too short.
    calls_empty_short: bool
    #: Whether skipping a task instance by hand fails (2.7 to 2.9); before, that is refused.
    fails_to_skip: bool
    #: Whether a list of DAGs of which only some fields are wanted says how many there are.
    counts_chosen_fields: bool


def _rest_answers(number: str) -> RestAnswers:
    version = _parts(number)
    return RestAnswers(
        changing_missing_variable="refuse" if version >= (2, 7) else "fail" if version >= (2, 6) else "make",
        words_missing_variable=version >= (2, 7),
        keeps_new_descriptions=version >= (2, 9),
        details_come_from_database=version >= (2, 8),
        sorts_dags=version >= (2, 6),
        refuses_empty_bodies=version >= (2, 6),
        restricts_dates=version >= (2, 6),
        tells_log_position=version >= (2, 6),
        unknown_states="break" if version >= (2, 10) else "fail" if version >= (2, 7) else "ignore",
        calls_empty_short=version < (2, 8),
        fails_to_skip=(2, 7) <= version < (2, 10),
        counts_chosen_fields=version >= (2, 10),
    )


@dataclass(frozen=True)
class CommandOutput:
    """What commands of Airflow 2 print, where that changed: as recorded from 2.4.3 to 2.11.2."""

    #: Whether ``dags list`` shows path, owners and state as the REST API calls them; where not, in words of its own.
    lists_dags_like_api: bool
    #: What pausing a DAG prints: ``"text"``, ``"rows"``, or ``"old rows"``, which show what was before.
    pausing: str
    #: Whether runs that were triggered are shown as the database has them; where not, as JSON has them.
    shows_stored_runs: bool
    #: Whether start and end of a run's data interval are called by each other's names, which was a mistake.
    swaps_interval: bool
    #: Whether the next execution of a DAG is the one after its last run, so that it has none without a run.
    next_execution_follows_run: bool
    #: Whether variables that are exported to ``-`` are printed; where not, that is a file's name.
    prints_exported: bool
    #: Whether ``config get-value`` ends with 1 when there is no such option; where not, it only logs that.
    refuses_unknown_options: bool
    #: Whether that names a section that there is not; where not, its option.
    names_unknown_sections: bool
    #: Whether users are named in log lines; where not, a mistake leaves ``%s`` there.
    logs_user_names: bool


def _command_output(number: str) -> CommandOutput:
    version = _parts(number)
    return CommandOutput(
        lists_dags_like_api=version >= (2, 9),
        pausing="rows" if version >= (2, 10) else "old rows" if version >= (2, 9) else "text",
        shows_stored_runs=version >= (2, 8),
        swaps_interval=version < (2, 7),
        next_execution_follows_run=version < (2, 6),
        prints_exported=version >= (2, 8),
        refuses_unknown_options=version < (2, 10),
        names_unknown_sections=version < (2, 6),
        logs_user_names=not (2, 7) <= version < (2, 8),
    )


def _log_sources(number: str) -> str:
    version = _parts(number)
    return "grouped" if version >= (2, 10) else "plain" if version >= (2, 6) else "old"


@dataclass(frozen=True)
class EventLogging:
    """What the rows of the event log look like that the REST API leaves."""

    #: Who it was: ``"username"``, ``"full name"``, or ``"username and full name"``.
    owner: str
    #: Whether they hold the request as a JSON object; where not, as a Python list of pairs, without the body.
    as_json: bool


def _event_logging(number: str) -> EventLogging:
    version = _parts(number)
    owner = "username" if version >= (2, 8) else "full name" if version >= (2, 7) else "username and full name"
    owner = owner if version >= (2, 6) else "username"
    return EventLogging(owner=owner, as_json=version >= (2, 9))


@dataclass(frozen=True, eq=False)
class AirflowVersion:
    """The facts of one version that other rooms need."""

    number: str
    #: Name of the option that chooses the API auth backends: ``auth_backend`` takes one, ``auth_backends`` a list.
    auth_backends_option: str
    #: MWAA's default for that option.
    default_auth_backends: str
    #: Whether Airflow itself puts the session backend behind what was configured (2.3 and up).
    appends_session_backend: bool
    #: Whether the control plane's InvokeRestApi works with it (2.4.3 and up).
    has_invoke_rest_api: bool
    #: Whether it has the stable REST API, ``/api/v1`` (2.0 and up).
    has_stable_rest_api: bool
    #: Whether the experimental API is served without being switched on (1.10 only).
    always_has_experimental_api: bool
    #: Which family of web servers it belongs to, ``"1.10"`` or ``"2"``: paths, layout of JSON, error pages, headers.
    web_dialect: str
    #: Which family of command lines it belongs to, ``"1.10"`` (``trigger_dag``) or ``"2"`` (``dags trigger``).
    cli_dialect: str
    #: The Python that MWAA runs it on; it shows in paths and tracebacks.
    python: str
    #: How its log lines show the time: ``"iso"`` (2.3.4 and up) or as Python's own ``"logging"`` does.
    log_time_style: str
    #: What its command line prints of a run that was just triggered: ``"run"`` (``Created <DagRun ...>``), the same as
    #: ``"spaced run"`` (a date of now has a space in it), ``"run and state"``, or ``"rows"`` (a table or JSON).
    prints_triggered: str
    #: Whether its log line about an API auth backend names the module object, or else only the module.
    logs_backend_modules: bool
    #: Which family of ``airflow.cfg`` it reads, ``"1.10"`` or ``"2"``.
    configuration: str
    #: How it makes runs: see :class:`RunCreation`.
    run_creation: RunCreation
    #: What its stable REST API answers: see :class:`RestAnswers`.
    rest_answers: RestAnswers
    #: Whether pools have a member that says whether deferred tasks count (2.7 and up).
    pools_may_count_deferred: bool
    #: Whether the ids of connections have to match a pattern (2.6 and up); where not, any id will do.
    restricts_connection_ids: bool
    #: Whether refusals show the schemas of params and bodies with their members sorted (up to 2.9).
    sorts_schemas: bool
    #: How the web server says where it found a log: ``"grouped"``, ``"plain"``, or in the ``"old"`` words up to 2.5.
    log_sources: str
    #: What its commands print: see :class:`CommandOutput`.
    command_output: CommandOutput
    #: What stands between day and time where messages show a date: a space, or a T up to 2.7.
    date_separator: str
    #: Whether the experimental API takes requests without an Authorization header when passwords are asked for, as
    #: release 1.5.4 of the FAB provider does.
    experimental_takes_strangers: bool
    #: What its REST API leaves in the event log: see :class:`EventLogging`.
    event_logging: EventLogging
    #: Whether a user who is made without roles gets the role Public; where not (releases 1.4 to 1.5.3 of the FAB
    #: provider), making one fails.
    new_users_are_public: bool
    #: Whether a request without valid credentials is one of the role Public, which may do nothing (403), and not of
    #: nobody (401): so it is with releases 1.0 to 1.3 and 1.5.4 of Airflow's FAB provider, which came with it.
    strangers_are_public: bool

    def is_at_least(self, number: str) -> bool:
        """Whether it is that version or a later one, for facts that say since when they hold."""
        return self._parts >= _parts(number)

    @functools.cached_property
    def _parts(self) -> tuple[int, ...]:
        return _parts(self.number)

    @property
    def documentation_url(self) -> str:
        """Where this version's own documentation stands; error bodies of the REST API link to it."""
        return f"https://airflow.apache.org/docs/apache-airflow/{self.number}/"


def _parts(number: str) -> tuple[int, ...]:
    return tuple(map(int, number.split(".")))


#: Airflow's minor version to the Python that MWAA gives it (AWS user guide); all others have 3.11.
_PYTHON = {"1.10": "3.7", "2.0": "3.7", "2.2": "3.7", "2.4": "3.10", "2.5": "3.10", "2.6": "3.10", "2.11": "3.12"}


#: Seen in published outputs of these versions, on MWAA and elsewhere.
_PRINTS_TRIGGERED = {
    "1.10.12": "spaced run",
    "2.0.2": "spaced run",
    "2.2.2": "run",
    "2.4.3": "run and state",
    "2.5.1": "run and state",
}


class UnknownAirflowVersion(ValueError):
    """The asked-for version is not one that the fake can be."""


def _versions() -> dict[str, AirflowVersion]:
    def version(number: str, option: str, default: str, *, dialect: str = "2") -> AirflowVersion:
        return AirflowVersion(
            number=number,
            auth_backends_option=option,
            default_auth_backends=BACKEND + default,
            appends_session_backend=option == "auth_backends",
            has_invoke_rest_api=number not in {"1.10.12", "2.0.2", "2.2.2"},
            has_stable_rest_api=dialect != "1.10",
            always_has_experimental_api=dialect == "1.10",
            web_dialect=dialect,
            cli_dialect=dialect,
            python=_PYTHON.get(number.rpartition(".")[0], "3.11"),
            log_time_style="logging" if number in {"1.10.12", "2.0.2", "2.2.2"} else "iso",
            prints_triggered=_PRINTS_TRIGGERED.get(number, "rows"),
            logs_backend_modules=number in {"2.0.2", "2.2.2"},
            configuration=dialect,
            run_creation=_RUN_CREATION_1_10 if dialect == "1.10" else _run_creation_2(number),
            rest_answers=_rest_answers(number),
            pools_may_count_deferred=_parts(number) >= (2, 7),
            restricts_connection_ids=_parts(number) >= (2, 6),
            sorts_schemas=_parts(number) < (2, 10),
            log_sources=_log_sources(number),
            command_output=_command_output(number),
            date_separator=" " if dialect == "1.10" or _parts(number) >= (2, 8) else "T",
            event_logging=_event_logging(number),
            experimental_takes_strangers=number == "2.11.2",
            new_users_are_public=number not in {"2.10.3", "2.10.5", "2.11.0"},
            strangers_are_public=number in {"2.9.2", "2.10.1", "2.11.2"},
        )

    single, several = "auth_backend", "auth_backends"
    return {
        entry.number: entry
        for entry in (
            version("1.10.12", single, "deny_all", dialect="1.10"),
            version("2.0.2", single, "deny_all"),
            version("2.2.2", single, "deny_all"),
            version("2.4.3", several, "deny_all"),
            version("2.5.1", several, "deny_all"),
            version("2.6.3", several, "deny_all"),
            version("2.7.2", several, "session"),
            version("2.8.1", several, "session"),
            version("2.9.2", several, "session"),
            version("2.10.1", several, "session"),
            version("2.10.3", several, "session"),
            version("2.10.5", several, "session"),
            version("2.11.0", several, "session"),
            version("2.11.2", several, "session"),
        )
    }


VERSIONS: dict[str, AirflowVersion] = _versions()

#: The version whose answers were recorded from the real Airflow; the default everywhere.
DEFAULT_VERSION = "2.10.5"


def airflow_version(number: str) -> AirflowVersion:
    """The facts of version ``number``.

    :raises UnknownAirflowVersion: naming the versions that exist.
    """
    try:
        return VERSIONS[number]
    except (KeyError, TypeError):
        # "2.10" means one of its own line, which is not what is spelled most alike.
        near = [known for known in VERSIONS if known.startswith(f"{number}.")]
        near = near or difflib.get_close_matches(str(number), VERSIONS, n=1)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UnknownAirflowVersion(
            f"unknown Airflow version {number!r}.{hint} Supported: {', '.join(VERSIONS)}."
        ) from None
