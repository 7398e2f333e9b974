"""The page of settings, from the one table that the plugin and the command share."""

from __future__ import annotations

from docs.generators.markdown import code, page, table
from fake_server.settings import SETTINGS, Setting
from pytest_mwaa.settings import ALL_SETTINGS

_INTRODUCTION = """\
A setting says what an environment is like. It has one name, which is written a little differently in each place:

| where | how `airflow_version` is written there |
|---|---|
| the marker, `make_mwaa`, `FakeMWAA`, `mock_mwaa` | `airflow_version="2.10.5"` |
| pytest's command line | `--mwaa-airflow-version=2.10.5` |
| an environment variable | `MWAA_AIRFLOW_VERSION=2.10.5` |
| an ini file of pytest | `mwaa_airflow_version = 2.10.5` |
| `fake-mwaa` | `--airflow-version=2.10.5` |

The first place that has a setting counts, from the top of this list: the keywords of `make_mwaa`, the marker of the
function, of its class, of its module, pytest's command line, the environment variable, the ini file, the default. For
`fake-mwaa` it is the option, then the environment variable. Two settings are mappings, `config` and `assume`: they are
put together from all places key by key, and the same order decides for each key.

A value that a setting cannot have is refused before the first test runs, with a text that names the place, the value,
and what was expected."""

_AS_TEXT = """\
Where only text can be written, a list is separated by commas or lines. A mapping has a `KEY=VALUE` on each line or is a
JSON object; as an option, `--mwaa-config=KEY=VALUE` may be given several times. A relative path of a seed starts at the
folder of the test's file in a marker, and at the folder of the ini file there."""


def settings_page() -> str:
    """All settings: what they take, as what kind of value, and their meaning with the default in parentheses."""
    rows = [
        (code(setting.name), _KINDS[setting.kind], code(setting.metavar), _sentence(setting))
        for setting in ALL_SETTINGS.values()
    ]
    return page(
        "Settings",
        _INTRODUCTION,
        table(("name", "kind", "as text", "meaning (default)"), rows),
        _AS_TEXT,
        f"Settings of pytest only are {', '.join(code(name) for name in ALL_SETTINGS if name not in SETTINGS)}. For "
        "`FakeMWAA` and `mock_mwaa` the choice of a target is `live=True`. Real targets have "
        "[a page of their own](../how-to/real-targets.md).",
    )


_KINDS = {"text": "one value", "list": "a list", "mapping": "a mapping"}


def _sentence(setting: Setting) -> str:
    return setting.help[0].upper() + setting.help[1:] + "."
