"""The tokens that protect the forms of the web server from being posted by other sites."""

from __future__ import annotations

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request

from fake_server.clock import Clock
from fake_server.tokens import session_signing_key
from fake_server.web.sessions import Sessions

#: Seconds that a token is valid, as in Airflow's form library.
_LIFETIME_SECONDS = 3600
_HEADERS = ("X-CSRFToken", "X-CSRF-Token")


class CsrfTokens:
    """A token is the session's identifier, signed and dated, so it is good in that session only."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._signer = _ClockSigner(session_signing_key(), salt="csrf token")
        self._signer.clock = clock

    def mint(self, session_cookie: str) -> str:
        """A token for the form on a page that goes out with this session cookie."""
        return self._signer.sign(self._sessions.identifier(session_cookie) or "").decode("ascii")

    def check(self, request: Request) -> None:
        """Check the form field ``csrf_token``, or the header that scripts send instead.

        :raises BadRequest: with the words that Airflow's form library has for it.
        """
        token = request.form.get("csrf_token") or next(filter(None, map(request.headers.get, _HEADERS)), None)
        identifier = self._sessions.identifier(request.cookies.get("session"))
        if not token:
            raise BadRequest("The CSRF token is missing.")
        if identifier is None:
            raise BadRequest("The CSRF session token is missing.")
        try:
            minted_for = self._signer.unsign(token, max_age=_LIFETIME_SECONDS).decode("ascii")
        except SignatureExpired:
            raise BadRequest("The CSRF token has expired.") from None
        except (BadSignature, UnicodeError):
            raise BadRequest("The CSRF token is invalid.") from None
        if minted_for != identifier:
            raise BadRequest("The CSRF tokens do not match.")


class _ClockSigner(TimestampSigner):
    """Dates by the environment's clock."""

    clock: Clock

    def get_timestamp(self) -> int:
        return int(self.clock.time())
