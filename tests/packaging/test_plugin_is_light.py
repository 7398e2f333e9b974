"""The plugin is loaded in every pytest run of a virtual environment, used or not: it must be light."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

HEAVY = {
    "boto3",
    "botocore",
    "cryptography",
    "jinja2",
    "jsonschema",
    "jwt",
    "moto",
    "requests",
    "responses",
    "rich",
    "tabulate",
    "trustme",
    "werkzeug",
    "yaml",
}

PRINT_LOADED = "import json, sys; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"


def loaded_by(statement: str) -> set[str]:
    command = [sys.executable, "-c", f"{statement}; {PRINT_LOADED}"]
    return set(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    loaded = loaded_by("import pytest_mwaa.plugin")

    assert "pytest_mwaa" in loaded
    assert not loaded & HEAVY


def test_what_is_heavy_would_be_seen() -> None:
    assert {"moto", "boto3"} <= loaded_by("import moto.core, boto3") & HEAVY


def test_a_run_that_does_not_use_the_plugin_loads_nothing_heavy(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Plugins of others may well be heavy.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_PLUGINS", raising=False)
    pytester.makepyfile("def test_anything(): pass")
    pytester.makeconftest(
        """
        import json, pathlib, sys

        def pytest_unconfigure():
            loaded = {name.partition(".")[0] for name in sys.modules}
            pathlib.Path("loaded.json").write_text(json.dumps(sorted(loaded)))
        """
    )

    run = pytester.runpytest_subprocess("-p", "pytest_mwaa.plugin")

    run.assert_outcomes(passed=1)
    loaded = set(json.loads((pytester.path / "loaded.json").read_text("utf-8")))
    assert "pytest_mwaa" in loaded
    assert not loaded & HEAVY
