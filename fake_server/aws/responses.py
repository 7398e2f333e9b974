"""From a request to an operation and back to an answer: moto's request handler of this service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ConnectionClosedError
from moto.core.responses import BaseResponse
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from fake_server.aws.authorization import ROLE_OPERATIONS, Authorization, resources_of
from fake_server.aws.environments import is_web_server_host, web_servers
from fake_server.aws.exceptions import (
    MWAAException,
    ResourceNotFoundException,
    UnknownOperationException,
    ValidationException,
)
from fake_server.aws.identity import iam_identity
from fake_server.aws.models import LARGEST_PAGE, MWAABackend, mwaa_backends
from fake_server.aws.operations import find_operation, read_input, write_output
from fake_server.aws.validation import check_input
from fake_server.faults import ConnectionReset
from fake_server.journal import JournalEntry, answer_text

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from fake_server.aws.environment import Environment

Answer = tuple[int, dict[str, str], Any]

#: The operations that an environment's journal tells of: those that concern its web server.
_RECORDED = frozenset({"CreateCliToken", "CreateWebLoginToken", "InvokeRestApi"})


def respond(request: Any, full_url: str, headers: Any) -> Answer:
    """What moto calls for every URL of this service."""
    if is_web_server_host(urlsplit(full_url).netloc):
        chunks, status, answer_headers = run_wsgi_app(web_servers, _environ(request, full_url), buffered=True)
        return int(status.split(" ", 1)[0]), dict(answer_headers), b"".join(chunks)
    return MWAAResponse().respond(request, full_url, headers)


def _environ(request: Any, full_url: str) -> dict[str, Any]:
    """The WSGI environment of a request, which moto has made already, or (before 5.2.2) not yet."""
    if hasattr(request, "environ"):
        return dict(request.environ)
    url = urlsplit(full_url)
    builder = EnvironBuilder(
        method=request.method,
        base_url=f"{url.scheme}://{url.netloc}",
        path=url.path,
        query_string=url.query,
        headers=list(request.headers.items()),
        data=request.body or b"",
    )
    return dict(builder.get_environ())


class CallBrokenOff(ConnectionClosedError, ConnectionReset):
    """A call was ordered to break off: botocore's own error for that, so that clients try again as they would."""


class MWAAResponse(BaseResponse):
    """Handles one request to the control plane. Each operation is a method of its name, in the case of Python."""

    operation: OperationModel
    members: dict[str, Any]
    authorization: Authorization

    def __init__(self) -> None:
        super().__init__(service_name="mwaa")

    @property
    def backend(self) -> MWAABackend:
        """The environments of the caller's account and region."""
        return mwaa_backends[self.current_account][self.region]

    def respond(self, request: Any, full_url: str, headers: Any) -> Answer:
        """Find the operation, ask IAM, check the input, act; in this order, as AWS does."""
        self.setup_class(request, full_url, headers, use_raw_body=True)
        found = find_operation(request.method, self.raw_path)
        if found is None:
            return self._refused(UnknownOperationException("There is no such operation."))
        self.operation, labels = found
        environment = self.backend.environments.get(_name_in(labels))
        answer = self._answer(labels, environment)
        if environment is not None and self.operation.name in _RECORDED:
            self._record(environment, answer)
        return answer

    def _answer(self, labels: dict[str, str], environment: Environment | None) -> Answer:
        faults = [self.backend.faults, *([environment.faults] if environment is not None else ())]
        for ordered in faults:
            fault = ordered.take_operation(self.operation.name)
            if fault is None:
                continue
            ordered.sleep(fault.delay)
            if fault.reset:
                raise CallBrokenOff(endpoint_url=self.uri)
            if fault.status is not None:
                return fault.status, dict(fault.headers), fault.body
        try:
            self._authorize(labels, environment)
            query = parse_qs(self.parsed_url.query, keep_blank_values=True)
            self.members = read_input(self.operation, labels, query, self.raw_body or b"")
            self._check_input()
            result: dict[str, Any] = getattr(self, _snake_case(self.operation.name))()
        except MWAAException as error:
            return self._refused(error)
        return 200, self._headers(), write_output(self.operation, result)

    def _check_input(self) -> None:
        try:
            check_input(self.operation, self.members)
        except ValidationException as error:
            # An operation that does not declare ValidationException can only say that there is no such thing.
            if any(shape.name == error.code for shape in self.operation.error_shapes):
                raise
            raise ResourceNotFoundException(error.message) from None

    # IAM

    def _get_action(self) -> str:
        # moto's own way also believes a query parameter of the name Action.
        return self.operation.name

    def _authorize(self, labels: dict[str, str], environment: Environment | None) -> None:
        scope = f"arn:{self.partition}:airflow:{self.region}:{self.current_account}:"
        choice = environment.assumptions["role_if_several_allowed"] if environment is not None else "highest"
        resources = resources_of(self.operation.name, labels, scope, highest_first=choice == "highest")
        self.authorization = Authorization(resources)
        if not self.raw_body:
            # moto would otherwise sign what it made of the query string or the headers.
            self.data = {}
        try:
            # moto wants a class here and calls it.
            self._authenticate_and_authorize_action(self.authorization.iam_request)  # type: ignore[arg-type]
        except (HTTPException, KeyError, IndexError) as error:
            raise self.authorization.refusal(error, self.operation.name) from error

    @property
    def _identity(self) -> str:
        return iam_identity(self.current_account, self.region, self.access_key)

    @property
    def _role(self) -> str | None:
        return self.authorization.role if self.operation.name in ROLE_OPERATIONS else None

    # Operations

    def create_environment(self) -> dict[str, Any]:
        return {"Arn": self.backend.create_environment(self.members["Name"], self.members).arn}

    def get_environment(self) -> dict[str, Any]:
        environment = self.backend.get_environment(self.members["Name"])
        environment.lifecycle.advance()
        # The call itself may have been the one that ended a deletion.
        return {"Environment": self.backend.get_environment(self.members["Name"]).describe()}

    def list_environments(self) -> dict[str, Any]:
        names, next_token = self.backend.list_environments(
            self.members.get("MaxResults", LARGEST_PAGE), self.members.get("NextToken")
        )
        return {"Environments": names, "NextToken": next_token}

    def update_environment(self) -> dict[str, Any]:
        return {"Arn": self.backend.update_environment(self.members["Name"], self.members).arn}

    def delete_environment(self) -> dict[str, Any]:
        self.backend.delete_environment(self.members["Name"])
        return {}

    def list_tags_for_resource(self) -> dict[str, Any]:
        return {"Tags": dict(self.backend.tags_of(self.members["ResourceArn"]))}

    def tag_resource(self) -> dict[str, Any]:
        self.backend.tag_resource(self.members["ResourceArn"], self.members["Tags"])
        return {}

    def untag_resource(self) -> dict[str, Any]:
        self.backend.untag_resource(self.members["ResourceArn"], self.members["tagKeys"])
        return {}

    def create_cli_token(self) -> dict[str, Any]:
        return self.backend.create_cli_token(self.members["Name"])

    def create_web_login_token(self) -> dict[str, Any]:
        return self.backend.create_web_login_token(self.members["Name"], identity=self._identity, role=self._role)

    def invoke_rest_api(self) -> dict[str, Any]:
        return self.backend.invoke_rest_api(
            self.members["Name"], self.members, identity=self._identity, role=self._role
        )

    def publish_metrics(self) -> dict[str, Any]:
        """Deprecated and internal: the data are ignored, as the model's documentation says."""
        return {}

    # Answers

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {**self.response_headers, "Content-Type": "application/json"}
        self._enrich_response(headers, "")
        return headers

    def _refused(self, error: MWAAException) -> Answer:
        headers = {**self._headers(), "x-amzn-ErrorType": error.code}
        return error.status, headers, json.dumps({"__type": error.code, **error.members()})

    def _record(self, environment: Environment, answer: Answer) -> None:
        status, headers, body = answer
        refusal = None
        if status >= 400:
            code = next((value for name, value in headers.items() if name.lower() == "x-amzn-errortype"), "")
            refusal = f"{code}: {_message(body)}".strip(": ")
        environment.journal.record(
            JournalEntry(
                time=environment.clock.now(),
                method=self.method,
                path=self.path,
                status=status,
                principal=self._identity,
                operation=self.operation.name,
                refusal=refusal or None,
                answer=answer_text(body, "application/json"),
            )
        )


def _name_in(labels: dict[str, str]) -> str:
    """The environment that a path is about, if it is about one."""
    return labels.get("Name") or labels.get("EnvironmentName") or labels.get("ResourceArn", "").rpartition("/")[2]


def _message(body: str | bytes) -> str:
    try:
        content = json.loads(body)
        return str(content.get("message") or content.get("Message") or "")
    except (ValueError, AttributeError):
        return ""


def _snake_case(name: str) -> str:
    from botocore import xform_name

    return str(xform_name(name))
