"""The clients that the fixtures hand out. They speak to an environment as any program would: boto3 and ``requests``."""

from __future__ import annotations

import base64
import binascii
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import requests

if TYPE_CHECKING:
    from requests.auth import AuthBase

#: How long a client waits for an answer, in seconds of real time.
TIMEOUT = 60.0


class Target(Protocol):
    """What a client has to know of the environment it talks to."""

    @property
    def name(self) -> str:
        """The environment's name."""

    @property
    def url(self) -> str:
        """Where its web server is, without a slash at the end."""

    def client(self, service: str = "mwaa") -> Any:
        """A boto3 client that reaches the environment's control plane."""


@runtime_checkable
class TargetWithOwnLogin(Protocol):
    """A target where clients do not log in through the web login, or not that alone."""

    def log_in(self, session: requests.Session) -> None:
        """Log ``session`` in."""


class WebSession(requests.Session):
    """A ``requests.Session`` with a base URL: ``session.get("/dags")``. Full URLs work as ever."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url.rstrip("/")

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        text = url.decode() if isinstance(url, bytes) else url
        if "://" not in text:
            text = f"{self.base_url}/{text.lstrip('/')}"
        kwargs.setdefault("timeout", TIMEOUT)
        return super().request(method, text, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"


class APIClient(WebSession):
    """A client of one of Airflow's APIs, logged in through the web login.

    Called, it gives a client for another principal: ``airflow_api(auth=("user", "password"))``, or for nobody:
    ``airflow_api(auth=None)``.
    """

    def __call__(
        self,
        *,
        auth: tuple[str, str] | AuthBase | Callable[[requests.PreparedRequest], requests.PreparedRequest] | None,
    ) -> APIClient:
        client = type(self)(self.base_url)
        # Otherwise requests would look for a password in ~/.netrc.
        client.trust_env = auth is not None or self.trust_env
        client.auth = auth if auth is not None else _no_authorization
        return client


def _no_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class LoginRefused(AssertionError):
    """The environment did not accept a web login token."""


def log_in(session: requests.Session, target: Target) -> None:
    """Log ``session`` in: through the web login, but at a target that has none as that target does.

    :raises LoginRefused: naming the answer.
    """
    if isinstance(target, TargetWithOwnLogin):
        target.log_in(session)
    else:
        log_in_through_web_login(session, target)


def log_in_through_web_login(session: requests.Session, target: Target) -> None:
    """Log ``session`` in as a browser does that follows the console's link "Open Airflow UI".

    :raises LoginRefused: naming the answer.
    """
    token = target.client().create_web_login_token(Name=target.name)["WebToken"]
    page = session.get(f"{target.url}/aws_mwaa/aws-console-sso", params={"login": "true"}, timeout=TIMEOUT)
    answer = session.post(f"{target.url}/aws_mwaa/login", data={"token": token}, timeout=TIMEOUT)
    if not page.ok or not answer.ok:
        failed = answer if page.ok else page
        raise LoginRefused(f"{failed.request.method} {failed.url.split('#')[0]} was answered {failed.status_code}.")


@dataclass(frozen=True)
class CommandAnswer:
    """What came back for a command line."""

    #: The command's words, without ``airflow``.
    argv: tuple[str, ...]
    status_code: int
    #: The decoded streams; empty when the answer was not the JSON of a command.
    stdout: str
    stderr: str
    #: The HTTP response as ``requests`` gave it.
    raw: requests.Response

    def __repr__(self) -> str:
        # Written out, since the response's request holds the token.
        lines = [f"<CommandAnswer {shlex.join(self.argv)!r}: {self.status_code}"]
        streams = {"stdout": self.stdout, "stderr": self.stderr}
        lines += [f"{name}:\n{text.rstrip()}" for name, text in streams.items() if text]
        if not self.stdout and not self.stderr and self.raw.text:
            lines.append(f"body: {self.raw.text[:500]}")
        return "\n".join(lines) + ">"


class CommandLine:
    """Sends Airflow commands through ``/aws_mwaa/cli``: ``mwaa_cli("dags trigger etl")``."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._session = WebSession(target.url)

    def __repr__(self) -> str:
        return f"<CommandLine of {self._target.name}>"

    def mint_token(self) -> str:
        """A new CLI token, good for 60 seconds."""
        token: str = self._target.client().create_cli_token(Name=self._target.name)["CliToken"]
        return token

    def __call__(self, command: str | Sequence[str], *, token: str | None = None) -> CommandAnswer:
        """Run ``command``, a line as in a shell or a list of words, without the word ``airflow``.

        ``token``: one to use again; without it a new one is minted for each command.
        """
        line = command if isinstance(command, str) else shlex.join(command)
        response = self._session.post(
            "/aws_mwaa/cli",
            data=line.encode(),
            headers={
                "Authorization": f"Bearer {token if token is not None else self.mint_token()}",
                "Content-Type": "text/plain",
            },
        )
        stdout, stderr = _streams(response)
        return CommandAnswer(_words(command), response.status_code, stdout, stderr, response)

    def close(self) -> None:
        """End the connections."""
        self._session.close()


def _words(command: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(command, str):
        try:
            words = shlex.split(command)
        except ValueError:
            # Unbalanced quotes: the server has the say about them.
            words = [command]
    else:
        words = list(command)
    return tuple(words[1:] if words[:1] == ["airflow"] else words)


def _streams(response: requests.Response) -> tuple[str, str]:
    try:
        envelope = response.json()
        stdout, stderr = (base64.b64decode(envelope[name]).decode() for name in ("stdout", "stderr"))
    except (ValueError, KeyError, TypeError, binascii.Error):
        return "", ""
    return stdout, stderr
