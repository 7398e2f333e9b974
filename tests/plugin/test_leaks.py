"""A thousand uses of the fixtures leave nothing behind."""

from __future__ import annotations

import sys

import pytest

_USES = """
    import gc, os, socket, threading
    from pathlib import Path

    import botocore.client
    import pytest
    import requests.adapters

    PATCHED = ((socket, "getaddrinfo"), (socket.socket, "connect"), (socket.socket, "connect_ex"),
               (requests.adapters.HTTPAdapter, "send"), (botocore.client.BaseClient, "_make_api_call"))

    def traces():
        gc.collect()
        files = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        return {
            "variables": {**os.environ, "PYTEST_CURRENT_TEST": ""},
            "threads": sorted(thread.name for thread in threading.enumerate()),
            "files": len(files),
            "sockets": sum("socket" in str(file) for file in files),
            "attributes": [getattr(owner, name) for owner, name in PATCHED],
        }

    @pytest.fixture(scope="module")
    def states():
        states = []
        yield states

    @pytest.fixture(autouse=True)
    def compare(states, request):
        # Set up before, torn down behind all other fixtures; the first uses load modules and open what stays.
        yield
        if request.node.callspec.params["number"] in (1, LAST):
            states.append(traces())
            assert states[0] == states[-1]
"""

_IN_PROCESS = """
    LAST = 900

    @pytest.mark.parametrize("number", range(LAST + 1))
    def test_it(mwaa, number):
        pass
"""

_LIVE = """
    LAST = 100

    @pytest.mark.mwaa(hostname="aws")
    @pytest.mark.parametrize("number", range(LAST + 1))
    def test_it(mwaa_live, mwaa_cli, number):
        assert mwaa_cli("version").status_code == 200
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="open files are counted in /proc")
@pytest.mark.parametrize(("uses", "passed"), [(_IN_PROCESS, 901), (_LIVE, 101)])
def test_nothing_is_left_behind(pytester: pytest.Pytester, uses: str, passed: int) -> None:
    pytester.makepyfile(_USES + uses)
    pytester.runpytest_subprocess("-q", "-W", "error").assert_outcomes(passed=passed)
