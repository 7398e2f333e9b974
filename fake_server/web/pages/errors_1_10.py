"""Error pages of Airflow 1.10: for unknown paths, for exceptions, and Werkzeug's of its time."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

_NOT_FOUND = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Airflow 404 = lots of circles</title>
    <style>body { font-family: sans-serif; margin: 2rem auto; max-width: 45rem; line-height: 1.5 }</style>
  </head>
  <body>
    <main>
      <h1>Airflow 404 = lots of circles</h1>
      <p>There is nothing at this path. A real Airflow 1.10 shows a page of this title, with the status 404, for every
        path that it does not know; among them all of <code>/api/v1</code>, which came with Airflow 2.</p>
      <p><a href="/">Go to the DAGs</a></p>
    </main>
  </body>
</html>
"""

_CRASH = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <style>body {{ font-family: sans-serif; margin: 2rem auto; max-width: 45rem; line-height: 1.5 }}</style>
  </head>
  <body>
    <main>
      <h1>Ooops.</h1>
      <p>An exception that nobody caught ended this request. A real Airflow 1.10 shows a page like this one, with the
        status 500 and the whole traceback. This page comes from a fake of it, which knows the last line only.</p>
      <pre>
Traceback (most recent call last):
{exception}
</pre>
    </main>
  </body>
</html>
"""

_SHORT = """\
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<title>{code} {name}</title>
<h1>{name}</h1>
<p>{description}</p>
"""

_REDIRECT = """\
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<title>Redirecting...</title>
<h1>Redirecting...</h1>
<p>You should be redirected automatically to target URL: <a href="{target}">{target}</a>.  If not click the link."""


def error_page(error: HTTPException) -> Response:
    """The page for an unknown path; for any other error Werkzeug's short one, with ``Allow`` where that belongs."""
    if error.code == HTTPStatus.NOT_FOUND:
        return Response(_NOT_FOUND, error.code, content_type="text/html; charset=utf-8")
    page = _SHORT.format(code=error.code, name=escape(error.name), description=escape(error.description or ""))
    response = Response(page, error.code, content_type="text/html")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.allow.update(error.valid_methods)
    return response


def crash_page(exception: str) -> Response:
    """The page for an exception that Airflow does not catch; ``exception`` is the last line of the traceback."""
    return Response(
        _CRASH.format(exception=escape(exception, quote=False)), 500, content_type="text/html; charset=utf-8"
    )


def word_redirect(response: Response) -> None:
    """Give a redirect the page that Werkzeug had at that time. Its ``Location`` was absolute."""
    response.autocorrect_location_header = True
    response.set_data(_REDIRECT.format(target=escape(response.headers["Location"])))
