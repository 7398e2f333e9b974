"""How the stable REST API words its refusals: problem+json bodies, and pages for errors that nobody foresaw."""

from __future__ import annotations

from werkzeug.exceptions import BadRequest as WerkzeugBadRequest
from werkzeug.wrappers import Response

from fake_server.versions import AirflowVersion
from fake_server.web.pages.errors import crash_page, worker_failure
from fake_server.web.v1.json_layout import render

#: Titles that a refusal has unless its endpoint says otherwise, and the section of the documentation it links to.
_BAD_REQUEST = "BadRequest"
_LINK = "stable-rest-api-ref.html#section/Errors/"

#: What Werkzeug says about these, which Airflow passes on.
NOT_FOUND_DETAIL = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)
METHOD_NOT_ALLOWED_DETAIL = "The method is not allowed for the requested URL."


class Problem(Exception):
    """A refusal as problem+json; ``section`` is where the documentation explains it, None for ``about:blank``."""

    def __init__(
        self,
        status: int,
        title: str | None,
        detail: str | None = None,
        *,
        section: str | None = None,
        www_authenticate: str | None = None,
        sets_cookie: bool = False,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.section = section
        self.www_authenticate = www_authenticate
        #: Refusals that come before any operation leave a session cookie, as every page of Airflow's does.
        self.sets_cookie = sets_cookie

    def body(self, documentation_url: str) -> str:
        """The JSON text; ``documentation_url`` is that of the Airflow version."""
        return render(
            {
                "detail": self.detail,
                "status": self.status,
                "title": self.title,
                "type": "about:blank" if self.section is None else f"{documentation_url}{_LINK}{self.section}",
            }
        )


class BadRequest(Problem):
    """400."""

    def __init__(self, detail: str | None = None, *, title: str | None = "Bad Request") -> None:
        super().__init__(400, title, detail, section=_BAD_REQUEST)


class Unauthenticated(Problem):
    """401."""

    def __init__(self, www_authenticate: str | None) -> None:
        super().__init__(401, "Unauthorized", section="Unauthenticated", www_authenticate=www_authenticate)


class PermissionDenied(Problem):
    """403."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(403, "Forbidden", detail, section="PermissionDenied")


class NotFound(Problem):
    """404 of an operation."""

    def __init__(self, title: str = "Not Found", detail: str | None = None) -> None:
        super().__init__(404, title, detail, section="NotFound")


class AlreadyExists(Problem):
    """409."""

    def __init__(self, detail: str) -> None:
        super().__init__(409, "Conflict", detail, section="AlreadyExists")


class Unknown(Problem):
    """500 that Airflow words itself."""

    def __init__(self, title: str = "Internal Server Error", detail: str | None = None) -> None:
        super().__init__(500, title, detail, section="Unknown")


class UnknownPath(Problem):
    """404 because there is no such path."""

    def __init__(self) -> None:
        super().__init__(404, "Not Found", NOT_FOUND_DETAIL, sets_cookie=True)


class MethodNotAllowed(Problem):
    """405. Airflow does not say which methods are allowed."""

    def __init__(self) -> None:
        super().__init__(405, "Method Not Allowed", METHOD_NOT_ALLOWED_DETAIL, sets_cookie=True)


class UnsupportedMediaType(Problem):
    """415."""

    def __init__(self, content_type: str) -> None:
        super().__init__(415, "Unsupported Media Type", f"Invalid Content-type ({content_type}), expected JSON data")


class PageError(Exception):
    """A refusal that is an HTML page."""

    def response(self, version: AirflowVersion) -> Response:
        """The page, as that Airflow version has it."""
        raise NotImplementedError


class Oops(PageError):
    """500 with Airflow's page for errors that nobody foresaw."""

    def response(self, version: AirflowVersion) -> Response:
        return crash_page(version)


class BrokenStream(PageError):
    """500 of the server below Airflow, when even Airflow's error page could not be made."""

    def response(self, version: AirflowVersion) -> Response:
        return worker_failure()


class UnreadableJSON(PageError):
    """400 of Werkzeug, for operations that look into the body only to log it."""

    def response(self, version: AirflowVersion) -> Response:
        return WerkzeugBadRequest().get_response()
