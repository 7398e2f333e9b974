"""Error pages. Clients may compare the first two, so these are what Airflow sends, byte for byte."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fake_server.versions import AirflowVersion

_WORDS = {404: "Page cannot be found.", 405: "Received an invalid request."}

_PAGE = """\


<!DOCTYPE html>
<html lang="en">
  <head>
    <title>Airflow {code}</title>
    <link rel="icon" type="image/png" href="/static/pin_32.png">
  </head>
  <body>
    <div style="font-family: verdana; text-align: center; margin-top: 200px;">
      <img src="/static/pin_100.png" width="50px" alt="pin-logo" />
      <h1>Airflow {code}</h1>
      <p>{words}</p>
      <a href="/">Return to the main page</a>
      <p></p>
    </div>
  </body>
</html>"""

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
      <h1> Ooops! </h1>
      <p>An exception that nobody caught ended this request. A real Airflow web server shows a page like this one,
        with the status 500, and writes the exception to its log; its text does not reach the client.</p>
      <p>This page comes from a fake of Airflow, which knows where the real one stumbles and stumbles there too. What it
        stumbled over stands in the journal of the environment, as the refusal of this request.</p>
      <dl>
        <dt>Airflow version</dt>
        <dd>{version}</dd>
      </dl>
    </main>
  </body>
</html>
"""

_WORKER_FAILURE = """\
<html>
  <head>
    <title>Internal Server Error</title>
  </head>
  <body>
    <h1><p>Internal Server Error</p></h1>
    \n\
  </body>
</html>
"""


def error_page(error: HTTPException) -> Response:
    """The page for an unknown path or a method that is not allowed; any other error in Werkzeug's plain form."""
    if error.code not in _WORDS:
        return Response(error.get_body(), error.code, content_type="text/html; charset=utf-8")
    page = _PAGE.format(code=error.code, words=_WORDS[error.code])
    return Response(page, error.code, content_type="text/html; charset=utf-8")


def crash_page(version: AirflowVersion) -> Response:
    """The page for an exception that Airflow does not catch, in words of our own."""
    return Response(_CRASH.format(version=version.number), 500, content_type="text/html; charset=utf-8")


def worker_failure() -> Response:
    """What gunicorn answers when the exception escapes even the page above, as errors of the database do."""
    return Response(_WORKER_FAILURE, 500, content_type="text/html")
