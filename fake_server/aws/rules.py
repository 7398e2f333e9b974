"""The rules for an environment's settings that stand in the documentation and not in the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fake_server.aws.exceptions import ValidationException
from fake_server.versions import UnknownAirflowVersion, airflow_version

#: The documented classes; each has room for this many schedulers and web servers, least and most (AWS user guide).
_SMALL = (1, 1)
_LARGE = (2, 5)
ENVIRONMENT_CLASSES = {
    "mw1.micro": _SMALL,
    "mw1.small": _LARGE,
    "mw1.medium": _LARGE,
    "mw1.large": _LARGE,
    "mw1.xlarge": _LARGE,
    "mw1.2xlarge": _LARGE,
}

#: Workers that an environment may have (AWS user guide, quotas).
MAXIMUM_WORKERS = 25
#: Tags that a resource may have (AWS user guide, quotas).
MAXIMUM_TAGS = 50

#: What stands in messages, so that everybody knows what a ValidationException of this kind looks like.
_PREFIX = "Invalid request provided: "


def check_settings(settings: Mapping[str, Any]) -> None:
    """Check the settings of an environment, defaults included, against each other.

    :raises ValidationException: with the first rule that is broken.
    """
    for broken in _broken_rules(settings):
        raise ValidationException(_PREFIX + broken)


def _broken_rules(settings: Mapping[str, Any]) -> Iterator[str]:
    try:
        airflow_version(settings["AirflowVersion"])
    except UnknownAirflowVersion as error:
        yield str(error)
    environment_class = settings["EnvironmentClass"]
    if environment_class not in ENVIRONMENT_CLASSES:
        yield f"unknown EnvironmentClass {environment_class!r}. Valid values: {', '.join(ENVIRONMENT_CLASSES)}."
        return
    least, most = ENVIRONMENT_CLASSES[environment_class]
    for name in ("Schedulers", "MinWebservers", "MaxWebservers"):
        if not least <= settings[name] <= most:
            allowed = f"between {least} and {most}" if least < most else str(least)
            yield f"{name} for {environment_class} has to be {allowed}; got {settings[name]}."
    if settings["MaxWorkers"] > MAXIMUM_WORKERS:
        yield f"MaxWorkers has to be between 1 and {MAXIMUM_WORKERS}; got {settings['MaxWorkers']}."
    for least_name, most_name in (("MinWorkers", "MaxWorkers"), ("MinWebservers", "MaxWebservers")):
        if settings[least_name] > settings[most_name]:
            yield (
                f"{least_name} ({settings[least_name]}) has to be less than or equal to "
                f"{most_name} ({settings[most_name]})."
            )
    network = settings["NetworkConfiguration"]
    if len(set(network.get("SubnetIds", ()))) != 2:
        yield "NetworkConfiguration has to name exactly 2 different subnets, in different Availability Zones."
    if not network.get("SecurityGroupIds"):
        yield "NetworkConfiguration has to name at least 1 security group."


def check_tags(tags: Mapping[str, str]) -> None:
    """Check all tags that a resource would have.

    :raises ValidationException: when they are too many, or one has a name that AWS keeps for itself.
    """
    if len(tags) > MAXIMUM_TAGS:
        raise ValidationException(f"{_PREFIX}a resource can have up to {MAXIMUM_TAGS} tags; got {len(tags)}.")
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ValidationException(f"{_PREFIX}tag keys that start with aws: are reserved; got {key!r}.")
