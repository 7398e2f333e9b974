"""Somebody who looks at the pages of a server and fills in their forms, as a browser does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import Client, TestResponse

from fake_server.web.app import WebServer
from tests.web.servers import client_of


class Page(HTMLParser):
    """A page that was answered: its elements with their attributes, and its text without tags."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__(convert_charrefs=True)
        self.status = answer.status_code
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._texts: list[str] = []
        self._silent = 0
        self.feed(answer.text)
        self.text = re.sub(r"\s+", " ", "".join(self._texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._texts.append(" ")
        self._silent += tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._texts.append(data)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """The attributes of each element of that tag which has these, such as ``class_`` and ``aria_label``."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [given for name, given in self.elements if name == tag and wanted.items() <= given.items()]


class Visitor:
    """Somebody logged in, with a cookie jar."""

    def __init__(self, server: WebServer, username: str = "admin") -> None:
        user = server.airflow.security.find_user(username)
        assert user is not None
        self.client: Client = client_of(server)
        self.client.set_cookie("session", server.mint_session_cookie(user))

    def get(self, path: str) -> Page:
        return Page(self.client.get(path, follow_redirects=True))

    def token(self) -> str:
        """The token of the forms on the page of DAGs."""
        found = self.get("/home").all("input", name="csrf_token")
        token = found[0]["value"] if found else None
        assert token
        return token

    def post(self, path: str, token: str | None = None, **fields: Any) -> TestResponse:
        """Send a form, with the token of a page unless another one is given."""
        return self.client.post(path, data={"csrf_token": token or self.token(), **fields})
