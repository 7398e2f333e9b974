"""A real browser that trusts one live environment: Debian's Chromium, headless, with an empty profile for each test.

Nothing is downloaded, and no certificate is waved through: Chromium is told the key of the environment's certificate,
after Python has checked that certificate against the environment's own authority.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fake_server import FakeMWAA

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

#: Chromium is to talk to the environment alone, and to leave nothing behind.
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
#: A page may take its time on a busy machine.
_PATIENCE_MILLISECONDS = 60_000

Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Playwright's handle of the browser; skipped where either is not installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright; tox -e browser has it")
    if shutil.which("chromium") is None:
        pytest.skip("needs Debian's package chromium")
    with playwright.sync_playwright() as running:
        yield running.chromium


@pytest.fixture
def open_browser(chromium: Any, mwaa_live: FakeMWAA, tmp_path: Path) -> Iterator[Open]:
    """Starts a browser, with Playwright's options for a context; what its console complains of fails the test.

    The environment's clock stands still unless a test advances it, however long the browser takes.
    """
    mwaa_live.clock.freeze()
    started: list[BrowserContext] = []
    complaints: list[str] = []

    def start(**options: Any) -> Page:
        context = chromium.launch_persistent_context(
            tmp_path / f"profile-{len(started)}",
            executable_path=shutil.which("chromium"),
            headless=True,
            args=[*_ARGUMENTS, f"--ignore-certificate-errors-spki-list={_key_digest(mwaa_live)}"],
            **options,
        )
        started.append(context)
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        page: Page = context.pages[0] if context.pages else context.new_page()
        # Scripts that fail, and whatever a page's policy keeps a browser from doing.
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        return page

    yield start
    for context in started:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_browser: Open) -> Page:
    """A window of 1280 by 800 in light colours."""
    return open_browser(viewport={"width": 1280, "height": 800}, color_scheme="light")


@pytest.fixture
def login_url(mwaa_live: FakeMWAA) -> Callable[[], str]:
    """Makes the address that whoever has a new web login token opens."""

    def make() -> str:
        answer = boto3.client("mwaa").create_web_login_token(Name=mwaa_live.name)
        hostname, token = answer["WebServerHostname"], answer["WebToken"]
        return f"https://{hostname}/aws_mwaa/aws-console-sso?login=true#{token}"

    return make


@pytest.fixture
def photograph(tmp_path: Path) -> Callable[[Page, str], None]:
    """Writes a picture of the whole page into the folder that SCREENSHOTS names, else into the test's own."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)

    return take


def _key_digest(mwaa: FakeMWAA) -> str:
    """What Chromium knows the environment's key by."""
    host, _, port = mwaa.hostname.partition(":")
    trust = ssl.create_default_context(cafile=mwaa.env["SSL_CERT_FILE"])
    with (
        socket.create_connection((host, int(port)), timeout=60) as connection,
        trust.wrap_socket(connection, server_hostname=host) as secured,
    ):
        certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")


def _is_complaint(message: Any) -> bool:
    # A refused login is an answer of status 401, which Chromium finds worth a line.
    refused = re.search(r"status of 401\b", message.text)
    return message.type in {"error", "warning"} and not refused
