"""Rows of bytes in one SQLite file, which no other process can have at the same time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

#: SQLite's place for what kind of file it is: "MWAA".
_APPLICATION_ID = 0x4D574141
_MAGIC = b"SQLite format 3\0"
_SEE = "See docs/how-to/offline-development.md."

#: The environment that a row belongs to, what it holds, and of what.
Place = tuple[str, str, str]

_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE rows (
    environment TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (environment, kind, name)
);
"""


class StateFileError(ValueError):
    """The state file cannot be used; the text names it and says what was expected. It is left as it was."""


class StateFile:
    """The rows. What :meth:`write` was given is on the disk when it returns, all of it or nothing.

    ``form`` names the form that the contents of rows have; a file of another form is refused. A file that does not
    exist is made, for its owner's eyes only: it appears under its name when it is whole.

    :raises StateFileError: when the file is something else, of another form, damaged, or in use.
    """

    def __init__(self, path: Path, form: str) -> None:
        self.path = path
        self._form = form
        if not path.exists():
            self._make()
        self._check_header()
        try:
            self._connection = self._locked()
        except sqlite3.Error as error:
            raise self._problem(error) from None
        try:
            self._check_contents()
        except sqlite3.Error as error:
            self._connection.close()
            raise self._problem(error) from None
        except StateFileError:
            self._connection.close()
            raise

    def __repr__(self) -> str:
        return f"<StateFile {self.path}>"

    def rows(self) -> Iterator[tuple[Place, bytes]]:
        """Every row."""
        query = "SELECT environment, kind, name, content FROM rows ORDER BY rowid"
        for environment, kind, name, content in self._connection.execute(query):
            yield (environment, kind, name), content

    def write(self, changes: Mapping[Place, bytes | None]) -> None:
        """Put these rows into the file, and remove those with None.

        :raises StateFileError: when that is not possible; the file is then as it was before.
        """
        if not changes:
            return
        written = [(*place, content) for place, content in changes.items() if content is not None]
        removed = [place for place, content in changes.items() if content is None]
        try:
            with self._transaction():
                self._connection.executemany("DELETE FROM rows WHERE environment=? AND kind=? AND name=?", removed)
                self._connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", written)
        except sqlite3.Error as error:
            raise StateFileError(f"{self.path} cannot be written: {error}.") from error

    def close(self) -> None:
        """Leave one file, and let others have it."""
        self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            # What went wrong may have ended the transaction already.
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    # Opening

    def _make(self) -> None:
        """Make the file, under another name first: one of this name is never without its tables."""
        unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise StateFileError(f"{self.path} cannot be made: {error.strerror}.") from None
        try:
            with contextlib.closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
                connection.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {_SCHEMA}")
                about = {"form": self._form, "written by": f"pytest-mwaa {metadata.version('pytest-mwaa')}"}
                connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())
                connection.execute("COMMIT")
            _give_name(unfinished, self.path)
        except (OSError, sqlite3.Error) as error:
            raise StateFileError(f"{self.path} cannot be made: {error}.") from None
        finally:
            unfinished.unlink(missing_ok=True)

    def _check_header(self) -> None:
        """Refuse what is no state file before SQLite touches it."""
        try:
            with self.path.open("rb") as file:
                header = file.read(100)
        except OSError as error:
            raise StateFileError(f"{self.path} cannot be read: {error.strerror}.") from None
        if not header:
            raise StateFileError(
                f"{self.path} is empty, which a state file never is. Remove it to begin a new one. {_SEE}"
            )
        is_ours = header[:16] == _MAGIC and int.from_bytes(header[68:72], "big") == _APPLICATION_ID
        if not is_ours:
            found = "an SQLite database of another program" if header[:16] == _MAGIC else "no SQLite file"
            raise StateFileError(f"{self.path} is {found}. Expected a file that `fake-mwaa --state` has made. {_SEE}")

    def _locked(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            # Until the connection is closed, which the end of the process does too, however it comes.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_contents(self) -> None:
        ((verdict,), *_) = self._connection.execute("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise self._damaged(verdict)
        about = dict(self._connection.execute("SELECT name, value FROM about"))
        if about.get("form") != self._form:
            raise StateFileError(
                f"{self.path} was written by {about.get('written by', 'another program')} in form "
                f"{about.get('form')!r}. Expected form {self._form!r}, which this version reads and writes. Use the "
                f"version that has written it, or another file. {_SEE}"
            )

    def _problem(self, error: sqlite3.Error) -> StateFileError:
        text = str(error)
        if "locked" in text:
            return StateFileError(f"{self.path} is in use by another process. Expected a file of this process's own.")
        if "readonly" in text or "unable to open" in text:
            return StateFileError(f"{self.path} cannot be written ({text}). Expected a file that may be changed.")
        return self._damaged(text)

    def _damaged(self, finding: str) -> StateFileError:
        return StateFileError(
            f"{self.path} is damaged, perhaps cut off ({finding.splitlines()[-1]}). Put a whole copy in its place, or "
            f"remove it to begin anew. {_SEE}"
        )


def _give_name(unfinished: Path, path: Path) -> None:
    """Have the file under its name, unless another process was faster."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        pass
    except OSError:
        # A file system without links.
        unfinished.replace(path)
