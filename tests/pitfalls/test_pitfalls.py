"""Each pitfall as a client meets it, and the fixture around them."""

from __future__ import annotations

import json
import re

import pytest
import requests
from botocore.exceptions import ClientError

from fake_server import FakeMWAA
from pytest_mwaa.clients import APIClient, CommandLine, LoginRefused, WebSession, log_in
from pytest_mwaa.pitfalls import PITFALLS, Pitfall, pitfalls_named

pytestmark = pytest.mark.mwaa(dags=["etl"])

only = pytest.mark.mwaa_pitfalls


@only("token_expires_between_calls")
def test_between_calls(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    token = mwaa_cli.mint_token()
    assert [mwaa_cli("version", token=token).status_code for _ in range(2)] == [200, 403]
    assert mwaa_cli("version").status_code == 200


@only("token_expires_inside_a_loop")
def test_inside_a_loop(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    token = mwaa_cli.mint_token()
    assert [mwaa_cli("version", token=token).status_code for _ in range(4)] == [200, 200, 200, 403]
    assert mwaa_cli("version").status_code == 200


@only("forbidden_without_json", "bad_gateway", "gateway_timeout")
def test_refusals(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    statuses = {"forbidden_without_json": 403, "bad_gateway": 502, "gateway_timeout": 504}
    answer = mwaa_cli("version")
    assert answer.status_code == statuses[mwaa_pitfall.name]
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.raw.json()
    assert mwaa_cli("version").status_code == 200


@only("connection_reset")
def test_connection_reset(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    with pytest.raises(requests.ConnectionError):
        mwaa_cli("version")
    assert mwaa_cli("version").status_code == 200


@only("slow_answer")
def test_slow_answer(mwaa_pitfall: Pitfall, mwaa: FakeMWAA) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{mwaa.url}/health", timeout=0.1)


@only("token_calls_throttled")
def test_throttled(mwaa_pitfall: Pitfall, mwaa: FakeMWAA) -> None:
    answer = mwaa.client("mwaa").create_cli_token(Name=mwaa.name)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


@only("failure_inside_a_200")
def test_failure_inside_a_200(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    answer = mwaa_cli("variables set key value")
    assert answer.status_code == 200
    # As of a real command that fails, there are log lines in stdout; nothing else is.
    assert all(re.match(r"\[\d{4}-.*\] \{\{.*\}\} INFO", line) for line in answer.stdout.splitlines())
    assert "Traceback" in answer.stderr
    assert "created" in mwaa_cli("variables set key value").stdout


@only("warnings_on_stderr")
def test_warnings(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    answer = mwaa_cli("version")
    assert answer.stdout.endswith("2.10.5\n")
    assert "FutureWarning" in answer.stderr


@only("log_line_before_the_json")
@pytest.mark.mwaa(log_lines="off")
def test_log_line(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    stdout = mwaa_cli("dags trigger etl -o json").stdout
    assert re.match(r"\[\d{4}-\d\d-\d\dT.*\] \{\{.*\}\} INFO", stdout)
    with pytest.raises(json.JSONDecodeError):
        json.loads(stdout)


@only("output_of_another_version")
def test_older_words(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine, mwaa: FakeMWAA) -> None:
    stdout = mwaa_cli("dags trigger etl --run-id mine").stdout
    assert re.search(r"\nCreated <DagRun etl @ \S+: mine, externally triggered: True>\n\Z", stdout)
    assert mwaa_cli("version").stdout.endswith("2.10.5\n")


@only("redirect_of_the_command_path")
def test_redirect(mwaa_pitfall: Pitfall, mwaa_cli: CommandLine) -> None:
    answer = mwaa_cli("version")
    assert (answer.status_code, [step.status_code for step in answer.raw.history]) == (200, [307])


@only("secure_cookie_over_http")
def test_secure_cookie(mwaa_pitfall: Pitfall, mwaa: FakeMWAA) -> None:
    token = mwaa.client("mwaa").create_web_login_token(Name=mwaa.name)["WebToken"]
    with requests.Session() as session:
        url = f"http://{mwaa.hostname}"
        assert session.post(f"{url}/aws_mwaa/login", data={"token": token}).status_code == 200
        assert session.get(f"{url}/api/v1/dags").status_code == 401


@only("session_gone_after_12_hours")
def test_session_gone(mwaa_pitfall: Pitfall, mwaa: FakeMWAA, airflow_api: APIClient) -> None:
    assert [airflow_api.get("/dags").status_code for _ in range(2)] == [200, 401]
    log_in(airflow_api, mwaa)
    assert airflow_api.get("/dags").status_code == 200


@only("invoke_rest_api_denied")
def test_denied(mwaa_pitfall: Pitfall, mwaa: FakeMWAA) -> None:
    with pytest.raises(ClientError, match=r"AccessDeniedException.*Airflow role"):
        mwaa.client("mwaa").invoke_rest_api(Name=mwaa.name, Path="/dags", Method="GET")


@only("environment_updating")
def test_updating(mwaa_pitfall: Pitfall, mwaa: FakeMWAA) -> None:
    client = mwaa.client("mwaa")
    assert client.get_environment(Name=mwaa.name)["Environment"]["Status"] == "UPDATING"
    for _ in range(2):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.create_cli_token(Name=mwaa.name)
    assert client.create_cli_token(Name=mwaa.name)["CliToken"]


def test_every_pitfall_is_met_by_a_client_that_does_it_all(mwaa_pitfall: Pitfall, mwaa: FakeMWAA) -> None:
    client, command_line = mwaa.client("mwaa"), CommandLine(mwaa)
    for _ in range(2):
        for use in (
            lambda: command_line("dags trigger etl"),
            lambda: client.invoke_rest_api(Name=mwaa.name, Path="/dags", Method="GET"),
            lambda: _use_the_api(mwaa),
        ):
            try:
                use()
            except (requests.RequestException, ClientError, LoginRefused):
                assert mwaa_pitfall.name in {
                    "bad_gateway",
                    "connection_reset",
                    "environment_updating",
                    "invoke_rest_api_denied",
                }
    command_line.close()


def _use_the_api(mwaa: FakeMWAA) -> None:
    with WebSession(mwaa.url) as session:
        log_in(session, mwaa)
        session.get("/api/v1/dags")
        session.get("/api/v1/dags")


class TestFixture:
    def test_a_failure_says_what_the_pitfall_is(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.mwaa_pitfalls("bad_gateway", "forbidden_without_json")
            def test_it(mwaa_pitfall, mwaa_cli):
                assert mwaa_cli("version").status_code == 403
            """
        )
        result = pytester.runpytest()
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(
            [
                "*test_it?bad_gateway?*",
                "*Amazon MWAA's pitfall*",
                "bad_gateway: While the web server is not up, * 502 *",
                "  Confidence: MEDIUM (AWS user guide, troubleshooting*",
            ]
        )

    def test_it_runs_in_all_of_them(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile("def test_it(mwaa_pitfall): pass")
        lines = pytester.runpytest("--collect-only", "-q").outlines
        assert [line.partition("[")[2].rstrip("]") for line in lines if "::test_it[" in line] == list(PITFALLS)

    def test_one_that_was_not_met_is_told(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.mwaa_pitfalls("bad_gateway")
            def test_it(mwaa_pitfall): pass
            """
        )
        result = pytester.runpytest("-rs", "-W", "error")
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(
            ["SKIPPED*test_one_that_was_not_met_is_told.py:3*did not meet the pitfall bad_gateway*"]
        )

    def test_an_unknown_name_stops_the_run(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.mwaa_pitfalls("bad_gatway")
            def test_it(mwaa_pitfall): pass
            """
        )
        result = pytester.runpytest()
        assert result.ret != 0
        result.stdout.fnmatch_lines(["*there is no pitfall 'bad_gatway'. Did you mean 'bad_gateway'?*"])
        # The way to the message is nobody's business.
        assert "pitfalls.py" not in result.stdout.str()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ("['bad_gateway']", "it takes names, each as an argument of its own; got ['bad_gateway']."),
            ("names=['bad_gateway']", "it takes no keywords; got names."),
        ],
    )
    def test_a_marker_that_names_none(self, pytester: pytest.Pytester, arguments: str, words: str) -> None:
        pytester.makepyfile(
            f"""
            import pytest

            @pytest.mark.mwaa_pitfalls({arguments})
            def test_it(mwaa_pitfall): pass
            """
        )
        result = pytester.runpytest()
        assert result.ret != 0
        assert f"::test_it: @pytest.mark.mwaa_pitfalls: {words}" in result.stdout.str()

    def test_a_test_case_cannot_run_in_several(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import unittest

            import pytest

            @pytest.mark.usefixtures("mwaa_pitfall")
            class TestIt(unittest.TestCase):
                def test_it(self): pass
            """
        )
        result = pytester.runpytest()
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*not for a unittest.TestCase*docs/how-to/pitfalls.md*"])

    def test_one_that_fails_is_explained(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.mwaa_pitfalls("bad_gateway")
            def test_it(mwaa_pitfall, mwaa_cli): assert mwaa_cli("version").status_code == 200
            """
        )
        result = pytester.runpytest()
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*pitfall ---*", "bad_gateway: *", "  What helps: *", "  Confidence: *"])

    def test_the_list(self, pytester: pytest.Pytester) -> None:
        result = pytester.runpytest("--mwaa-pitfalls")
        assert result.ret == 0
        assert [line.partition(":")[0] for line in result.outlines if re.match(r"\w+:", line)] == list(PITFALLS)


def test_names() -> None:
    assert [pitfall.name for pitfall in pitfalls_named(["slow_answer", "bad_gateway"])] == [
        "slow_answer",
        "bad_gateway",
    ]
    assert pitfalls_named([]) == list(PITFALLS.values())
