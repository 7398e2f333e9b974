"""``python -m fake_server`` is ``fake-mwaa``."""

from __future__ import annotations

import sys

from fake_server.command import main

if __name__ == "__main__":
    sys.exit(main())
