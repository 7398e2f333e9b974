"""The plugin in pytest runs of all kinds."""

from __future__ import annotations

import pytest


def test_the_header_says_what_the_run_has_from_where(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.runpytest().stdout.fnmatch_lines(["mwaa: target fake"])
    monkeypatch.setenv("MWAA_ROLE", "Op")
    pytester.runpytest("--mwaa-target=live", "--mwaa-airflow-version=2.9.2").stdout.fnmatch_lines(
        ["mwaa: target live, airflow_version='2.9.2' (--mwaa-airflow-version), role='Op' (MWAA_ROLE)"]
    )


def test_the_marker_is_registered_and_the_fixtures_are_explained(pytester: pytest.Pytester) -> None:
    pytester.runpytest("--markers").stdout.fnmatch_lines(["@pytest.mark.mwaa(airflow_version=*Keywords: environment,*"])
    result = pytester.runpytest("--fixtures")
    for name in ("mwaa", "mwaa_live", "make_mwaa", "mwaa_client", "mwaa_cli", "mwaa_web", "airflow_api"):
        result.stdout.re_match_lines([rf"{name} -- .*"])


def test_without_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(mwaa): pass")
    result = pytester.runpytest("-p", "no:mwaa")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'mwaa' not found"])
    result.stdout.no_fnmatch_line("mwaa: target*")


def test_unittest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import unittest
        import boto3
        import pytest

        @pytest.mark.mwaa(environment="reports")
        @pytest.mark.usefixtures("mwaa")
        class TestReports(unittest.TestCase):
            def test_it(self):
                self.assertEqual(boto3.client("mwaa").list_environments()["Environments"], ["reports"])

        class TestHandle(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _environment(self, mwaa):
                self.mwaa = mwaa

            def test_it(self):
                self.mwaa.variables["key"] = "value"
        """
    )
    pytester.runpytest().assert_outcomes(passed=2)


def test_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        @pytest.mark.parametrize("target", ["fake", pytest.param("live", marks=pytest.mark.mwaa(target="live"))])
        def test_it(mwaa_cli, mwaa, number, target):
            assert mwaa_cli(f"variables set key {number}").status_code == 200
            assert mwaa.variables == {"key": str(number)}

        @pytest.mark.mwaa(role="Boss")
        def test_wrong(): pass
        """
    )
    result = pytester.runpytest("-n", "2")
    result.assert_outcomes(passed=12, errors=1)
    result.stdout.fnmatch_lines(["*UsageError: *::test_wrong: @pytest.mark.mwaa: role: expected one of*"])


@pytest.mark.parametrize("target", ["fake", "live"])
def test_the_target_of_a_run(pytester: pytest.Pytester, target: str) -> None:
    pytester.makepyfile(
        f"def test_it(mwaa, mwaa_cli): assert mwaa.is_live == {target == 'live'} and mwaa_cli('version')"
    )
    pytester.runpytest(f"--mwaa-target={target}").assert_outcomes(passed=1)


class TestUnsupportedCommands:
    SCRIPT = """
        import pytest

        @pytest.mark.mwaa(cli_unsupported={!r})
        def test_it(mwaa_cli):
            assert mwaa_cli("users list").status_code == {}
        """

    def test_fail(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(self.SCRIPT.format("fail", 500))
        result = pytester.runpytest()
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(["*Amazon MWAA does not support the command 'users list' with Airflow 2.10.5*"])

    def test_refuse(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(self.SCRIPT.format("refuse", 500))
        pytester.runpytest().assert_outcomes(passed=1)


def test_the_experimental_api_has_to_be_switched_on(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(airflow_experimental_api): pass")
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.mwaa(config={'api.enable_experimental_api': 'True'})*"])


def test_nothing_is_left_behind(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os, threading
        from pathlib import Path
        import pytest

        def open_files():
            return len(list(Path("/proc/self/fd").iterdir()))

        @pytest.fixture(scope="module")
        def before():
            return {}

        @pytest.fixture(autouse=True)
        def compare(before, request):
            # Set up before, torn down behind all other fixtures.
            now = lambda: (dict(os.environ) | {"PYTEST_CURRENT_TEST": ""}, threading.active_count(), open_files())
            yield
            if before:
                assert now() == before["state"]
            elif "first" in request.node.name:
                before["state"] = now()

        @pytest.mark.parametrize("name", ["first", *map(str, range(5))])
        def test_it(mwaa, mwaa_cli, mwaa_web, airflow_api, make_mwaa, name):
            make_mwaa()
            assert mwaa_cli("version").status_code == 200

        @pytest.mark.parametrize("name", ["first", *map(str, range(5))])
        def test_live(mwaa_live, mwaa_cli, mwaa_web, airflow_api, make_mwaa, name):
            make_mwaa()
            assert mwaa_cli("version").status_code == 200
        """
    )
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=12)


def test_a_skipped_test_has_no_fault_to_answer_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_skipped(mwaa):
            mwaa.faults.add(path="/nope", status=500)
            pytest.skip("not today")

        def test_passed(mwaa):
            mwaa.faults.add(path="/nope", status=500)
        """
    )
    pytester.runpytest().assert_outcomes(skipped=1, passed=1, errors=1)


def test_who_cannot_reach_an_environment_in_process_is_told_how(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx

        def test_it(mwaa):
            httpx.get(f"{mwaa.url}/health")
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Amazon MWAA's reach*", "*runs in process*ask for the fixture mwaa_live*"])
