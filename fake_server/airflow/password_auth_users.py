"""The users that Airflow 1.10's API auth backend ``password_auth`` knows.

They stand in a table of the first web interface, which the web interface of today does not use: neither its users may
log in to the API with their passwords, nor the other way round. There are no roles.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator

from fake_server.airflow.errors import UserRefused


class PasswordAuthUsers:
    """Names with passwords; these are kept as salted hashes, in memory only."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._hashes: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"<PasswordAuthUsers {', '.join(self._hashes) or 'none'}>"

    def add(self, username: str, password: str) -> None:
        """Make a user.

        :raises UserRefused: when the name is taken.
        """
        if username in self._hashes:
            raise UserRefused(f"{username} already exist in the db")
        self._hashes[username] = self._hash(username, password)

    def accepts(self, username: str, password: str) -> bool:
        """Whether this is the password of that user, compared in constant time; an empty one never is."""
        expected = self._hashes.get(username, b"")
        return hmac.compare_digest(self._hash(username, password), expected) and bool(username and password)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._hashes))

    def __contains__(self, username: object) -> bool:
        return username in self._hashes

    def _hash(self, username: str, password: str) -> bytes:
        # Nothing is stored, so a fast keyed hash does.
        text = f"{username}\0{password}".encode("utf-8", "surrogateescape")
        return hashlib.blake2b(text, key=self._salt, digest_size=32).digest()
