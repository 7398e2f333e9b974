"""One command being run: what it was given and what it has printed so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fake_server.airflow.deployment import Airflow
from fake_server.cli import output
from fake_server.cli.failures import Cause, Crash
from fake_server.cli.installation import Installation
from fake_server.cli.log_lines import Logger
from fake_server.cli.output import Row
from fake_server.cli.parser import ParsedCommand


class Invocation:
    """Handed to a command's handler, inside the deployment's session."""

    def __init__(
        self, airflow: Airflow, parsed: ParsedCommand, logger: Logger, stdin: str | None, *, has_graphviz: bool = True
    ) -> None:
        self.airflow = airflow
        #: The command's words, such as ``dags trigger``.
        self.command = " ".join(parsed.command.words)
        self.arguments = parsed.arguments
        self.has_graphviz = has_graphviz
        self.installation = Installation.of(airflow.version)
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

    def warn_of_rate_limits(self) -> None:
        """Warn as every command does that starts the web application to get at its users and roles."""
        self.warn(
            f"{self.installation.packages}/flask_limiter/extension.py:333 "
            "UserWarning: Using the in-memory storage for tracking rate limits "
            "as no storage was explicitly specified. This is not recommended for production use. See: "
            "https://flask-limiter.readthedocs.io#configuring-a-storage-backend for documentation about configuring "
            "the storage backend."
        )

    def complain(self, message: str) -> None:
        """Print a message on stderr as Airflow does with rich: folded at 80 columns."""
        self._stderr.append(output.wrapped(message))

    def log_twice(self, source: str, message: str, level: str = "INFO") -> None:
        """Log as a task does inside ``dags test``, where two handlers write each line, the first in a format of old."""
        self._stdout.append(self._logger.old_line(source, message, level))
        self.log(source, message, level)

    def print_rows(self, rows: Sequence[Row]) -> None:
        """Print rows in the format that ``--output`` asks for."""
        self._stdout.append(output.render(rows, self.arguments.output))

    def read_file(self, path: str) -> str | None:
        """The text of a file that an earlier command left; None when there is none. The real disk is never read."""
        return self.airflow.files.get(path)

    def write_file(self, path: str, text: str) -> None:
        """Leave a file for later commands. The real disk is never written to."""
        self.airflow.files[path] = text

    def ask_secretly(self, question: str) -> str:
        """Ask without showing the answer: there is no terminal, so Python warns and the question goes to stderr.

        :raises Crash: when stdin has no line left, as always on MWAA.
        """
        library = self.installation.standard_library
        self.warn(f"{library}/getpass.py:91 GetPassWarning: Can not control echo on the terminal.")
        self.warn("Warning: Password input may be echoed.")
        self.warn(question, end="")
        answer = next(self._input, None)
        if answer is None:
            raise Crash("EOFError", "", causes=[Cause("termios.error", "(25, 'Inappropriate ioctl for device')")])
        self.warn("")
        return answer

    def ask(self, question: str) -> str:
        """Print a question and read the answer from stdin.

        :raises Crash: when stdin has no line left, as always on MWAA.
        """
        self._stdout.append(question)
        answer = next(self._input, None)
        if answer is None:
            raise Crash("EOFError", "EOF when reading a line")
        return answer

    def confirm(self, question: str, again: str = "Please respond with y/yes or n/no.") -> bool:
        """Whether the answer to ``question`` is yes; to anything but yes or no the reply is ``again``.

        :raises Crash: when stdin has no line left, as always on MWAA.
        """
        answer = self.ask(f"{question}\n").lower()
        while answer not in ("y", "yes", "n", "no"):
            answer = self.ask(f"{again}\n").lower()
        return answer.startswith("y")


#: Runs a command; the exit code, None for 0.
Handler = Callable[[Invocation], int | None]
