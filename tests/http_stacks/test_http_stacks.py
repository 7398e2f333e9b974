"""Every common HTTP library against a live environment: one command with its token, over HTTPS with trust in place.

In this process each reaches it both under ``localhost`` and under the name that AWS gives; in a child under
``localhost``. Where a library is not installed its test is skipped; ``tox -e stacks`` has them all.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fake_server import FakeMWAA

pytestmark = [
    pytest.mark.parametrize(
        "hostname",
        [pytest.param(name, marks=pytest.mark.mwaa(hostname=name)) for name in ("localhost", "aws")],
    ),
]

Send = Callable[[str, Mapping[str, str], bytes], Any]


def send_by_requests(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    import requests

    return requests.post(url, data=body, headers=headers, timeout=60).json()


def send_by_urllib3(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    import urllib3

    with urllib3.PoolManager(ssl_context=ssl.create_default_context()) as pool:
        return json.loads(pool.request("POST", url, body=body, headers=dict(headers)).data)


def send_by_urllib(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def send_by_http_client(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    host, _, path = url.removeprefix("https://").partition("/")
    connection = http.client.HTTPSConnection(host)
    try:
        connection.request("POST", f"/{path}", body, dict(headers))
        return json.load(connection.getresponse())
    finally:
        connection.close()


def send_by_httpx(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    httpx = pytest.importorskip("httpx")
    with httpx.Client(verify=ssl.create_default_context()) as client:
        return client.post(url, content=body, headers=headers).json()


def send_by_httpx_async(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    httpx = pytest.importorskip("httpx")

    async def send() -> Any:
        async with httpx.AsyncClient(verify=ssl.create_default_context()) as client:
            return (await client.post(url, content=body, headers=headers)).json()

    return asyncio.run(send())


def send_by_aiohttp(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    aiohttp = pytest.importorskip("aiohttp")

    async def send() -> Any:
        # Without a context of its own it would trust whom it trusted when it was imported.
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(), resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=connector) as session:
            async with session.post(url, data=body, headers=headers) as answer:
                return await answer.json()

    return asyncio.run(send())


SENDERS: dict[str, Send] = {
    "requests": send_by_requests,
    "urllib3": send_by_urllib3,
    "urllib": send_by_urllib,
    "http.client": send_by_http_client,
    "httpx": send_by_httpx,
    "httpx, async": send_by_httpx_async,
    "aiohttp": send_by_aiohttp,
}


def check(mwaa: FakeMWAA, envelope: Any) -> None:
    assert base64.b64decode(envelope["stdout"]).decode().endswith(f"{mwaa.airflow_version}\n")
    mwaa.journal.assert_called("version", times=1)


@pytest.mark.parametrize("library", SENDERS)
def test_libraries(mwaa_live: FakeMWAA, mwaa_client: Any, hostname: str, library: str) -> None:
    token = mwaa_client.create_cli_token(Name=mwaa_live.name)
    assert token["WebServerHostname"].endswith("amazonaws.com") == (hostname == "aws")
    headers = {"Authorization": f"Bearer {token['CliToken']}", "Content-Type": "text/plain"}

    check(mwaa_live, SENDERS[library](f"https://{token['WebServerHostname']}/aws_mwaa/cli", headers, b"version"))


def test_botocore(mwaa_live: FakeMWAA, hostname: str) -> None:
    import botocore.session

    client: Any = botocore.session.get_session().create_client("mwaa")
    assert client.create_cli_token(Name=mwaa_live.name)["WebServerHostname"] == mwaa_live.hostname
    client.close()


def test_aiobotocore(mwaa_live: FakeMWAA, hostname: str) -> None:
    session = pytest.importorskip("aiobotocore.session")

    async def token() -> Any:
        async with session.get_session().create_client("mwaa") as client:
            return await client.create_cli_token(Name=mwaa_live.name)

    assert asyncio.run(token())["WebServerHostname"] == mwaa_live.hostname


CHILDREN = {
    "curl": 'curl -sS --fail -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: text/plain" -d version "$URL"',
    "node": (
        'node -e \'const https = require("https"), environment = process.env; '
        "const headers = {Authorization: `Bearer ${environment.TOKEN}`}; "
        'https.request(environment.URL, {method: "POST", headers}, (answer) => answer.pipe(process.stdout))'
        '.end("version")\''
    ),
}


@pytest.mark.parametrize("program", CHILDREN)
def test_children(mwaa_live: FakeMWAA, mwaa_client: Any, hostname: str, program: str) -> None:
    _require(program, hostname)
    token = mwaa_client.create_cli_token(Name=mwaa_live.name)["CliToken"]
    variables = {"TOKEN": token, "URL": f"{mwaa_live.url}/aws_mwaa/cli"}

    check(mwaa_live, json.loads(_run(CHILDREN[program], mwaa_live, variables)))


def test_the_aws_cli(mwaa_live: FakeMWAA, hostname: str) -> None:
    _require("aws", "localhost")
    answer = json.loads(_run(f"aws mwaa create-cli-token --name {mwaa_live.name} --output json", mwaa_live, {}))

    assert answer["WebServerHostname"] == mwaa_live.hostname


def _require(program: str, hostname: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed.")
    if hostname == "aws":
        pytest.skip("names that AWS gives lead to the fake in this process only.")


def _run(line: str, mwaa: FakeMWAA, variables: Mapping[str, str]) -> str:
    import os

    environment = {"PATH": os.environ["PATH"], **mwaa.env, **variables}
    return subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, check=True).stdout
