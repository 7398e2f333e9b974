"""Writes the pages of the reference from the code that they describe."""

from __future__ import annotations
