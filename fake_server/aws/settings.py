"""An environment's settings: what its owner chose, over what MWAA takes by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_server.versions import DEFAULT_VERSION

#: Members of CreateEnvironment that UpdateEnvironment and GetEnvironment have no setting for.
_NOT_SETTINGS = ("Name", "Tags")

LOG_GROUPS = {
    "DagProcessingLogs": "DAGProcessing",
    "SchedulerLogs": "Scheduler",
    "TaskLogs": "Task",
    "WebserverLogs": "WebServer",
    "WorkerLogs": "Worker",
}

_DEFAULTS: dict[str, Any] = {
    "AirflowVersion": DEFAULT_VERSION,
    "AirflowConfigurationOptions": {},
    "DagS3Path": "dags",
    "EndpointManagement": "SERVICE",
    "EnvironmentClass": "mw1.small",
    "MaxWorkers": 10,
    "MinWorkers": 1,
    "WebserverAccessMode": "PUBLIC_ONLY",
}

_DEFAULTS_BY_CLASS = {
    "mw1.micro": {"Schedulers": 1, "MinWebservers": 1, "MaxWebservers": 1},
}
_DEFAULTS_OF_OTHER_CLASSES = {"Schedulers": 2, "MinWebservers": 2, "MaxWebservers": 2}


def settings_of_new(members: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that CreateEnvironment with these members makes."""
    chosen = {name: value for name, value in members.items() if name not in _NOT_SETTINGS}
    environment_class = chosen.get("EnvironmentClass", _DEFAULTS["EnvironmentClass"])
    by_class = _DEFAULTS_BY_CLASS.get(environment_class, _DEFAULTS_OF_OTHER_CLASSES)
    settings = {**_DEFAULTS, **by_class, **chosen}
    # A minimum or maximum alone takes the other one along.
    for least, most in (("MinWorkers", "MaxWorkers"), ("MinWebservers", "MaxWebservers")):
        if least not in chosen:
            settings[least] = min(settings[least], settings[most])
        elif most not in chosen:
            settings[most] = max(settings[least], settings[most])
    settings["LoggingConfiguration"] = _logging(members.get("LoggingConfiguration", {}), _default_logging())
    return settings


def settings_after_update(settings: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """The settings after UpdateEnvironment: what is given replaces, logging by module, the network by its groups."""
    changed = {name: value for name, value in members.items() if name not in ("Name", "WorkerReplacementStrategy")}
    updated = {**settings, **changed}
    if "NetworkConfiguration" in changed:
        updated["NetworkConfiguration"] = {**settings["NetworkConfiguration"], **changed["NetworkConfiguration"]}
    if "LoggingConfiguration" in changed:
        updated["LoggingConfiguration"] = _logging(changed["LoggingConfiguration"], settings["LoggingConfiguration"])
    if "Teams" in changed:
        updated["Teams"] = _teams(changed["Teams"], settings.get("Teams", {}))
    if "EnvironmentClass" in changed:
        _follow_class(updated, settings["EnvironmentClass"], changed)
    return updated


def _default_logging() -> dict[str, Any]:
    # Task logs at INFO are on unless asked otherwise, the rest is off (Terraform's documentation of the resource).
    return {module: {"Enabled": module == "TaskLogs", "LogLevel": "INFO"} for module in LOG_GROUPS}


def _logging(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    return {module: dict(given.get(module) or before[module]) for module in LOG_GROUPS}


def _teams(change: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    removed = change.get("Remove", ())
    kept = {name: team for name, team in before.items() if name not in removed}
    return {**kept, **change.get("AddOrUpdate", {})}


def _follow_class(updated: dict[str, Any], before: str, changed: Mapping[str, Any]) -> None:
    """Between the smallest class and the others the numbers of components follow, unless they are given too."""
    after = updated["EnvironmentClass"]
    if (before in _DEFAULTS_BY_CLASS) == (after in _DEFAULTS_BY_CLASS):
        return
    numbers = _DEFAULTS_BY_CLASS.get(after, _DEFAULTS_OF_OTHER_CLASSES)
    updated.update({name: value for name, value in numbers.items() if name not in changed})
