"""What commands share: an open Tonearm, the listener they speak of, and their output."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tonearm.domain.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from tonearm.accounts.people import User
    from tonearm.bootstrap import Tonearm
    from tonearm.ops.settings import Settings

_Item = TypeVar("_Item")


class UsageError(InvalidInputError):
    """The command was called wrongly."""

    code = "usage"


def load_settings(**chosen: Any) -> "Settings":  # noqa: ANN401 - pydantic checks them
    """Read the settings, some of them chosen by the caller; raises UsageError that names each bad one."""
    from pydantic import ValidationError  # noqa: PLC0415 - `--help` does not need it
    from pydantic_settings import SettingsError  # noqa: PLC0415 - the same

    from tonearm.ops.settings import Settings  # noqa: PLC0415 - `--help` does not need it

    try:
        return Settings(**chosen)
    except SettingsError as error:
        raise UsageError(f'{error}. Lists are JSON, such as ["music.example.org"].') from None
    except ValidationError as error:
        lines = [
            f"TONEARM_{'_'.join(map(str, item['loc'])).upper()}: {_said(item)}"
            if item["loc"]
            else _said(item)
            for item in error.errors(include_input=False)
        ]
        raise UsageError("; ".join(lines)) from None


def _said(item: Mapping[str, Any]) -> str:
    return str(item["msg"]).removeprefix("Value error, ")


@contextmanager
def opened() -> Iterator["Tonearm"]:
    """Open Tonearm on the data folder of the settings."""
    from tonearm.accounts.acting import COMMAND_LINE, act_as  # noqa: PLC0415 - `--help` does not need it
    from tonearm.bootstrap import build  # noqa: PLC0415 - the same
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - the same

    settings = load_settings()
    configure_logging(None, settings.log_level)
    tonearm = build(settings)
    act_as(COMMAND_LINE)
    try:
        yield tonearm
    finally:
        tonearm.close()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait until a step is done, so that what it has done is known and can be taken back.

    Raises:
        KeyboardInterrupt: afterwards, if it came meanwhile.
    """
    came: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if came:
        raise KeyboardInterrupt


def listener(tonearm: "Tonearm", name: str | None) -> "User":
    """Give the listener of a name, or the owner, who is made on a fresh data folder."""
    if name is None:
        return tonearm.accounts.ensure_owner()
    user = tonearm.accounts.find(name)
    if user is None:
        raise NotFoundError(f"There is no user '{name}'. `tonearm users list` shows who there is.")
    return user


def print_json(document: object) -> None:
    """Print one JSON document on standard output."""
    import msgspec  # noqa: PLC0415 - `--help` does not need it

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def print_list(
    items: Sequence[_Item], line: Callable[[_Item], str], *, json: bool, none: str = ""
) -> None:
    """Print a list: for programs as one JSON document, for people a line for each thing.

    `none` is what people are told where there is nothing; without it, nothing.
    """
    if json:
        print_json({"items": items})
        return
    if none and not items:
        say(none)
    for item in items:
        say(line(item))


def say(line: str) -> None:
    """Print a line on standard output."""
    print(printable(line))


def printable(text: str) -> str:
    """Give a text for a terminal: names come from files, and may hold what would command it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
