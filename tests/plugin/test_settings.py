"""Where settings come from, and what is refused."""

from __future__ import annotations

import json

import pytest

from fake_server.options import CLI_UNSUPPORTED, ROLES
from fake_server.settings import SETTINGS
from fake_server.versions import DEFAULT_VERSION
from pytest_mwaa.settings import ALL_SETTINGS

SHOW_VERSION = "def test_it(mwaa): assert mwaa.airflow_version == {!r}"


@pytest.fixture(autouse=True)
def _project(pytester: pytest.Pytester) -> None:
    # What the plugins of others say is no matter here.
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider\nfilterwarnings = error\n")


class TestSources:
    def test_default(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(SHOW_VERSION.format(DEFAULT_VERSION))
        pytester.runpytest().assert_outcomes(passed=1)

    def test_ini(self, pytester: pytest.Pytester) -> None:
        pytester.makeini("[pytest]\nmwaa_airflow_version = 2.4.3\n")
        pytester.makepyfile(SHOW_VERSION.format("2.4.3"))
        pytester.runpytest().assert_outcomes(passed=1)

    def test_a_variable_counts_before_ini(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        pytester.makeini("[pytest]\nmwaa_airflow_version = 2.4.3\n")
        monkeypatch.setenv("MWAA_AIRFLOW_VERSION", "2.5.1")
        pytester.makepyfile(SHOW_VERSION.format("2.5.1"))
        pytester.runpytest().assert_outcomes(passed=1)

    def test_the_command_line_counts_before_variables(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MWAA_AIRFLOW_VERSION", "2.5.1")
        pytester.makepyfile(SHOW_VERSION.format("2.6.3"))
        pytester.runpytest("--mwaa-airflow-version=2.6.3").assert_outcomes(passed=1)

    def test_the_nearest_marker_counts_before_all(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest
            pytestmark = pytest.mark.mwaa(airflow_version="2.7.2", role="Op", environment="module")

            @pytest.mark.mwaa(airflow_version="2.8.1", role="User")
            class TestClass:
                @pytest.mark.mwaa(airflow_version="2.9.2")
                def test_method(self, mwaa):
                    assert (mwaa.airflow_version, mwaa.name) == ("2.9.2", "module")
                    assert mwaa.environment.options.role == "User"

                def test_class(self, mwaa):
                    assert mwaa.airflow_version == "2.8.1"

            def test_module(mwaa):
                assert mwaa.airflow_version == "2.7.2"
            """
        )
        pytester.runpytest("--mwaa-airflow-version=2.6.3").assert_outcomes(passed=3)

    def test_mappings_are_put_together_key_by_key(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytester.makeini(
            "[pytest]\nmwaa_config =\n  api.maximum_page_limit = 1\n  api.fallback_page_limit=1\n  core.parallelism=1\n"
        )
        monkeypatch.setenv("MWAA_CONFIG", json.dumps({"api.fallback_page_limit": "2", "core.parallelism": "2"}))
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.mwaa(config={"core.parallelism": 4})
            def test_it(mwaa):
                assert dict(mwaa.config) == {
                    "api.maximum_page_limit": "1", "api.fallback_page_limit": "2", "core.parallelism": "4",
                    "core.max_active_runs_per_dag": "3",
                }
            """
        )
        pytester.runpytest(
            "--mwaa-config=core.parallelism=3", "--mwaa-config", "core.max_active_runs_per_dag=3"
        ).assert_outcomes(passed=1)

    def test_lists_are_replaced(self, pytester: pytest.Pytester) -> None:
        pytester.makeini("[pytest]\nmwaa_dags = one, two\nmwaa_auth_backends = basic_auth,session\n")
        pytester.makepyfile(
            """
            import pytest

            def test_ini(mwaa):
                assert list(mwaa.airflow.dags) == ["one", "two"]
                assert mwaa.config["api.auth_backends"].endswith("basic_auth,airflow.api.auth.backend.session")

            @pytest.mark.mwaa(dags=["three"])
            def test_marker(mwaa):
                assert list(mwaa.airflow.dags) == ["three"]
            """
        )
        pytester.runpytest().assert_outcomes(passed=2)

    def test_every_setting_everywhere(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        values = {
            "environment": "reports",
            "airflow_version": "2.9.2",
            "auth_backends": "basic_auth",
            "config": "core.parallelism=3",
            "dags": "one",
            "dag_parser": "text",
            "missing_modules": "report",
            "strict_resources": "on",
            "seed": str(pytester.path / "seed.json"),
            "region": "eu-west-1",
            "hostname": "aws",
            "role": "Viewer",
            "scheduler": "off",
            "cli_unsupported": "allow",
            "kerberos": "stand-in",
            "log_lines": "off",
            "assume": "failed_command_status=400",
            "target": "live",
            "strict": "on",
            "allow_writes": "on",
            "real_time": "on",
            "username": "ann",
            "password": "secret",
        }
        assert list(values) == list(ALL_SETTINGS)
        (pytester.path / "seed.json").write_text('{"variables": {"key": "value"}}')
        pytester.makepyfile(
            """
            def test_it(mwaa):
                options = mwaa.environment.options
                assert mwaa.name == "reports" and mwaa.airflow_version == "2.9.2" and mwaa.region == "eu-west-1"
                assert mwaa.config["api.auth_backends"].endswith("basic_auth")
                assert mwaa.config["core.parallelism"] == "3"
                assert list(mwaa.airflow.dags) == ["one"] and mwaa.variables == {"key": "value"}
                assert options.role == "Viewer" and not options.scheduler and options.cli_unsupported == "allow"
                assert options.kerberos == "stand-in"
                assert options.missing_modules == "report" and options.strict_resources
                assert not options.log_lines and mwaa.assumptions["failed_command_status"] == 400
                assert mwaa.is_live
            """
        )

        pytester.runpytest(
            *(f"--mwaa-{name.replace('_', '-')}={value}" for name, value in values.items())
        ).assert_outcomes(passed=1)

        with monkeypatch.context() as variables:
            for name, value in values.items():
                variables.setenv(f"MWAA_{name.upper()}", value)
            pytester.runpytest().assert_outcomes(passed=1)

        pytester.makeini("[pytest]\n" + "\n".join(f"mwaa_{name} = {value}" for name, value in values.items()))
        pytester.runpytest().assert_outcomes(passed=1)

    def test_lists_in_pyproject(self, pytester: pytest.Pytester) -> None:
        (pytester.path / "tox.ini").unlink()
        pytester.makepyprojecttoml('[tool.pytest.ini_options]\nmwaa_dags = ["one", "two"]\nmwaa_role = "Op"\n')
        pytester.makepyfile("def test_it(mwaa): assert list(mwaa.airflow.dags) == ['one', 'two']")
        pytester.runpytest().assert_outcomes(passed=1)

    def test_paths_start_where_they_are_written(self, pytester: pytest.Pytester) -> None:
        pytester.makeini("[pytest]\nmwaa_seed = ini.json\n")
        folder = pytester.mkdir("folder")
        (pytester.path / "ini.json").write_text('{"variables": {"from": "ini"}}')
        (folder / "marker.json").write_text('{"variables": {"from": "marker"}}')
        (folder / "test_it.py").write_text(
            "import pytest\n"
            "@pytest.mark.mwaa(seed='marker.json')\n"
            "def test_marker(mwaa): assert mwaa.variables['from'] == 'marker'\n"
            "def test_ini(mwaa): assert mwaa.variables['from'] == 'ini'\n"
        )
        pytester.runpytest("folder").assert_outcomes(passed=2)


class TestUsageErrors:
    @pytest.mark.parametrize(
        ("marker", "words"),
        [
            (
                "airflow_versio='2.10.5'",
                "*takes no keyword 'airflow_versio'. Did you mean 'airflow_version'?*role*target*",
            ),
            ("airflow_version='2.10.4'", "*unknown Airflow version '2.10.4'. Did you mean '2.10.5'?*"),
            ("auth_backends=['basic']", "*there is no API auth backend 'basic'*basic_auth*"),
            ("config={'api.auth_backendz': 'x'}", "*no configuration option 'api.auth_backendz'. Did you mean*"),
            ("role='Boss'", "*expected one of Admin, Op, User, Viewer, Public; got 'Boss'*"),
            (
                "target='lives'",
                "*expected one of fake, live, *; got 'lives'. Did you mean 'live'?*",
            ),
            ("'etl'", "*takes keywords only, such as mwaa(dags=*; got 'etl'.*"),
            ("seed='none.json'", "*there is no file '*none.json'*"),
        ],
    )
    def test_a_wrong_marker_stops_the_run(self, pytester: pytest.Pytester, marker: str, words: str) -> None:
        pytester.makepyfile(f"import pytest\n@pytest.mark.mwaa({marker})\ndef test_it(): pass")

        result = pytester.runpytest()

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: *::test_it: @pytest.mark.mwaa{words}"])

    def test_all_wrong_markers_are_named_once(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest
            pytestmark = pytest.mark.mwaa(role="Boss")
            def test_one(): pass
            @pytest.mark.mwaa(region="x")
            def test_two(): pass
            """
        )

        errors = [line for line in pytester.runpytest().stderr.lines if line.startswith("ERROR")]

        assert len(errors) == 2

    @pytest.mark.parametrize(
        ("option", "words"),
        [
            ("--mwaa-role=Boss", "ERROR: --mwaa-role: role: expected one of*"),
            (
                "--mwaa-target=lives",
                "ERROR: --mwaa-target: target: *one of fake, live, airflow:URL, aws:ENVIRONMENT; got 'lives'.*",
            ),
            ("--mwaa-target=gcp:prod", "ERROR: *expected one of fake, live, airflow:URL, aws:ENVIRONMENT; got*"),
            ("--mwaa-target=airflow:localhost", "ERROR: *expected airflow:URL, such as *; got 'airflow:localhost'.*"),
            ("--mwaa-target=airflow:http://ann:pw@localhost", "ERROR: *leave user and password out of the URL*"),
            ("--mwaa-strict=perhaps", "ERROR: --mwaa-strict: strict: expected 'on' or 'off'*"),
            ("--mwaa-config=x", "ERROR: --mwaa-config: config: expected SECTION.OPTION=VALUE, got 'x'.*"),
            ("--mwaa-scheduler=no thanks", "ERROR: --mwaa-scheduler: scheduler: expected 'on' or 'off'*"),
        ],
    )
    def test_a_wrong_option(self, pytester: pytest.Pytester, option: str, words: str) -> None:
        result = pytester.runpytest(option)

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([words])

    def test_a_wrong_variable_concerns_tests_with_fixtures_alone(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MWAA_ROLE", "arn:aws:iam::123456789012:role/mwaa")
        monkeypatch.setenv("MWAA_TARGET", "production")
        pytester.makepyfile(
            """
            def test_of_something_else(): pass
            def test_with_a_fixture(mwaa): pass
            """
        )
        result = pytester.runpytest()
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(
            [
                "*MWAA_ROLE: role: expected one of*pytest-mwaa takes this environment variable for a setting*",
                "*MWAA_TARGET: target: expected one of*",
            ]
        )

    def test_a_wrong_ini_file(self, pytester: pytest.Pytester) -> None:
        pytester.makeini("[pytest]\nmwaa_role = Boss\n")
        pytester.runpytest().stderr.fnmatch_lines(["ERROR: mwaa_role: role: expected one of*"])

    def test_settings_that_exclude_each_other(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest
            @pytest.mark.mwaa(auth_backends=["session"], config={"api.auth_backends": "x"})
            def test_it(mwaa): pass
            """
        )
        result = pytester.runpytest()
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(
            ["*UsageError: auth_backends: config has 'api.auth_backends' too; give one of the two."]
        )

    def test_a_wrong_keyword_of_make_mwaa(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile("def test_it(make_mwaa): make_mwaa(regio='eu-west-1')")
        pytester.runpytest().stdout.fnmatch_lines(["*UsageError: there is no setting 'regio'. Did you mean 'region'?*"])


def test_the_words_of_the_table_are_those_of_the_options() -> None:
    assert SETTINGS["cli_unsupported"].metavar == "|".join(CLI_UNSUPPORTED)
    assert DEFAULT_VERSION in SETTINGS["airflow_version"].help
    assert [SETTINGS["role"].checked(role) for role in ROLES] == list(ROLES)
