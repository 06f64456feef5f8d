"""`tonearm keys`: API keys for programs."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.durations import duration
from tonearm.cli.session import UsageError, listener, opened, print_json, print_list, say

if TYPE_CHECKING:
    from tonearm.accounts.keys import Key
    from tonearm.domain.vocabulary import Scope

COMMAND = App(name="keys", help="API keys for programs.")


@COMMAND.command
def create(
    name: str,
    /,
    *,
    scopes: str,
    user: str | None = None,
    expires: str | None = None,
    json: bool = False,
) -> None:
    """Make a key and print it; it can never be read again.

    Args:
        name: What it is for, in your words.
        scopes: What it may be used for, such as `history:read,imports:write`; `tonearm keys scopes` lists them.
        user: Whose key; the owner's unless named.
        expires: After which time it ends, such as `90d`, `12h` or `4w`; never unless said.
        json: Print the key as one JSON document.
    """
    expires_at = None if expires is None else datetime.now(UTC) + duration("expires", expires)
    with opened() as tonearm:
        person = listener(tonearm, user)
        key = tonearm.keys.create(person.id, name, _scopes(scopes), expires_at)
    if json:
        print_json(key)
    else:
        say(key.key)


@COMMAND.command(name="list")
def list_(*, user: str | None = None, json: bool = False) -> None:
    """List the keys that work, the newest first, without the secrets.

    Args:
        user: Whose keys; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = tonearm.keys.list(listener(tonearm, user).id)
    none = "No keys yet. Make one with: tonearm keys create NAME --scopes history:read"
    print_list(found, _line, json=json, none=none)


def _line(key: "Key") -> str:
    ends = f", ends {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else ""
    used = f", used {key.used_at:%Y-%m-%d %H:%M} UTC" if key.used_at else ", not used yet"
    where = f" from {key.used_from}" if key.used_from else ""
    return f"{key.id:>4}  {key.prefix}…  {key.name}: {', '.join(key.scopes)}{ends}{used}{where}"


@COMMAND.command
def rotate(
    key_id: int, /, *, overlap: str = "0m", user: str | None = None, json: bool = False
) -> None:
    """Make a key in place of another and print it.

    Args:
        key_id: Number of the old key, as `tonearm keys list` shows it.
        overlap: How long the old key goes on working, such as `2d`; it ends at once unless said.
        user: Whose key; the owner's unless named.
        json: Print the key as one JSON document.
    """
    with opened() as tonearm:
        person = listener(tonearm, user)
        key = tonearm.keys.rotate(person.id, key_id, duration("overlap", overlap))
    if json:
        print_json(key)
    else:
        say(key.key)


@COMMAND.command
def revoke(key_id: int, /, *, user: str | None = None) -> None:
    """End a key at once.

    Args:
        key_id: Number of the key, as `tonearm keys list` shows it.
        user: Whose key; the owner's unless named.
    """
    with opened() as tonearm:
        tonearm.keys.revoke(listener(tonearm, user).id, key_id)
    say(f"Key {key_id} has ended.")


@COMMAND.command
def scopes() -> None:
    """List what a key may be used for."""
    from tonearm.domain.vocabulary import Scope  # noqa: PLC0415 - `--help` does not need it

    for scope in Scope:
        say(f"{scope:<14} {scope.meaning}")


def _scopes(text: str) -> list["Scope"]:
    from tonearm.domain.vocabulary import Scope  # noqa: PLC0415 - `--help` does not need it

    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in tuple(Scope):
            raise UsageError(f"There is no scope '{name}'. There are {', '.join(Scope)}.")
    return [Scope(name) for name in names]
