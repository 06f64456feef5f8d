"""The page of settings."""

from pathlib import Path
from typing import Any, Literal, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from tonearm.ops.settings import Settings
from tonearm.ops.spotify_settings import SpotifySettings
from tools.reference.tables import table, type_in_words

_INTRODUCTION = """# Settings

Each setting comes from the environment, else from `.env`, else from `tonearm.toml`, else it has its default. Both files
are looked for in the folder in which `tonearm` is started. In `tonearm.toml` the names are without `TONEARM_` and
in small letters: `port = 8500`.

"""
_DATA_FOLDER = """
## The data folder

Where nothing else is set, it is the platform's folder for a user's data:

| system | folder |
|---|---|
| Linux | `$XDG_DATA_HOME/tonearm`, by default `~/.local/share/tonearm` |
| macOS | `~/Library/Application Support/tonearm` |
| Windows | `%LOCALAPPDATA%\\tonearm` |

`tonearm serve` prints it at its start. What lies in it:

| place | what it is | may be deleted |
|---|---|---|
| `tonearm.db` | the embedded database, with `-wal` and `-shm` beside it while it is open | never |
| `signing-keys.json` | what signs access tokens, for Tonearm alone to read | yes: clients refresh |
| `vault-keys.json` | what tokens for Spotify are sealed by, for Tonearm alone | no: everybody would link again |
| `logs/tonearm.log` | log lines of server and worker as JSON; five older files of 5 MB are kept | yes |
| `spool/` | uploads on their way in; of failed imports and previews for a day | when no import is under way |
| `cache/` | column files, made anew from the database | any time |
| `demo/` | the data folder of `tonearm demo` | any time |

## Unsafe in prod

With `TONEARM_MODE=prod` and a `TONEARM_HOST` that is not loopback (`127.0.0.1` or `::1`), Tonearm starts only when
`TONEARM_ALLOWED_HOSTS` names at least one host and `TONEARM_SECURE_COOKIES` is true.
"""


def settings_page() -> str:
    """Make the page."""
    rows = [
        (
            f"`TONEARM_{name.upper()}`",
            _values(name, field),
            _default(name, field),
            str(field.description),
        )
        # Those of a class that Settings builds on come first there, but are for later.
        for name, field in sorted(
            Settings.model_fields.items(),
            key=lambda named: named[0] in SpotifySettings.model_fields,
        )
    ]
    head = ("setting", "value", "default", "meaning")
    return _INTRODUCTION + table(head, rows) + _DATA_FOLDER


def _values(name: str, field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return type_in_words(kind)
    if kind in (Path, Path | None):
        return "file" if name.endswith("_file") else "folder"
    if kind is SecretStr:
        return "text, a secret"
    if get_origin(kind) is list:
        return "JSON list of texts"
    bounds = {
        sign: value
        for item in field.metadata
        for sign, value in (("from", getattr(item, "ge", None)), ("to", getattr(item, "le", None)))
        if value is not None
    }
    return " ".join([type_in_words(kind), *(f"{sign} {bounds[sign]:,}" for sign in bounds)])


def _default(name: str, field: FieldInfo) -> str:
    if name == "data_dir":  # differs from machine to machine
        return "[by platform](#the-data-folder)"
    if field.default in (None, "", [], SecretStr("")):
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`"
