"""The pytest plugin. It is loaded in every pytest run of the virtual environment, so it imports nothing heavy."""

from __future__ import annotations
