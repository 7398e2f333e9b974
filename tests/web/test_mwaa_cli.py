from __future__ import annotations

import ast
import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.test import TestResponse

from fake_server.web.app import WebServer
from tests.web.servers import client_of, make_server


def bearer(server: WebServer, scheme: str = "Bearer") -> dict[str, str]:
    return {"Authorization": f"{scheme} {server.tokens.mint_cli_token('somebody')}"}


def run(server: WebServer, command: str | bytes, **headers: str) -> TestResponse:
    return client_of(server).post("/aws_mwaa/cli", data=command, headers={**bearer(server), **headers})


def value_of(server: WebServer) -> str | None:
    variable = server.airflow.variables.find("k")
    return variable.value if variable is not None else None


def streams(answer: TestResponse) -> tuple[str, str]:
    body: dict[str, str] = json.loads(answer.data)
    return base64.b64decode(body["stdout"]).decode(), base64.b64decode(body["stderr"]).decode()


class TestCommands:
    def test_both_streams_come_in_base64(self) -> None:
        server = make_server()
        answer = run(server, "variables set greeting hello", **{"Content-Type": "text/plain"})
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        assert list(json.loads(answer.data)) == ["stderr", "stdout"]
        assert streams(answer) == ("Variable greeting created\n", "")
        assert streams(run(server, "variables get greeting")) == ("hello\n", "")

    def test_the_body_is_a_python_literal_too(self) -> None:
        body = ast.literal_eval(run(make_server(), "version").text)
        assert base64.b64decode(body["stdout"]) == b"2.10.5\n"
        assert body["stderr"] == ""

    @pytest.mark.parametrize(
        "content_type", ["text/plain", "application/json", "application/x-www-form-urlencoded", ""]
    )
    def test_the_content_type_is_not_looked_at(self, content_type: str) -> None:
        server = make_server()
        assert streams(run(server, "version", **{"Content-Type": content_type})) == ("2.10.5\n", "")
        assert server.journal[0].content_type == content_type

    def test_words_are_split_as_a_shell_does(self) -> None:
        server = make_server()
        run(server, """variables set "a key" '{"k": "\u00fc ;|$(x)"}'""")
        variable = server.airflow.variables.get("a key")
        assert variable is not None
        assert variable.value == '{"k": "\u00fc ;|$(x)"}'

    def test_a_command_that_fails_is_answered_with_200(self) -> None:
        answer = run(make_server(), "variables get nope")
        assert answer.status_code == 200
        assert streams(answer) == ("", "Variable nope does not exist\n")

    def test_or_with_400_if_that_is_assumed(self) -> None:
        server = make_server(assume={"failed_command_status": 400})
        answer = run(server, "variables get nope")
        assert (answer.status_code, streams(answer)[1]) == (400, "Variable nope does not exist\n")
        assert run(server, "version").status_code == 200

    def test_a_usage_error_is_a_failed_command(self) -> None:
        answer = run(make_server(), "dags trigger")
        assert answer.status_code == 200
        assert "dag_id" in streams(answer)[1]

    def test_log_lines_have_the_braces_that_are_assumed_or_are_left_out(self) -> None:
        assert "{{__init__.py:" in streams(run(make_server(), "dags trigger etl"))[0]
        single = make_server(assume={"log_format_braces": "single"})
        assert "] {__init__.py:" in streams(run(single, "dags trigger etl"))[0]
        assert "__init__.py" not in streams(run(make_server(log_lines=False), "dags trigger etl -o json"))[0]

    def test_the_journal_has_the_decoded_command(self) -> None:
        server = make_server()
        run(server, "dags pause etl")
        entry = server.journal[0]
        assert (entry.operation, entry.command, entry.principal) == ("cli", "dags pause etl", "somebody")
        assert server.journal.cli_commands == ["dags pause etl"]

    @pytest.mark.parametrize(
        "text",
        [
            """airflow variables set k '{"a": "b c"}'""",
            r"""variables set k "{\"a\": \"b c\"}" """,
            """variables set k {\\"a\\":\\ \\"b\\ c\\"}""",
            """  variables\tset\n k  '{"a": "b c"}' \r\n""",
            """variables set k '{"a": '\\"'b c'\\"}""",
        ],
    )
    def test_every_way_of_quoting(self, text: str) -> None:
        server = make_server()
        assert run(server, text).status_code == 200
        assert value_of(server) == '{"a": "b c"}'

    def test_unquoted_json_breaks_as_in_a_shell(self) -> None:
        answer = run(make_server(), 'dags trigger etl -c {"k":"v"}')
        assert streams(answer)[1].splitlines()[-1].startswith("json.decoder.JSONDecodeError: Expecting property name")

    def test_nothing_is_ever_executed(self) -> None:
        server = make_server()
        for value in (
            "; touch x",
            "| cat",
            "$(touch x)",
            "`touch x`",
            "&& true",
            "> x",
            "$HOME",
            "*",
            "~",
            "a\tb\x07\x1b[0m",
        ):
            assert run(server, f"variables set k '{value}'").status_code == 200
            assert value_of(server) == value

    def test_what_a_shell_would_act_on_is_one_more_word(self) -> None:
        answer = run(make_server(), "version ; variables set k v")
        assert "unrecognized arguments: ; variables set k v" in streams(answer)[1]
        answer = run(make_server(), "variables get k | cat")
        assert "unrecognized arguments: | cat" in streams(answer)[1]

    def test_text_of_all_languages_goes_there_and_back(self) -> None:
        server = make_server()
        text = "\u00fc \u4f60\u597d \U0001f680 \u202e"
        run(server, f"variables set k '{text}'".encode())
        assert streams(run(server, "variables get k")) == (f"{text}\n", "")

    def test_a_command_of_a_megabyte_runs_where_the_limit_allows_it(self) -> None:
        server = make_server(assume={"maximum_command_bytes": 2 * 1024 * 1024})
        assert run(server, "variables set k " + "v" * 1024 * 1024).status_code == 200
        assert streams(run(server, "variables get k"))[0] == "v" * 1024 * 1024 + "\n"


class TestManyAtOnce:
    def test_there_is_no_limit_unless_one_is_assumed(self) -> None:
        server = make_server()
        assert [run(server, "version").status_code for _ in range(20)] == [200] * 20

    def test_a_command_keeps_its_place_for_some_seconds(self) -> None:
        server = make_server(assume={"concurrent_commands": 2, "command_seconds": 5.0})
        assert [run(server, "variables set k v").status_code for _ in range(3)] == [200, 200, 504]
        server.airflow.clock.advance(5.1)
        assert run(server, "version").status_code == 200

    def test_what_clients_meet_is_a_page_of_whoever_stands_before_the_server(self) -> None:
        server = make_server(assume={"concurrent_commands": 1})
        run(server, "version")
        answer = run(server, "variables set k v")
        assert (answer.text, answer.content_type) == ("Gateway Timeout", "text/plain; charset=utf-8")
        assert server.journal[-1].refusal == "1 commands are under way already"
        assert server.airflow.variables.find("k") is None

    def test_or_502(self) -> None:
        server = make_server(assume={"concurrent_commands": 1, "too_many_commands_status": 502})
        run(server, "version")
        answer = run(server, "version")
        assert (answer.status_code, answer.text) == (502, "Bad Gateway")

    def test_a_refused_command_takes_no_place(self) -> None:
        server = make_server(assume={"concurrent_commands": 1})
        assert [run(server, command).status_code for command in ("users list", "", "version")] == [500, 400, 200]


class TestGraphviz:
    def test_every_dags_command_warns_where_it_is_not_installed(self) -> None:
        server = make_server(assume={"graphviz_installed": False})
        assert "Could not import graphviz" in streams(run(server, "dags list"))[1]
        assert streams(run(server, "version"))[1] == ""
        assert streams(run(make_server(), "dags list"))[1] == ""


class TestAirflow110:
    def test_it_has_the_commands_of_1_10(self) -> None:
        server = make_server(version="1.10.12")
        out, err = streams(run(server, "trigger_dag etl -r one -c '{}'"))
        assert "Using executor CeleryExecutor\nCreated <DagRun etl @ " in out
        assert out.endswith(": one, externally triggered: True>\n")
        assert "] {{__init__.py:50}} INFO - " in out
        assert err == ""

    def test_what_mwaa_does_not_support_is_refused(self) -> None:
        server = make_server(version="1.10.12")
        assert run(server, "connections -l").status_code == 500
        assert run(server, "pool").status_code == 200

    def test_commands_of_airflow_2_are_none(self) -> None:
        answer = run(make_server(version="1.10.12"), "dags list")
        assert answer.status_code == 200
        assert "invalid choice: 'dags'" in streams(answer)[1]


class TestTokens:
    def test_a_token_may_be_used_again(self) -> None:
        server = make_server()
        header = bearer(server)
        client = client_of(server)
        assert [client.post("/aws_mwaa/cli", data="version", headers=header).status_code for _ in range(3)] == [200] * 3

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
    def test_the_scheme_is_not_case_sensitive(self, scheme: str) -> None:
        server = make_server()
        answer = client_of(server).post("/aws_mwaa/cli", data="version", headers=bearer(server, scheme))
        assert answer.status_code == 200

    def test_it_expires_after_60_seconds(self) -> None:
        server = make_server()
        header = bearer(server)
        client = client_of(server)
        server.airflow.clock.advance(58)
        assert client.post("/aws_mwaa/cli", data="version", headers=header).status_code == 200
        server.airflow.clock.advance(3)
        self._check_refused(server, header, "expired")

    def test_no_header(self) -> None:
        self._check_refused(make_server(), {}, "there is no Authorization header")

    @pytest.mark.parametrize(
        ("header", "reason"),
        [
            ("Basic YTpi", "scheme is 'basic'; expected 'Bearer'"),
            ("Token abc", "scheme is 'token'"),
            ("Bearer", "no token behind 'Bearer'"),
            ("Bearer ", "no token behind 'Bearer'"),
            ("Bearer garbage", "not a token of this service"),
            ("Bearer a.b.c", "not a token of this service"),
            ("Bearer \xe9", "not a token of this service"),
        ],
    )
    def test_other_schemes_and_garbage(self, header: str, reason: str) -> None:
        self._check_refused(make_server(), {"Authorization": header}, reason)

    def test_a_wrong_signature(self) -> None:
        server = make_server()
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        token = jwt.encode(self._claims(server), key, algorithm="RS256", headers={"kid": "production"})
        self._check_refused(server, {"Authorization": f"Bearer {token}"}, "signature does not match")

    def test_an_algorithm_of_none(self) -> None:
        server = make_server()
        token = jwt.encode(self._claims(server), "", algorithm="none", headers={"kid": "production"})
        self._check_refused(server, {"Authorization": f"Bearer {token}"}, "not a token of this service")

    def test_a_token_for_another_environment(self) -> None:
        self._check_refused(make_server(), bearer(make_server(name="staging")), "issued for another environment")

    def test_a_web_login_token(self) -> None:
        server = make_server()
        token = server.tokens.mint_web_token("somebody", "Admin")
        self._check_refused(server, {"Authorization": f"Bearer {token}"}, "not one for 'cli'")

    def test_status_and_body_are_assumptions(self) -> None:
        server = make_server(assume={"refused_cli_token_status": 401, "refused_cli_token_body": "Who?"})
        answer = client_of(server).post("/aws_mwaa/cli", data="version")
        assert (answer.status_code, answer.text) == (401, "Who?")

    def _claims(self, server: WebServer) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            server.tokens.mint_cli_token("somebody"), options={"verify_signature": False}
        )
        return claims

    def _check_refused(self, server: WebServer, headers: dict[str, str], reason: str) -> None:
        answer = client_of(server).post("/aws_mwaa/cli", data="variables set a b", headers=headers)
        assert (answer.status_code, answer.text) == (403, "Forbidden")
        assert len(server.airflow.variables) == 0
        entry = server.journal[-1]
        assert reason in (entry.refusal or "")
        assert (entry.command, entry.principal) == (None, None)


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            (b"", 400, "the body is empty; expected an Airflow command"),
            (b" \n\t", 400, "the body is empty"),
            (b"variables set a \xff", 400, "byte 16 of the body is not UTF-8"),
            (b"variables set a \xe4\xf6", 400, "is not UTF-8"),
            (b"variables set a 'b", 400, "no closing quotation"),
            (b"variables set a b\\", 400, "cannot be split into words"),
            (b"variables set a b\0", 400, "holds a NUL"),
            (b"variables set a " + b"b" * 131072, 413, "131088 bytes long; at most 131072 are accepted"),
        ],
    )
    def test_what_is_no_command_gets_a_clear_answer(self, body: bytes, status: int, words: str) -> None:
        server = make_server()
        answer = run(server, body)
        assert (answer.status_code, answer.content_type) == (status, "text/plain; charset=utf-8")
        assert words in answer.text
        assert words in (server.journal[0].refusal or "")
        assert len(server.airflow.variables) == 0
        assert run(server, "version").status_code == 200

    def test_the_token_is_looked_at_first(self) -> None:
        assert client_of(make_server()).post("/aws_mwaa/cli", data=b"\xff").status_code == 403

    def test_status_and_limit_are_assumptions(self) -> None:
        server = make_server(assume={"malformed_command_status": 500, "maximum_command_bytes": 10})
        assert run(server, "").status_code == 500
        assert run(server, "variables list").status_code == 413
        assert run(server, "version").status_code == 200

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "FOO"])
    def test_other_methods_are_not_allowed(self, method: str) -> None:
        server = make_server()
        answer = client_of(server).open("/aws_mwaa/cli", method=method, headers=bearer(server))
        assert answer.status_code == 405

    def test_a_trailing_slash_makes_no_difference(self) -> None:
        server = make_server()
        answer = client_of(server).post("/aws_mwaa/cli/", data="version", headers=bearer(server))
        assert streams(answer) == ("2.10.5\n", "")


class TestUnsupportedCommands:
    @pytest.mark.parametrize("command", ["users list", "connections list", "pools list", "db upgrade"])
    def test_they_are_refused(self, command: str) -> None:
        server = make_server()
        answer = run(server, command)
        assert answer.status_code == 500
        assert f"does not support the command {command!r}" in answer.text
        assert server.failures == []
        assert server.journal[0].command == command

    def test_the_status_is_an_assumption(self) -> None:
        assert run(make_server(assume={"unsupported_command_status": 400}), "users list").status_code == 400

    def test_they_run_if_that_is_allowed(self) -> None:
        answer = run(make_server(cli_unsupported="allow"), "users list --help")
        assert answer.status_code == 200
        assert "airflow users list" in streams(answer)[0]

    def test_they_fail_the_test_if_that_is_wanted(self) -> None:
        server = make_server(cli_unsupported="fail")
        assert run(server, "users list").status_code == 500
        (failure,) = server.failures
        assert "'users list'" in failure
        assert "production" in failure

    def test_what_is_no_command_at_all_is_for_the_parser(self) -> None:
        answer = run(make_server(), "trigger_dag etl")
        assert answer.status_code == 200
        assert "trigger_dag" in streams(answer)[1]
