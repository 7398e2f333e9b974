"""Every refusal of the control plane, with the code, status and members that its model gives it."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.core.exceptions import ServiceException


class MWAAException(ServiceException):
    """Base of all refusals: what a boto3 client sees as ``ClientError`` with this ``code``."""

    status: ClassVar[int] = 400
    #: The member that the model puts the words in.
    message_member: ClassVar[str] = "message"

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def members(self) -> dict[str, Any]:
        """The members of the error's body."""
        return {self.message_member: self.message}


class ValidationException(MWAAException):
    """The input breaks a constraint."""

    code = "ValidationException"


class ResourceNotFoundException(MWAAException):
    """There is no such environment in this account and region."""

    code = "ResourceNotFoundException"
    status = 404


class AccessDeniedException(MWAAException):
    """IAM does not allow the call."""

    code = "AccessDeniedException"
    status = 403
    message_member = "Message"


class ThrottlingException(MWAAException):
    """Too many calls. The model does not declare it; boto3 shows it all the same."""

    code = "ThrottlingException"
    status = 429


class SerializationException(MWAAException):
    """The request is not what the protocol asks for, as every AWS service of this protocol says it."""

    code = "SerializationException"


class UnknownOperationException(MWAAException):
    """No operation has this method and path."""

    code = "UnknownOperationException"
    status = 404


class MissingAuthenticationTokenException(MWAAException):
    """The request is not signed, while IAM is enforced."""

    code = "MissingAuthenticationTokenException"
    status = 403


class UnrecognizedClientException(MWAAException):
    """The access key is not known, while IAM is enforced."""

    code = "UnrecognizedClientException"
    status = 403


class InvalidSignatureException(MWAAException):
    """The signature does not match, while IAM is enforced."""

    code = "InvalidSignatureException"
    status = 403


class _RestApiException(MWAAException):
    """What Airflow's REST API answered, when it was an error. There are no words besides."""

    def __init__(self, status: int, response: object) -> None:
        super().__init__("")
        self.rest_api_status_code = status
        self.rest_api_response = response

    def members(self) -> dict[str, Any]:
        return {"RestApiStatusCode": self.rest_api_status_code, "RestApiResponse": self.rest_api_response}


class RestApiClientException(_RestApiException):
    """Airflow's REST API answered with 4xx."""

    code = "RestApiClientException"


class RestApiServerException(_RestApiException):
    """Airflow's REST API answered with 5xx, or did not answer in time."""

    code = "RestApiServerException"
