"""Sphinx's configuration."""

from __future__ import annotations

from importlib import metadata

project = "pytest-mwaa"
author = "the contributors of pytest-mwaa"
copyright = f"{author}; Apache-2.0"
version = release = metadata.version("pytest-mwaa")

extensions = ["myst_parser", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
nitpicky = False

# Headings are targets of links, as they are on sites that show the Markdown itself.
myst_heading_anchors = 3

html_theme = "furo"
html_title = "pytest-mwaa"
html_show_sourcelink = False
