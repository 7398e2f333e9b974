"""The few HTML pages of the web server."""
