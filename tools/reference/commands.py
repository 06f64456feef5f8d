"""The page of commands."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

from cyclopts import App

from tonearm.cli.app import create_cli
from tools.reference.tables import table

_INTRODUCTION = """# Command line

`tonearm COMMAND --help` says the same as this page; `tonearm --version` names the version and where it is installed.
Commands work on the data folder of the [settings](settings.md), also while a server runs on it.

Exit codes are 0 when all went well, 1 when it failed, 2 when the command was called wrongly, 130 when it was
interrupted. With `--json`, standard output holds one JSON document and nothing else; progress and
complaints go to standard error. On a fresh data folder, commands that need a listener make one, named `owner`.

"""


_KINDS = {Path: "file", str: "text", int: "integer", bool: "switch", date: "date"}


def commands_page() -> str:
    """Make the page."""
    return _INTRODUCTION + "\n".join(
        _section(f"tonearm {name}", app) for name, app in iter_commands(create_cli())
    )


def iter_commands(app: App) -> Iterator[tuple[str, App]]:
    """Give each command with its name, `imports list` and the like instead of `imports`."""
    for name in app:
        if name.startswith("-"):
            continue
        command = app[name]
        if command.default_command is not None:
            yield name, command
        for inner, below in iter_commands(command):
            yield f"{name} {inner}", below


def _section(name: str, command: App) -> str:
    documented = (command.default_command.__doc__ or "").partition("Args:")[0]
    paragraphs = [" ".join(part.split()) for part in documented.split("\n\n") if part.strip()]
    arguments = list(command.assemble_argument_collection(parse_docstring=True))
    usage = " ".join(
        [name, *(_usage(argument) for argument in arguments if _is_positional(argument))]
    )
    if not all(map(_is_positional, arguments)):
        usage += " [OPTIONS]"
    parts = [f"## `{name}`\n", *(f"{text}\n" for text in paragraphs), f"```sh\n{usage}\n```\n"]
    if arguments:
        head = ("argument or option", "value", "default", "meaning")
        parts.append(table(head, map(_row, arguments)))
    return "\n".join(parts)


def _is_positional(argument: Any) -> bool:  # noqa: ANN401 - cyclopts keeps the type to itself
    info = argument.field_info
    return info.kind in (info.POSITIONAL_ONLY, info.POSITIONAL_OR_KEYWORD, info.VAR_POSITIONAL)


def _name(argument: Any) -> str:  # noqa: ANN401 - the same
    name = str(argument.names[0])
    return name.lstrip("-").upper().replace("-", "_") if _is_positional(argument) else name


def _usage(argument: Any) -> str:  # noqa: ANN401 - the same
    name = _name(argument)
    if argument.field_info.kind is argument.field_info.VAR_POSITIONAL:
        return f"{name}…"
    return name if argument.required else f"[{name}]"


def _row(argument: Any) -> tuple[str, str, str, str]:  # noqa: ANN401 - the same
    info = argument.field_info
    # A switch that is on by default is only ever turned off, the others only ever on.
    name = argument.negatives[0] if info.default is True else _name(argument)
    is_shown = info.default not in (None, True, False, info.empty)
    default = f"`{info.default}`" if is_shown else ""
    return (
        f"`{name}`",
        _values(argument),
        "required" if argument.required else default,
        str(argument.parameter.help or ""),
    )


def _values(argument: Any) -> str:  # noqa: ANN401 - the same
    choices = argument.get_choices(force=True)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    kinds = [kind for kind in get_args(argument.hint) or (argument.hint,) if kind is not type(None)]
    if get_origin(kinds[0]) is list:
        return f"{_KINDS[get_args(kinds[0])[0]]}, may be repeated"
    return _KINDS[kinds[0]]
