"""What GetEnvironment tells of an environment: its settings and all that MWAA adds to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_server.aws.settings import LOG_GROUPS

if TYPE_CHECKING:
    from fake_server.aws.environment import Environment

#: The account of the service in which the queue lives, which is not the caller's.
_SERVICE_ACCOUNT = "909839421151"
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

_UPDATE_STATUS = {
    "AVAILABLE": "SUCCESS",
    "CREATE_FAILED": "FAILED",
    "UPDATE_FAILED": "FAILED",
    "UNAVAILABLE": "FAILED",
}


def describe(environment: Environment) -> dict[str, Any]:
    """The members of the model's ``Environment``; ``WebserverUrl`` has no scheme, whatever the model's pattern says."""
    settings = environment.settings
    status = environment.lifecycle.status
    partition = environment.arn.split(":")[1]
    description = {
        **settings,
        "Name": environment.name,
        "Arn": environment.arn,
        "Status": status,
        "CreatedAt": environment.created_at,
        "Tags": dict(environment.tags),
        "WebserverUrl": environment.hostname,
        "ServiceRoleArn": (
            f"arn:{partition}:iam::{environment.account_id}:role/aws-service-role/airflow.amazonaws.com/"
            "AWSServiceRoleForAmazonMWAA"
        ),
        "CeleryExecutorQueue": (
            f"arn:{partition}:sqs:{environment.region}:{_SERVICE_ACCOUNT}:airflow-celery-{environment.id}"
        ),
        "DatabaseVpcEndpointService": _endpoint_service(environment, 0),
        "LoggingConfiguration": {
            module: {
                **settings["LoggingConfiguration"][module],
                "CloudWatchLogGroupArn": (
                    f"arn:{partition}:logs:{environment.region}:{environment.account_id}:log-group:"
                    f"airflow-{environment.name}-{group}"
                ),
            }
            for module, group in LOG_GROUPS.items()
        },
        "LastUpdate": {"Status": _UPDATE_STATUS.get(status, "PENDING"), **environment.last_update},
    }
    if settings["WebserverAccessMode"] != "PUBLIC_ONLY":
        description["WebserverVpcEndpointService"] = _endpoint_service(environment, 1)
    description.setdefault("WeeklyMaintenanceWindowStart", _chosen_window(environment))
    return description


def _endpoint_service(environment: Environment, number: int) -> str:
    """An id of 17 hexadecimal digits that is the environment's for good."""
    digits = (environment.id.int >> (4 * number)) & (16**17 - 1)
    return f"com.amazonaws.vpce.{environment.region}.vpce-svc-{digits:017x}"


def _chosen_window(environment: Environment) -> str:
    """The maintenance window that AWS chooses when its owner does not: some half hour of the week."""
    day, half_hour = divmod(environment.id.int % (len(_WEEKDAYS) * 48), 48)
    return f"{_WEEKDAYS[day]}:{half_hour // 2:02d}:{'30' if half_hour % 2 else '00'}"
