"""The configuration, as far as ``webserver.expose_config`` lets it be seen."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fake_server.web.v1.call import Answer, Call
from fake_server.web.v1.problems import NotFound, PermissionDenied

#: Sensitive, but shown: Airflow hides what the environment sets, and this key it makes up itself.
_MADE_UP = ("core", "internal_api_secret_key")
_HIDDEN = "< hidden >"
_FORMATS = ("text/plain", "application/json")
_NOT_EXPOSED = "Your Airflow administrator chose not to expose the configuration, most likely for security reasons."
Sections = Mapping[str, Mapping[str, str]]


def get_config(call: Call) -> Answer:
    """All sections, or one."""
    media_type = _accepted(call)
    if media_type is None:
        return _not_acceptable()
    hides = _exposure(call)
    sections = call.airflow.config.sections()
    wanted = call.query["section"]
    if wanted:
        if wanted not in sections:
            raise NotFound("section not found.", f"section={wanted} not found.")
        sections = {wanted: sections[wanted]}
    shown = {
        section: {
            option: _HIDDEN if hides and _is_hidden(call, section, option) else value
            for option, value in options.items()
        }
        for section, options in sections.items()
    }
    return _answer(media_type, shown)


def get_value(call: Call) -> Answer:
    """One option, whose capitals do not matter. What is sensitive is hidden here in any case."""
    media_type = _accepted(call)
    if media_type is None:
        return _not_acceptable()
    _exposure(call)
    section, option = call.path["section"], call.path["option"]
    try:
        value = call.airflow.config.get(section.lower(), option.lower())
    except KeyError:
        raise NotFound("Config not found.", f"The option [{section}/{option}] is not found in config.") from None
    if call.airflow.config.is_sensitive(section.lower(), option.lower()):
        value = _HIDDEN
    return _answer(media_type, {section: {option: value}})


def _is_hidden(call: Call, section: str, option: str) -> bool:
    return (section, option) != _MADE_UP and call.airflow.config.is_sensitive(section, option)


def _exposure(call: Call) -> bool:
    """Whether sensitive options are to be hidden.

    :raises PermissionDenied: when nothing is to be seen at all.
    """
    text = call.airflow.config.get("webserver", "expose_config").lower()
    if text == "non-sensitive-only":
        return True
    if not call.airflow.config.boolean("webserver", "expose_config"):
        raise PermissionDenied(_NOT_EXPOSED)
    return False


def _accepted(call: Call) -> str | None:
    return call.request.accept_mimetypes.best_match(_FORMATS)


def _not_acceptable() -> Answer:
    return Answer(status=406, content_type="text/html; charset=utf-8")


def _answer(media_type: str, sections: Sections) -> Answer:
    return Answer(_as_text(sections) if media_type == "text/plain" else _as_json(sections), content_type=media_type)


def _as_text(sections: Sections) -> str:
    return "\n".join(
        f"[{section}]\n" + "".join(f"{option} = {value}\n" for option, value in options.items())
        for section, options in sections.items()
    )


def _as_json(sections: Sections) -> str:
    listed = [
        {"name": section, "options": [{"key": option, "value": value} for option, value in options.items()]}
        for section, options in sections.items()
    ]
    return json.dumps({"sections": listed}, indent=4)
