"""The pages around a web login token: the one that hands it over, and the one that explains why it was refused."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from tests.web.page_visitors import Page
from tests.web.servers import client_of, make_server


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("expire", "the token expired; tokens are valid for 60 seconds"),
        ("use", "the token was used before"),
        ("swap", "the token was issued for another environment"),
        ("cut", "not a token of this service"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(spoil: str, words: str) -> None:
    server = make_server(name="reports", assume={"web_token_single_use": True})
    token = server.tokens.mint_web_token("dev", "Admin")
    if spoil == "expire":
        server.airflow.clock.advance(61)
    elif spoil == "use":
        assert client_of(server).post("/aws_mwaa/login", data={"token": token}).status_code == 200
    elif spoil == "swap":
        token = make_server(name="other").tokens.mint_web_token("dev", "Admin")
    else:
        token = token.rpartition(".")[0]
    page = Page(client_of(server).post("/aws_mwaa/login", data={"token": token}))
    assert page.status == 401
    for part in (
        "Login refused",
        words,
        "aws mwaa create-web-login-token --name reports",
        "https://reports.example/aws_mwaa/aws-console-sso?login=true#WebToken",
    ):
        assert part in page.text
    assert token not in page.text


def test_the_browser_runs_the_one_script_and_no_other() -> None:
    answer = client_of(make_server()).get("/aws_mwaa/aws-console-sso?login=true")
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "connect-src 'self'" in policy
    assert "default-src 'none'" in policy
