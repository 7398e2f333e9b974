"""The environments of one account and region, and what can be done with them; moto's backend of this service."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from moto.core.base_backend import BackendDict, BaseBackend

from fake_server.airflow.errors import ConfigurationError
from fake_server.assumptions import Assumptions
from fake_server.aws.environment import Environment
from fake_server.aws.exceptions import MWAAException, ResourceNotFoundException, ValidationException
from fake_server.aws.identity import DEFAULT_IDENTITY, airflow_identity
from fake_server.aws.rest_api import invoke_rest_api
from fake_server.aws.rules import check_settings, check_tags
from fake_server.aws.settings import settings_after_update, settings_of_new
from fake_server.clock import Clock
from fake_server.faults import Faults
from fake_server.options import EnvironmentOptions

__all__ = ["Environment", "MWAABackend", "mwaa_backends"]

Made = TypeVar("Made")

#: The most names that ListEnvironments answers with at once, and how many it does unless asked for fewer.
LARGEST_PAGE = 25


class MWAABackend(BaseBackend):
    """The environments of one account and region.

    ``clock`` and ``options`` are those of environments that are made without any of their own, as through boto3.
    ``faults`` are for operations whatever environment they are for; each environment has its own besides.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.environments: dict[str, Environment] = {}
        self.clock: Clock | None = None
        self.options: EnvironmentOptions | None = None
        self.faults = Faults()
        self._lock = threading.RLock()

    def arn_of(self, name: str) -> str:
        """The ARN of an environment of that name here, whether there is one or not."""
        return f"arn:{self.partition}:airflow:{self.region_name}:{self.account_id}:environment/{name}"

    # Environments

    def create_environment(
        self,
        name: str,
        members: Mapping[str, Any] | None = None,
        *,
        clock: Clock | None = None,
        options: EnvironmentOptions | None = None,
        hostname: str | None = None,
    ) -> Environment:
        """Make an environment. ``members`` are those of the CreateEnvironment request.

        Called directly, without boto3, ``members`` may lack the required ones: the environment then has a role, bucket
        and network of names that could be real.

        :raises ValidationException: for settings that do not go together, or a name that is taken.
        """
        settings = settings_of_new({**self._plausible_resources(), **(members or {})})
        tags = (members or {}).get("Tags", {})
        check_settings(settings)
        check_tags(tags)
        options = options or self.options or EnvironmentOptions()
        with self._lock:
            self._check_room(name, options)
            problem = self._check_resources(settings, members or {}, options)
            environment = _configured(
                lambda: Environment(
                    name=name,
                    arn=self.arn_of(name),
                    region=self.region_name,
                    account_id=self.account_id,
                    settings=settings,
                    tags=tags,
                    clock=clock or self.clock or Clock(),
                    options=options,
                    hostname=hostname,
                )
            )
            self.environments[name] = environment
            if problem is not None:
                environment.fail("INCORRECT_CONFIGURATION", problem)
        return environment

    def get_environment(self, name: str) -> Environment:
        """The environment of that name.

        :raises ResourceNotFoundException: when there is none, or none any more.
        """
        with self._lock:
            environment = self.environments.get(name)
            if environment is not None and environment.status == "DELETED":
                del self.environments[name]
                environment = None
        if environment is None:
            raise ResourceNotFoundException(f"Environment {name} was not found.")
        return environment

    def list_environments(
        self, max_results: int = LARGEST_PAGE, next_token: str | None = None
    ) -> tuple[list[str], str | None]:
        """The names of the next ``max_results`` environments, and the token for those behind them, if any.

        :raises ValidationException: for a token that no earlier answer gave out.
        """
        last_seen = _name_in_token(next_token) if next_token else ""
        names = sorted(name for name in list(self.environments) if name > last_seen and self._exists(name))
        page = names[:max_results]
        return page, _token_for(page[-1]) if len(names) > len(page) else None

    def update_environment(self, name: str, members: Mapping[str, Any]) -> Environment:
        """Change an environment's settings.

        :raises ResourceNotFoundException: when there is none of that name.
        :raises ValidationException: for settings that do not go together, or while another change is under way.
        """
        with self._lock:
            environment = self.get_environment(name)
            self._check_idle(environment)
            settings = settings_after_update(environment.settings, members)
            check_settings(settings)
            problem = self._check_resources(settings, members, environment.options)
            _configured(lambda: environment.update(members, environment.clock.now()))
            if problem is not None:
                environment.fail("INCORRECT_CONFIGURATION", problem)
            environment.settle()
        return environment

    def delete_environment(self, name: str) -> None:
        """Delete an environment; its tokens are worth nothing any more.

        :raises ResourceNotFoundException: when there is none of that name.
        :raises ValidationException: while another change is under way.
        """
        with self._lock:
            environment = self.get_environment(name)
            self._check_idle(environment)
            environment.lifecycle.begin("DELETING")
            self._exists(name)

    def _exists(self, name: str) -> bool:
        try:
            self.get_environment(name)
        except ResourceNotFoundException:
            return False
        return True

    def _check_room(self, name: str, options: EnvironmentOptions) -> None:
        if self._exists(name):
            raise ValidationException(f"An environment with name {name} already exists. Pick another name.")
        quota = Assumptions(options.assumptions).integer("environments_per_region")
        if quota and len(self.environments) >= quota:
            raise ValidationException(f"The limit of {quota} environments in this account and region is reached.")

    def _check_resources(
        self, settings: Mapping[str, Any], members: Mapping[str, Any], options: EnvironmentOptions
    ) -> str | None:
        if not options.strict_resources:
            return None
        from fake_server.aws.resources import ResourceCheck

        check = ResourceCheck(self.account_id, self.region_name, self.partition, Assumptions(options.assumptions))
        return check.check(settings, members)

    def _check_idle(self, environment: Environment) -> None:
        if environment.is_busy:
            raise ValidationException(
                f"Environment {environment.name} is in {environment.status} status, so it can not be changed now."
            )

    def _plausible_resources(self) -> dict[str, Any]:
        return {
            "ExecutionRoleArn": f"arn:{self.partition}:iam::{self.account_id}:role/service-role/mwaa-execution-role",
            "SourceBucketArn": f"arn:{self.partition}:s3:::mwaa-dags-{self.account_id}",
            "NetworkConfiguration": {
                "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "SecurityGroupIds": ["sg-0123456789abcdef0"],
            },
        }

    # Tags

    def tags_of(self, arn: str) -> dict[str, str]:
        """The tags of the environment with that ARN.

        :raises ResourceNotFoundException: when there is none here.
        """
        return self._tagged(arn).tags

    def tag_resource(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, or replace those of the same keys.

        :raises ResourceNotFoundException: when there is no such environment here.
        :raises ValidationException: when there would be too many, or one has a reserved key.
        """
        environment = self._tagged(arn)
        with self._lock:
            check_tags({**environment.tags, **tags})
            environment.tags.update(tags)

    def untag_resource(self, arn: str, keys: Iterable[str]) -> None:
        """Remove the tags of these keys, as far as they are there.

        :raises ResourceNotFoundException: when there is no such environment here.
        """
        environment = self._tagged(arn)
        with self._lock:
            for key in keys:
                environment.tags.pop(key, None)

    def _tagged(self, arn: str) -> Environment:
        name = arn.rpartition("/")[2]
        if arn != self.arn_of(name):
            raise ResourceNotFoundException(f"Resource {arn} was not found.")
        return self.get_environment(name)

    # Tokens and calls

    def create_cli_token(self, name: str) -> dict[str, str]:
        """The members of CreateCliToken's answer.

        :raises ResourceNotFoundException: when there is no such environment, or it is not available.
        """
        environment = self.available_environment(name)
        return {
            "CliToken": environment.tokens.mint_cli_token(environment.assumptions.text("cli_token_user")),
            "WebServerHostname": environment.hostname,
        }

    def create_web_login_token(
        self, name: str, *, identity: str = DEFAULT_IDENTITY, role: str | None = None
    ) -> dict[str, str]:
        """The members of CreateWebLoginToken's answer, for the IAM ``identity`` and, unless IAM says, the set role.

        :raises ResourceNotFoundException: when there is no such environment, or it is not available.
        """
        environment = self.available_environment(name)
        user = airflow_identity(identity)
        return {
            "WebToken": environment.tokens.mint_web_token(user, role or environment.options.role),
            "WebServerHostname": environment.hostname,
            "IamIdentity": identity,
            "AirflowIdentity": user,
        }

    def invoke_rest_api(
        self, name: str, members: Mapping[str, Any], *, identity: str = DEFAULT_IDENTITY, role: str | None = None
    ) -> dict[str, Any]:
        """The members of InvokeRestApi's answer; ``members`` are those of its request.

        :raises ResourceNotFoundException: when there is no such environment, or it is not available.
        :raises RestApiClientException: when Airflow answered with 4xx.
        :raises RestApiServerException: when Airflow answered with 5xx, too late or too much.
        """
        environment = self.available_environment(name)
        return invoke_rest_api(
            environment, members, user=airflow_identity(identity), role=role or environment.options.role
        )

    def available_environment(self, name: str) -> Environment:
        """The environment of that name, whose web server is up.

        :raises ResourceNotFoundException: when there is none; an assumption decides on one that is not up.
        """
        environment = self.get_environment(name)
        if not environment.is_usable:
            code = environment.assumptions.text("unavailable_environment_error")
            kinds: dict[str, type[MWAAException]] = {
                kind.code: kind for kind in (ResourceNotFoundException, ValidationException)
            }
            raise kinds[code](f"Environment {name} is not available: it is in {environment.status} status.")
        return environment


def _configured(make: Callable[[], Made]) -> Made:
    """What ``make`` makes, with Airflow's refusal of its configuration told as the service would.

    :raises ValidationException: in place of ConfigurationError.
    """
    try:
        return make()
    except ConfigurationError as error:
        raise ValidationException(
            f"Invalid request provided: AirflowConfigurationOptions: {error} (Amazon MWAA itself would accept this and "
            "have a web server that does not start.)"
        ) from error


def _token_for(name: str) -> str:
    return base64.urlsafe_b64encode(f"after:{name}".encode()).decode("ascii")


def _name_in_token(token: str) -> str:
    try:
        marker, _, name = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        marker, name = "", ""
    if marker != "after":
        raise ValidationException("The NextToken is not one that ListEnvironments gave out.")
    return name


mwaa_backends = BackendDict(MWAABackend, "mwaa")
