"""Provider packages: those that every Airflow of the recorded version brings."""

from __future__ import annotations

from typing import Any

from fake_server.web.v1.call import Call

#: Name behind ``apache-airflow-providers-``, description, version.
_PROVIDERS = (
    (
        "common-compat",
        "Common Compatibility Provider - providing compatibility code for previous Airflow versions.",
        "1.5.0",
    ),
    ("common-io", "Common IO Provider", "1.5.0"),
    ("common-sql", "Common SQL Provider https://en.wikipedia.org/wiki/SQL", "1.23.0"),
    ("fab", "Flask App Builder https://flask-appbuilder.readthedocs.io/", "1.5.3"),
    ("ftp", "File Transfer Protocol (FTP) https://tools.ietf.org/html/rfc114", "3.12.2"),
    ("http", "Hypertext Transfer Protocol (HTTP) https://www.w3.org/Protocols/", "5.2.0"),
    ("imap", "Internet Message Access Protocol (IMAP) https://tools.ietf.org/html/rfc3501", "3.8.2"),
    ("smtp", "Simple Mail Transfer Protocol (SMTP) https://tools.ietf.org/html/rfc5321", "2.0.0"),
    ("sqlite", "SQLite https://www.sqlite.org/", "4.0.0"),
)


def get_providers(call: Call) -> Any:  # noqa: ARG001 - nothing about them can be asked
    """The provider packages, by name."""
    return {
        "providers": [
            {"description": description, "package_name": f"apache-airflow-providers-{name}", "version": version}
            for name, description, version in _PROVIDERS
        ],
        "total_entries": len(_PROVIDERS),
    }
