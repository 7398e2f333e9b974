"""Which URLs moto hands to this service: the control plane's endpoints, and every environment's web server."""

from __future__ import annotations

from fake_server.aws.environments import HOSTNAME_PATTERN
from fake_server.aws.responses import respond

url_bases = [
    r"https?://(?:(?:api|env|ops)\.)?airflow(?:-fips)?\.([^.]+)\.amazonaws\.com",
    rf"https?://{HOSTNAME_PATTERN}(?::\d+)?",
]

url_paths = {
    "{0}/?$": respond,
    "{0}/(?P<path>.*)$": respond,
}
