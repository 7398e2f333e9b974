"""Runs in the real Airflow's Python: runs ``airflow`` commands, each in a process of its own that is forked from here.

Airflow takes a second to be imported, and nothing of that second depends on the command. A line of standard input is a
command: JSON with ``argv`` (without the word ``airflow``) and ``stdin`` (text, or null for none). The line of standard
output that answers it has ``exit``, ``stdout`` and ``stderr``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any

#: What takes long to import, among what commands need.
_IMPORTED_AHEAD = (
    "airflow.api.auth.backend.session",
    "airflow.api.client.local_client",
    "airflow.api_connexion.schemas.dag_schema",
    "airflow.cli.commands.connection_command",
    "airflow.cli.commands.pool_command",
    "airflow.cli.commands.task_command",
    "airflow.cli.commands.variable_command",
    "airflow.cli.simple_table",
    "airflow.decorators",
    "airflow.migrations.db_types",
    "airflow.operators.bash",
    "airflow.operators.empty",
    "airflow.operators.python",
    "airflow.providers.common.io.assets.file",
    "airflow.providers.fab.auth_manager.cli_commands.role_command",
    "airflow.providers.fab.auth_manager.cli_commands.user_command",
    "airflow.providers.fab.auth_manager.security_manager.override",
    "airflow.sensors.python",
    "airflow.www.app",
    "airflow.www.views",
    "alembic.autogenerate",
    "alembic.command",
    "anyio.from_thread",
    "anyio.streams.tls",
    "anyio.to_thread",
    "h11",
    "httpcore",
    "jinja2.ext",
)


def main() -> None:
    # Some of what is imported prints something.
    answers = os.dup(1)
    os.dup2(2, 1)
    # Done once for all commands. Nothing of it opens the database. The commands of `airflow dags` are left out: they
    # warn when they are imported.
    for name in _IMPORTED_AHEAD:
        # Some versions lack some of them.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from airflow.__main__ import main as airflow_main
    from airflow.cli.cli_parser import get_parser
    from airflow.providers_manager import ProvidersManager
    from sqlalchemy.orm import configure_mappers

    # Providers bring no configuration before 2.7.
    getattr(ProvidersManager(), "initialize_providers_configuration", lambda: None)()
    configure_mappers()
    get_parser()
    sys.stdout.flush()
    os.dup2(answers, 1)
    # Children shall not copy what they do not change.
    gc.freeze()
    for line in sys.stdin:
        json.dump(_run(airflow_main, json.loads(line)), sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


def _run(airflow_main: Callable[[], None], request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write((request["stdin"] or "").encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            for file, number in ((given, 0), (out, 1), (err, 2)):
                os.dup2(file.fileno(), number)
            os._exit(_exit_code(airflow_main, request["argv"]))
        _, status = os.waitpid(child, 0)
        printed = [_content(file) for file in (out, err)]
    return {"exit": os.waitstatus_to_exitcode(status), "stdout": printed[0], "stderr": printed[1]}


def _exit_code(airflow_main: Callable[[], None], argv: list[str]) -> int:
    """What a Python process that does nothing else would end with."""
    # What was read ahead is the parent's.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    sys.argv = ["airflow", *argv]
    code = 0
    try:
        airflow_main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - it is what the interpreter would print
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        # A command may have closed it, as the interpreter knows too.
        if not stream.closed:
            stream.flush()
    return code


def _content(file: Any) -> str:
    file.seek(0)
    content: bytes = file.read()
    return content.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
