"""What a test fails for at its end, wherever its environment comes from."""

from __future__ import annotations

import unittest
from collections.abc import Callable

import pytest
import requests

from fake_server import FakeMWAA, mock_mwaa

UNMET = "A fault was ordered, and no request met it"


def order_a_fault(mwaa: FakeMWAA) -> None:
    mwaa.faults.add(path="/nope", status=500)


def use_an_unsupported_command(mwaa: FakeMWAA) -> None:
    token = mwaa.client().create_cli_token(Name=mwaa.name)["CliToken"]
    requests.post(f"{mwaa.url}/aws_mwaa/cli", data="db reset", headers={"Authorization": f"Bearer {token}"})


def test_a_block() -> None:
    with pytest.raises(AssertionError, match=UNMET), FakeMWAA() as mwaa:
        order_a_fault(mwaa)
    with pytest.raises(AssertionError, match="db reset"), FakeMWAA(cli_unsupported="fail") as mwaa:
        use_an_unsupported_command(mwaa)


@pytest.mark.parametrize("end", [FakeMWAA.stop, lambda mwaa: mwaa.faults.clear()], ids=["stop", "clear"])
def test_a_block_that_has_taken_its_fault_back(end: Callable[[FakeMWAA], None]) -> None:
    with FakeMWAA() as mwaa:
        order_a_fault(mwaa)
        mwaa.faults.clear()
        end(mwaa)


def test_stop_complains_of_nothing() -> None:
    mwaa = FakeMWAA()
    mwaa.start()
    order_a_fault(mwaa)
    mwaa.stop()


def test_another_failure_goes_first() -> None:
    def fail() -> None:
        with FakeMWAA() as mwaa:
            order_a_fault(mwaa)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_mock_mwaa() -> None:
    with pytest.raises(AssertionError, match=UNMET):
        mock_mwaa(order_a_fault)()  # type: ignore[call-arg]
    with pytest.raises(AssertionError, match=UNMET), mock_mwaa("reports") as mwaa:
        order_a_fault(mwaa)


def test_mock_mwaa_around_a_class() -> None:
    @mock_mwaa
    class TestPlain:
        mwaa: FakeMWAA

        def test_order(self) -> None:
            order_a_fault(self.mwaa)

    @mock_mwaa
    class TestWithSetUp(TestPlain):
        def setup_method(self) -> None:
            """Nothing to do."""

        def teardown_method(self) -> None:
            """Nothing to do."""

    with pytest.raises(AssertionError, match=UNMET):
        TestPlain().test_order()
    test = TestWithSetUp()
    test.setup_method()
    order_a_fault(test.mwaa)
    with pytest.raises(AssertionError, match=UNMET):
        test.teardown_method()


def test_mock_mwaa_around_a_test_case() -> None:
    @mock_mwaa
    class TestIt(unittest.TestCase):
        mwaa: FakeMWAA

        def test_order(self) -> None:
            order_a_fault(self.mwaa)

    result = unittest.TestResult()
    TestIt("test_order").run(result)
    assert len(result.failures) == 1
    assert UNMET in result.failures[0][1]
