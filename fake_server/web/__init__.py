"""The web server of one environment: a Werkzeug WSGI application."""
