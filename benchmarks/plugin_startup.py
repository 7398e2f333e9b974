"""What a plugin costs in a pytest run that does not use it: processor time from start to end, beside pytest-httpserver.

Each run is a process of its own, with no plugins but the one measured; the runs take turns. Each number is the smallest
of several, since whatever else the machine does can only add to it. What they are compared with is a run with an empty
plugin: pytest itself has some work with the first plugin that it is given, whatever is in it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tabulate import tabulate

ROUNDS = 20
EMPTY = "an empty plugin"
PLUGINS = {
    EMPTY: "empty_plugin",
    "pytest_mwaa": "pytest_mwaa.plugin",
    "pytest_httpserver": "pytest_httpserver.pytest_plugin",
}


def milliseconds(folder: Path, plugin: str) -> float:
    """User and system time of one run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", plugin, "test_nothing.py"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty_plugin.py").touch()
        (folder / "test_nothing.py").write_text("def test_nothing(): pass\n")
        # The first run writes the compiled modules.
        rounds = [{label: milliseconds(folder, plugin) for label, plugin in PLUGINS.items()} for _ in range(ROUNDS + 1)]
    least = {label: min(one[label] for one in rounds[1:]) for label in PLUGINS}
    added = {label: least[label] - least[EMPTY] for label in PLUGINS}
    ratio = added["pytest_mwaa"] / added["pytest_httpserver"]
    rows = [(label, f"{least[label]:.1f} ms", f"{added[label]:+.1f} ms") for label in PLUGINS]
    print(tabulate(rows, headers=["plugin", "run", "more"]))
    print(f"\nmore than an empty plugin: {added['pytest_mwaa']:.1f} ms (promised: at most 10 ms)")
    print(f"beside pytest_httpserver: {ratio:.3f} (promised: below 0.15)")


if __name__ == "__main__":
    main()
