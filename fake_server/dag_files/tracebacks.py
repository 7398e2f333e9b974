"""The texts that Airflow shows for a file that cannot be imported: Python's own tracebacks, cut to the last frames."""

from __future__ import annotations

import ast
import traceback
import warnings
from copy import copy
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader

#: How many frames Airflow shows unless ``core.dagbag_import_error_traceback_depth`` says otherwise.
TRACEBACK_DEPTH = 2

#: The frame of Python's import machinery that stands above a module's own, as Python 3.11 numbers it.
_IMPORT_FRAME = '  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed\n'


@dataclass(slots=True)
class Frame:
    """A place in a file: where it is, in which function, and the expression there, which moves on."""

    path: str
    function: str
    node: ast.AST
    lines: tuple[str, ...] = field(repr=False, default=())


class RaisedInFile(Exception):
    """What executing the file would raise: the exception's type and words, and where."""

    def __init__(self, kind: str, message: str, frames: tuple[Frame, ...] = ()) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message
        #: As they stood then.
        self.frames = tuple(map(copy, frames))

    def as_text(self) -> str:
        """The traceback that Airflow would show, ended by a line break."""
        frames = [_IMPORT_FRAME, *map(_frame, self.frames)][-TRACEBACK_DEPTH:]
        return "".join(["Traceback (most recent call last):\n", *frames, f"{self}\n"])


def compiled(source: bytes, path: str) -> ast.Module:
    """The syntax tree of a file.

    :raises FileNotCompiled: when Python would not compile it; its text is the traceback.
    """
    loader = SourceFileLoader("dag_file", path)
    try:
        # Compiling executes nothing. Airflow's traceback has the frames of this loader. What Python warns of, such as
        # "\d" in a text, is for the author of the file.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loader.source_to_code(source, path)
            return ast.parse(source, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        lines = traceback.format_exception(type(error), error, error.__traceback__, limit=-TRACEBACK_DEPTH)
        raise FileNotCompiled("".join(lines)) from None


class FileNotCompiled(Exception):
    """Python cannot compile the file; the text is the traceback."""


def _frame(frame: Frame) -> str:
    line = getattr(frame.node, "lineno", 1)
    text = f'  File "{frame.path}", line {line}, in {frame.function}\n'
    source = frame.lines[line - 1] if line <= len(frame.lines) else ""
    if not source.strip():
        return text
    return text + f"    {source.strip()}\n" + _markers(frame.node, source)


def _markers(node: ast.AST, source: str) -> str:
    """The line of carets under the expression, which Python leaves out where it would be under the whole line."""
    stripped = source.rstrip()
    indent = len(stripped) - len(stripped.lstrip())
    start = getattr(node, "col_offset", indent)
    ends_here = getattr(node, "end_lineno", None) == getattr(node, "lineno", None)
    end = min(getattr(node, "end_col_offset", len(stripped)) if ends_here else len(stripped), len(stripped))
    if start <= indent and end >= len(stripped):
        return ""
    return f"    {' ' * (start - indent)}{'^' * (end - start)}\n"
