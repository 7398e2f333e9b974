"""Rows as ``-o table|json|yaml|plain`` prints them.

The layout of tables is rich's, of plain output tabulate's, as in Airflow; both are imported when first needed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fake_server.cli.failures import Crash

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

#: How wide Airflow prints tables where there is no terminal.
TABLE_WIDTH = 200
#: How wide rich takes anything else to be where there is no terminal.
TEXT_WIDTH = 80

Row = Mapping[str, Any]


def render(rows: Sequence[Row], output: str) -> str:
    """``rows`` in the asked-for format; the first row names the columns."""
    return _FORMATS[output](rows)


def listing(rows: Sequence[tuple[str, str]], *, title: str | None = None, first_column: int = 0) -> str:
    """Names and what they stand for, without headers; the first column is ``first_column`` wide at least."""
    from rich.box import ASCII_DOUBLE_HEAD
    from rich.table import Table

    table = Table(
        box=ASCII_DOUBLE_HEAD, show_edge=False, pad_edge=False, show_header=False, caption=" ",
        title=title, title_justify="left",
    )  # fmt: skip
    table.add_column(min_width=first_column, overflow="fold")
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, text)
    return _print(TABLE_WIDTH, table)


def grid(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table with a frame, as Airflow 1.10 draws it; without an end of line."""
    from tabulate import tabulate

    return tabulate(rows, headers=columns, tablefmt="fancy_grid")


def wrapped(text: str) -> str:
    """A message that Airflow prints with rich, folded at 80 columns."""
    return _print(TEXT_WIDTH, text)


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return "No data found\n"
    from rich.box import ASCII_DOUBLE_HEAD
    from rich.table import Table

    # The caption of one space is the padded empty line at the end.
    table = Table(box=ASCII_DOUBLE_HEAD, show_edge=False, pad_edge=False, caption=" ")
    with _markup_errors_as_crashes():
        # rich would read the markup of a string three times, whenever it measures or draws the cell.
        read = _console(TABLE_WIDTH).render_str
        for column in rows[0]:
            table.add_column(read(column), overflow="fold")
        for row in rows:
            table.add_row(*(read(str(_flat(value))) for value in row.values()))
    return _print(TABLE_WIDTH, table)


def _json(rows: Sequence[Row]) -> str:
    return json.dumps([_texts(row) for row in rows]) + "\n"


def _yaml(rows: Sequence[Row]) -> str:
    import yaml

    return str(yaml.dump([_texts(row) for row in rows], default_flow_style=False)) + "\n"


def _plain(rows: Sequence[Row]) -> str:
    if not rows:
        return "No data found\n"
    from tabulate import tabulate

    return tabulate([_texts(row) for row in rows], tablefmt="plain", headers="keys") + "\n"


_FORMATS = {"table": _table, "json": _json, "yaml": _yaml, "plain": _plain}


def _flat(value: Any) -> Any:
    """A value in the cell of a table: lists are joined, the rest is Python's own text."""
    if isinstance(value, (list, tuple)):
        return ",".join(str(_flat(item)) for item in value)
    return value


def _texts(value: Any) -> Any:
    """A value with every scalar inside it turned into text, as Airflow does for all but tables; None stays."""
    if isinstance(value, (list, tuple)):
        return [_texts(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _texts(item) for key, item in value.items()}
    return value if value is None else str(value)


def _print(width: int, what: RenderableType) -> str:
    console = _console(width)
    with _markup_errors_as_crashes(), console.capture() as capture:
        console.print(what)
    return capture.get()


@contextmanager
def _markup_errors_as_crashes() -> Iterator[None]:
    """What looks like markup is markup, in Airflow too: a key such as ``[/red]`` cannot be shown in a table."""
    from rich.errors import MarkupError

    try:
        yield
    except MarkupError as error:
        raise Crash("rich.errors.MarkupError", str(error)) from None


@functools.cache
def _console(width: int) -> Console:
    from rich.console import Console

    # Nothing of the machine's terminal may show: everything is given that would be found out otherwise.
    return Console(
        width=width,
        height=25,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        force_interactive=False,
        legacy_windows=False,
        highlight=False,
    )
