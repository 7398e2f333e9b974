"""Certificates that clients trust for as long as a test runs: an authority whose key never leaves the process."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import trustme
from requests.utils import DEFAULT_CA_BUNDLE_PATH

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

LOCAL_NAMES = ("localhost", "api.localhost", "env.localhost", "ops.localhost", "127.0.0.1", "::1")
"""The names of this machine, one by one: clients accept no wildcard directly under ``localhost``. boto3 puts ``api.``,
``env.`` and ``ops.`` before the host of an endpoint."""

TRUST_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE")
"""The variables that name a file of all trusted certificates: for requests; curl and requests; OpenSSL, and with it
Python's ssl and httpx; the AWS CLI and botocore."""

EXTRA_TRUST_VARIABLE = "NODE_EXTRA_CA_CERTS"
"""Node.js trusts the certificates of this file besides its own."""

OPEN_FILES = Path("/dev/fd")
"""Where Linux and macOS show a process its open files. Without it, keys pass through a temporary file."""


class CertificateAuthority:
    """Issues the certificates of HTTPS servers, and helps clients to trust them.

    ``host_names``: names besides :data:`LOCAL_NAMES` that the first certificate is for. A client that asks for yet
    another name (TLS's server name indication) is shown a certificate made for that name.

    The keys stay in this process's memory. Only certificates are written to files, and ``close()``, or leaving the
    context, removes these.
    """

    def __init__(self, host_names: Iterable[str] = ()) -> None:
        self._authority = trustme.CA(organization_name="fake MWAA, trusted by nobody else")
        names = list(dict.fromkeys([*LOCAL_NAMES, *(name.lower() for name in host_names)]))
        self.server_context = self._context_for(*names)
        # Whoever is asked for by name. An address is never asked for: clients send no server name for it.
        self.server_context.sni_callback = self._choose_context
        self._contexts = dict.fromkeys(names, self.server_context)
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._bundles: dict[str, str] = {}

    @property
    def certificate_pem(self) -> str:
        """The authority's own certificate."""
        return self._authority.cert_pem.bytes().decode("ascii")

    def trust_environment(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment variables with which programs trust this authority, besides whom they trust already.

        Each names a file with this authority's certificate and those of the file or folder that the variable names in
        ``environ`` (default: ``os.environ``), or else of certifi. The files last until ``close()``.

        Raises FileNotFoundError when a variable in ``environ`` names what is not there.
        """
        environ = os.environ if environ is None else environ
        variables = {
            name: self._merged_bundle(name, environ.get(name) or DEFAULT_CA_BUNDLE_PATH) for name in TRUST_VARIABLES
        }
        extra = environ.get(EXTRA_TRUST_VARIABLE, "")
        return {**variables, EXTRA_TRUST_VARIABLE: self._merged_bundle(EXTRA_TRUST_VARIABLE, extra)}

    def close(self) -> None:
        """Removes the files. Servers that use ``server_context`` go on."""
        self._bundles.clear()
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _merged_bundle(self, variable: str, source: str) -> str:
        """The path of a file with the certificates of ``source`` ("" for none) and this authority's own."""
        with self._lock:
            if source not in self._bundles:
                certificates = _read_certificates(variable, source) if source else b""
                if not self._folder:
                    self._folder = tempfile.TemporaryDirectory(prefix="fake-mwaa-")
                path = Path(self._folder.name, f"ca-bundle-{len(self._bundles)}.pem")
                path.write_bytes(certificates + self._authority.cert_pem.bytes())
                self._bundles[source] = str(path)
            return self._bundles[source]

    def _context_for(self, *names: str) -> ssl.SSLContext:
        certificate = self._authority.issue_cert(*names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        _load_certificate(context, certificate)
        return context

    def _choose_context(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        if not name:
            return None
        name = name.lower()
        with self._lock:
            if name not in self._contexts:
                try:
                    self._contexts[name] = self._context_for(name)
                except ValueError:
                    # No certificate can name it, for example an internationalized name that is malformed.
                    return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            connection.context = self._contexts[name]
        return None


def _load_certificate(context: ssl.SSLContext, certificate: trustme.LeafCert) -> None:
    """What ``certificate.configure_cert(context)`` does, but without writing the key to a temporary file.

    Python's ssl loads keys from files only, but a pipe will do where the system shows open files as ``/dev/fd/N``.
    """
    if not OPEN_FILES.exists():
        certificate.configure_cert(context)
        return
    chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
    with _readable_once(chain) as chain_path, _readable_once(certificate.private_key_pem.bytes()) as key_path:
        context.load_cert_chain(chain_path, key_path)


@contextlib.contextmanager
def _readable_once(data: bytes) -> Iterator[str]:
    """A path under which ``data``, a few kilobytes, can be read once."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as stream:
            stream.write(data)
        yield str(OPEN_FILES / str(reader))
    finally:
        os.close(reader)


def _read_certificates(variable: str, source: str) -> bytes:
    """The certificates of a file, or of all files of a folder, as requests and OpenSSL accept."""
    path = Path(source)
    if path.is_dir():
        # Folders hold each certificate twice: under its name and, as a link to it, under its hash.
        files = sorted({file.resolve() for file in path.iterdir() if file.is_file()})
    elif path.is_file():
        files = [path]
    else:
        raise FileNotFoundError(
            f"The environment variable {variable} names {source!r}, which is neither a file nor a folder. It is to name"
            " the certificates that are trusted already; set it right, or unset it."
        )
    contents = (file.read_bytes() for file in files)
    return b"".join(content.rstrip() + b"\n" for content in contents if b"-----BEGIN " in content)
