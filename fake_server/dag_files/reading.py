"""Reads one DAG file as text."""

from __future__ import annotations

from dataclasses import dataclass, field

from fake_server.airflow.dags import DAG
from fake_server.dag_files.assembly import Assembly, CannotBeScheduled
from fake_server.dag_files.interpreter import Interpreter, TooManySteps
from fake_server.dag_files.modules import Modules
from fake_server.dag_files.surroundings import Surroundings
from fake_server.dag_files.tracebacks import FileNotCompiled, RaisedInFile, compiled

#: Larger files are not read. Python's own parser takes a second and 200 MB for this much.
LARGEST_FILE = 2 * 1024 * 1024


@dataclass
class ReadFile:
    """What a file holds: DAGs, or the text of an import error, or neither when Airflow would pass it over."""

    fileloc: str
    dags: list[DAG] = field(default_factory=list)
    import_error: str | None = None
    warnings: list[str] = field(default_factory=list)


def may_hold_dags(content: bytes) -> bool:
    """Whether Airflow's safe mode looks into a file: both words stand in it."""
    lower = content.lower()
    return all(word in lower for word in (b"dag", b"airflow"))


def read_dag_file(content: bytes, fileloc: str, modules: Modules, surroundings: Surroundings) -> ReadFile:
    """What a file of this content holds; ``fileloc`` is its path, as Airflow shows it."""
    result = ReadFile(fileloc)
    if len(content) > LARGEST_FILE:
        result.import_error = (
            f"The file has {len(content)} bytes; DAG files of up to {LARGEST_FILE} bytes are read. Is it a DAG file? "
            "If it is, let the real Airflow parse it; else name it in .airflowignore."
        )
        return result
    try:
        _read(content, result, modules, surroundings)
    except FileNotCompiled as error:
        result.import_error = str(error)
    except RaisedInFile as error:
        result.import_error = error.as_text()
    except Exception as error:  # noqa: BLE001 - one file that is not understood shall not take all others with it
        result.dags.clear()
        result.import_error = (
            f"{fileloc} is not understood here ({type(error).__name__}: {error}), which is a mistake of pytest-mwaa "
            "and worth a report. The setting dag_parser='airflow' lets an installed Airflow read it."
        )
    return result


def _read(content: bytes, result: ReadFile, modules: Modules, surroundings: Surroundings) -> None:
    interpreter = Interpreter(modules, surroundings)
    tree = compiled(content, result.fileloc)
    try:
        interpreter.run(tree, result.fileloc, content.decode("utf-8", "replace"))
    except TooManySteps:
        interpreter.warnings.append("the file takes more steps than are followed; it was read only in part")
    except RecursionError:
        interpreter.warnings.append("the file is nested deeper than is followed; it was read only in part")
    result.warnings = interpreter.warnings
    source = _decoded(content)
    for definition in interpreter.dags:
        try:
            result.dags.append(Assembly(definition, surroundings, interpreter.warnings).dag(result.fileloc, source))
        except CannotBeScheduled as refusal:
            result.import_error = str(refusal)


def _decoded(content: bytes) -> str:
    """The text of a source file, in the encoding that it declares."""
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:
        # Python compiles a file that has something else than UTF-8 in a comment.
        encoding = "utf-8"
    return content.decode(encoding, "replace")
