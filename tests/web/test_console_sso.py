from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.web.servers import client_of, make_server

PATH = "/aws_mwaa/aws-console-sso"


def signed(body: bytes, service: str = "airflow") -> dict[str, str]:
    request = AWSRequest("POST", f"https://production.example{PATH}", data=body)
    SigV4Auth(Credentials("AKIAIOSFODNN7EXAMPLE", "secret"), service, "eu-west-1").add_auth(request)
    return dict(request.headers)


class TestPage:
    def test_its_script_hands_the_fragments_token_over(self) -> None:
        answer = client_of(make_server()).get(f"{PATH}?login=true")
        assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
        for part in ("location.hash", '"/aws_mwaa/login"', "URLSearchParams({ token })", 'location.replace("/home")'):
            assert part in answer.text

    def test_it_is_a_page_for_people_too(self) -> None:
        text = client_of(make_server()).get(f"{PATH}?login=true").text
        for part in ('<html lang="en">', "<title>Logging in", "<noscript>", 'role="status"', "<h1>"):
            assert part in text

    def test_names_are_escaped(self) -> None:
        assert "<b>" not in client_of(make_server(name="<b>")).get(PATH).text


class TestSignedCall:
    def test_it_answers_with_a_token_that_logs_in(self) -> None:
        server = make_server(role="Viewer")
        client = client_of(server)
        body = json.dumps({"name": "production"}).encode()
        answer = client.post(PATH, data=body, headers=signed(body))
        assert answer.status_code == 200
        assert answer.json is not None
        assert sorted(answer.json) == ["webServerHostname", "webToken"]
        assert answer.json["webServerHostname"] == "production.example"
        assert client.post("/aws_mwaa/login", data={"token": answer.json["webToken"]}).status_code == 200
        assert client.get("/api/v1/variables").status_code == 403
        assert [entry.operation for entry in server.journal][:2] == ["console_sso", "login"]

    @pytest.mark.parametrize(
        ("headers", "words"),
        [
            ({}, "not signed"),
            ({"Authorization": "Bearer x"}, "no AWS Signature Version 4"),
            ({"Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c"}, "no AWS Signature Version 4"),
            (signed(b"{}", service="s3"), "signed for the service 's3'; expected 'airflow'"),
        ],
    )
    def test_a_request_that_is_not_signed_for_airflow_is_refused(self, headers: dict[str, str], words: str) -> None:
        server = make_server()
        answer = client_of(server).post(PATH, data=b'{"name": "production"}', headers=headers)
        assert answer.status_code == 403
        assert answer.json is not None
        assert words in answer.json["message"]
        assert words in (server.journal[0].refusal or "")

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            (b"", 400, "not JSON"),
            (b"\xff", 400, "not JSON"),
            (b"[]", 400, 'no text "name"'),
            (b"{}", 400, 'no text "name"'),
            (b'{"name": 5}', 400, 'no text "name"'),
            (b'{"name": "staging"}', 404, "belongs to 'production', not to 'staging'"),
        ],
    )
    def test_a_missing_or_wrong_name_is_refused(self, body: bytes, status: int, words: str) -> None:
        answer = client_of(make_server()).post(PATH, data=body, headers=signed(body))
        content: Any = answer.json
        assert answer.status_code == status
        assert words in content["message"]
        assert "webToken" not in content
