from __future__ import annotations

import os
import pkgutil
import subprocess
import sys

import fake_server.transports


def test_it_knows_nothing_of_what_it_serves() -> None:
    modules = [
        f"fake_server.transports.{module.name}" for module in pkgutil.iter_modules(fake_server.transports.__path__)
    ]
    foreign = ["moto", "boto3", "pytest", *(f"fake_server.{room}" for room in ("aws", "web", "cli", "airflow"))]
    script = f"import sys, {', '.join(modules)}; found = set({foreign}) & set(sys.modules); assert not found, found"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
