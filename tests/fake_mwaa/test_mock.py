from __future__ import annotations

import asyncio
import inspect
import unittest
from typing import Any

import boto3
import pytest

from fake_server import FakeMWAA, SettingError, mock_mwaa


def environments() -> list[str]:
    return list(boto3.client("mwaa", region_name="us-east-1").list_environments()["Environments"])


def test_a_function() -> None:
    @mock_mwaa
    def decorated(number: int) -> tuple[int, list[str]]:
        return number, environments()

    assert decorated(3) == (3, ["fake-mwaa"])
    assert decorated(number=4) == (4, ["fake-mwaa"])


def test_a_function_that_takes_the_environment() -> None:
    @mock_mwaa(environment="reports", dags=["etl"])
    def decorated(tmp_path: str, mwaa: FakeMWAA) -> tuple[str, str, bool]:
        return tmp_path, mwaa.name, mwaa.dag("etl").is_paused

    assert decorated("x") == ("x", "reports", False)  # type: ignore[call-arg]
    assert list(inspect.signature(decorated).parameters) == ["tmp_path"]


def test_a_coroutine_function_has_it_in_its_body() -> None:
    @mock_mwaa
    async def decorated(mwaa: FakeMWAA) -> list[str]:
        await asyncio.sleep(0)
        return environments()

    coroutine: Any = decorated()  # type: ignore[call-arg]
    assert asyncio.run(coroutine) == ["fake-mwaa"]


def test_a_block() -> None:
    mock = mock_mwaa(environment="reports")
    for _ in range(2):
        with mock as mwaa:
            assert environments() == [mwaa.name] == ["reports"]


def test_blocks_within_each_other() -> None:
    with mock_mwaa(environment="one"), mock_mwaa(environment="two"):
        assert environments() == ["one", "two"]


def test_live() -> None:
    with mock_mwaa(live=True) as mwaa:
        assert mwaa.env["AWS_ENDPOINT_URL"]


def test_generators_are_refused() -> None:
    def generator() -> Any:
        yield

    async def asynchronous() -> Any:
        yield

    for function in (generator, asynchronous):
        with pytest.raises(TypeError, match=r"with mock_mwaa\(\) as mwaa"):
            mock_mwaa(function)
    with pytest.raises(TypeError, match="functions and classes; got 3"):
        mock_mwaa(3)  # type: ignore[call-overload]


def test_a_wrong_setting_is_refused_where_the_decorator_stands() -> None:
    with pytest.raises(SettingError, match="Did you mean 'airflow_version'"):
        mock_mwaa(airflow_versio="2.10.5")


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


class TestTestCases:
    def test_each_test_has_an_environment_of_its_own(self) -> None:
        seen: list[Any] = []

        @mock_mwaa(environment="reports")
        class Case(unittest.TestCase):
            mwaa: FakeMWAA

            def setUp(self) -> None:
                seen.append(environments())
                self.mwaa.variables["from"] = "setUp"

            def tearDown(self) -> None:
                seen.append(environments())

            def test_one(self) -> None:
                self.mwaa.variables["one"] = "1"
                assert len(self.mwaa.variables) == 2

            def test_two(self) -> None:
                assert self.mwaa.variables == {"from": "setUp"}

        result = run(Case)

        assert result.testsRun == 2
        assert result.wasSuccessful(), result.failures + result.errors
        assert seen == [["reports"]] * 4

    def test_asynchronous_tests(self) -> None:
        seen: list[list[str]] = []

        @mock_mwaa
        class Case(unittest.IsolatedAsyncioTestCase):
            async def test_one(self) -> None:
                await asyncio.sleep(0)
                seen.append(environments())

        assert run(Case).wasSuccessful()
        assert seen == [["fake-mwaa"]]

    def test_a_set_up_that_fails_leaves_nothing(self) -> None:
        @mock_mwaa
        class Case(unittest.TestCase):
            def setUp(self) -> None:
                raise ValueError

            def test_one(self) -> None: ...

        assert len(run(Case).errors) == 1


class TestOtherClasses:
    def test_methods_that_are_tests_and_no_others(self) -> None:
        @mock_mwaa
        class TestSomething:
            mwaa: FakeMWAA

            def test_it(self) -> list[str]:
                return [*environments(), self.mwaa.name]

            async def test_asynchronously(self) -> list[str]:
                return [*environments(), self.mwaa.name]

            def other(self) -> bool:
                return hasattr(self, "mwaa")

            class TestInside:
                def test_it(self) -> list[str]:
                    return environments()

        instance = TestSomething()
        assert not instance.other()
        assert instance.test_it() == ["fake-mwaa", "fake-mwaa"]
        assert asyncio.run(instance.test_asynchronously()) == ["fake-mwaa", "fake-mwaa"]
        assert TestSomething.TestInside().test_it() == ["fake-mwaa"]

    def test_setup_method_has_it_too(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import boto3
            from fake_server import mock_mwaa

            @mock_mwaa(environment="reports")
            class TestSomething:
                def setup_method(self, method):
                    self.found = method.__name__, boto3.client("mwaa").list_environments()["Environments"]

                def test_it(self, tmp_path):
                    assert self.found == ("test_it", ["reports"]) and self.mwaa.name == "reports"

                def test_fails(self):
                    assert False

            class TestBroken:
                def setup_method(self):
                    raise ValueError

                def test_it(self): pass

            mock_mwaa(TestBroken)

            @mock_mwaa
            def test_function(tmp_path, mwaa):
                assert tmp_path.exists() and mwaa.name == "fake-mwaa"

            def test_nothing_is_left():
                from moto.core.models import MockAWS
                assert MockAWS._nested_count == 0
            """
        )
        pytester.runpytest("-p", "no:mwaa").assert_outcomes(passed=3, failed=1, errors=1)
