"""A pytest plugin that gives a test suite its own Amazon MWAA."""

from __future__ import annotations
