"""One command being run: what it was given and what it has printed so far."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence

from fake_server.airflow.deployment import Airflow
from fake_server.cli import output
from fake_server.cli.failures import Crash
from fake_server.cli.log_lines import Logger
from fake_server.cli.output import Row


class Invocation:
    """Handed to a command's handler, inside the deployment's session."""

    def __init__(self, airflow: Airflow, arguments: Namespace, logger: Logger, stdin: str | None) -> None:
        self.airflow = airflow
        self.arguments = arguments
        self._logger = logger
        self._input = iter((stdin or "").splitlines())
        self._stdout: list[str] = []
        self._stderr: list[str] = []

    @property
    def stdout(self) -> str:
        """Everything printed so far."""
        return "".join(self._stdout)

    @property
    def stderr(self) -> str:
        """Everything complained of so far."""
        return "".join(self._stderr)

    def print(self, text: str = "", end: str = "\n") -> None:
        """Print a line."""
        self._stdout.append(text + end)

    def warn(self, text: str, end: str = "\n") -> None:
        """Print a line on stderr."""
        self._stderr.append(text + end)

    def log(self, source: str, message: str, level: str = "INFO") -> None:
        """Let Airflow's logger ``source`` (file and line number) say something, on stdout."""
        self._stdout.append(self._logger.line(source, message, level))

    def complain(self, message: str) -> None:
        """Print a message on stderr as Airflow does with rich: folded at 80 columns."""
        self._stderr.append(output.wrapped(message))

    def print_rows(self, rows: Sequence[Row]) -> None:
        """Print rows in the format that ``--output`` asks for."""
        self._stdout.append(output.render(rows, self.arguments.output))

    def ask(self, question: str) -> str:
        """Print a question and read the answer from stdin.

        :raises Crash: when stdin has no line left, as always on MWAA.
        """
        self._stdout.append(question)
        answer = next(self._input, None)
        if answer is None:
            raise Crash("EOFError", "EOF when reading a line")
        return answer

    def confirm(self, question: str) -> bool:
        """Whether the answer to ``question`` is yes.

        :raises Crash: when stdin has no line left, as always on MWAA.
        """
        return self.ask(question).strip().lower() in ("y", "yes")


#: Runs a command; the exit code, None for 0.
Handler = Callable[[Invocation], int | None]
