"""What IAM allows a caller, where moto enforces IAM: moto's own checks, with this service's resources and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.exceptions import (
    AccessDeniedError,
    InvalidClientTokenIdError,
    SignatureDoesNotMatchError,
)

from fake_server.aws.exceptions import (
    AccessDeniedException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)
from fake_server.options import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moto.iam.access_control import IAMRequest

    from fake_server.aws.exceptions import MWAAException

#: Operations whose resource is a role of the environment instead of the environment (service authorization reference).
ROLE_OPERATIONS = frozenset({"CreateWebLoginToken", "InvokeRestApi"})


def resources_of(operation: str, members: Mapping[str, str], scope: str, *, highest_first: bool = True) -> list[str]:
    """The ARNs on which IAM may allow a call, in the order in which they are tried.

    ``members`` are the labels of its path; ``scope`` is the ARN up to the account, with its colon.
    """
    if operation in ROLE_OPERATIONS:
        roles = ROLES if highest_first else reversed(ROLES)
        return [f"{scope}role/{members['Name']}/{role}" for role in roles]
    if "ResourceArn" in members:
        return [members["ResourceArn"]]
    name = members.get("Name") or members.get("EnvironmentName")
    return [f"{scope}environment/{name}" if name else "*"]


class Authorization:
    """One caller's request to IAM. :attr:`granted` is the resource that the call was allowed on, None where IAM is not
    enforced.
    """

    def __init__(self, resources: Sequence[str]) -> None:
        self._resources = resources
        self.granted: str | None = None

    def iam_request(self, **request: Any) -> IAMRequest:
        """In place of moto's own class for such requests: allowed as soon as one of several resources is."""
        from moto.iam.access_control import IAMRequest

        authorization = self

        class RequestForAny(IAMRequest):
            def check_action_permitted(self, resource: str) -> None:
                for number, candidate in enumerate(authorization._resources, 1):
                    try:
                        super().check_action_permitted(candidate)
                    except AccessDeniedError:
                        if number == len(authorization._resources):
                            raise
                    else:
                        authorization.granted = candidate
                        return

        return RequestForAny(**request)

    @property
    def role(self) -> str | None:
        """The Airflow role that IAM granted, where it did."""
        return self.granted.rpartition("/")[2] if self.granted is not None else None

    def refusal(self, error: Exception, operation: str) -> MWAAException:
        """The refusal of moto in this service's words."""
        if isinstance(error, SignatureDoesNotMatchError):
            return InvalidSignatureException(str(error.message))
        if isinstance(error, InvalidClientTokenIdError):
            return UnrecognizedClientException(str(error.message))
        if isinstance(error, AccessDeniedError):
            return AccessDeniedException(self._denial(str(error.message), operation))
        # moto looks the parts of the Authorization header up without asking whether they are there.
        return MissingAuthenticationTokenException("Missing Authentication Token")

    def _denial(self, message: str, operation: str) -> str:
        if operation not in ROLE_OPERATIONS:
            return f"{message} on resource: {self._resources[0]}"
        # Airflow's own hook falls back to the web login only if it reads the words "Airflow role".
        return f"No Airflow role granted in IAM. {message} on resource: {self._resources[0].rpartition('/')[0]}/*"
