"""What can be wrong with a state file, and that it is left as it was then."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fake_server.state.file import StateFile, StateFileError

FORM = "form-1"
ROWS: dict[tuple[str, str, str], bytes | None] = {
    ("e", "run", str(number)): bytes([number % 256]) * 500 for number in range(200)
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def filled(path: Path) -> Path:
    file = StateFile(path, FORM)
    file.write(ROWS)
    file.close()
    return path


def opened(path: Path) -> dict[tuple[str, str, str], bytes]:
    file = StateFile(path, FORM)
    try:
        return dict(file.rows())
    finally:
        file.close()


def test_rows_come_back(filled: Path) -> None:
    assert opened(filled) == ROWS


def test_rows_are_replaced_and_removed(filled: Path) -> None:
    file = StateFile(filled, FORM)
    file.write({("e", "run", "0"): b"other", ("e", "run", "1"): None, ("e", "run", "missing"): None})
    file.close()

    rows = opened(filled)
    assert rows["e", "run", "0"] == b"other"
    assert len(rows) == len(ROWS) - 1


def test_it_is_for_the_eyes_of_its_owner_and_alone_in_its_folder(filled: Path) -> None:
    assert stat.S_IMODE(filled.stat().st_mode) == 0o600
    assert [entry.name for entry in filled.parent.iterdir()] == ["state.db"]


def test_what_was_written_is_there_without_an_end(path: Path) -> None:
    script = f"""
import os, pathlib
from fake_server.state.file import StateFile
file = StateFile(pathlib.Path({str(path)!r}), {FORM!r})
file.write({{("e", "run", "1"): b"1"}})
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", script], check=False, timeout=300)

    assert opened(path) == {("e", "run", "1"): b"1"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty, which a state file never is"),
        (b"SQLite format 2\0", "is no SQLite file"),
        (b"\x89PNG" + bytes(500), "is no SQLite file"),
    ],
)
def test_a_file_of_another_kind(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)

    with pytest.raises(StateFileError, match=words) as caught:
        StateFile(path, FORM)

    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_database_of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE rows (a)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StateFileError, match="an SQLite database of another program"):
        StateFile(path, FORM)

    assert path.read_bytes() == before


def test_another_form(filled: Path) -> None:
    before = filled.read_bytes()

    with pytest.raises(StateFileError, match=r"written by pytest-mwaa .* in form 'form-1'. Expected form 'form-2'"):
        StateFile(filled, "form-2")

    assert filled.read_bytes() == before
    assert opened(filled) == ROWS


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.99])
def test_a_file_that_is_cut_off(filled: Path, share: float) -> None:
    whole = filled.read_bytes()
    part = whole[: int(len(whole) * share)]
    filled.write_bytes(part)

    with pytest.raises(StateFileError, match=r"is damaged, perhaps cut off"):
        StateFile(filled, FORM)

    assert filled.read_bytes() == part


def test_a_file_with_a_hole(filled: Path) -> None:
    damaged = bytearray(filled.read_bytes())
    damaged[4096 : 4096 * 3] = bytes(4096 * 2)
    filled.write_bytes(damaged)

    with pytest.raises(StateFileError, match="is damaged"):
        StateFile(filled, FORM)


def test_a_file_that_another_process_has(filled: Path) -> None:
    script = f"""
import pathlib, sys
from fake_server.state.file import StateFile
file = StateFile(pathlib.Path({str(filled)!r}), {FORM!r})
print("ready", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(StateFileError, match="is in use by another process"):
            StateFile(filled, FORM)
        process.communicate(timeout=300)

    assert opened(filled) == ROWS


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_file_without_permission(filled: Path) -> None:
    filled.chmod(0o000)
    with pytest.raises(StateFileError, match=r"cannot be read: Permission denied"):
        StateFile(filled, FORM)
    filled.chmod(0o400)
    with pytest.raises(StateFileError, match=r"cannot be written"):
        StateFile(filled, FORM)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="Is a directory"):
        StateFile(tmp_path, FORM)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match=r"missing/state.db cannot be made: No such file or directory"):
        StateFile(tmp_path / "missing" / "state.db", FORM)


def test_a_full_disk_changes_nothing(filled: Path) -> None:
    file = StateFile(filled, FORM)
    file._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StateFileError, match=r"cannot be written: database or disk is full"):
        file.write({("e", "run", str(number)): bytes(10_000) for number in range(20)})
    file.close()

    assert opened(filled) == ROWS
