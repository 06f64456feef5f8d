"""Options of commands that ask a question: told, and read, by the question's own fields."""

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args, get_origin

from cyclopts import Parameter
from msgspec import Meta, Struct
from msgspec.structs import fields

_ENDING: tuple[tuple[str, Any, object, str], ...] = (
    ("user", str | None, None, "Whose history; the owner's unless named."),
    ("json", Annotated[bool, Parameter(negative=())], False, "Print one JSON document."),
)


def tell_options(command: Callable[..., None], question: type[Struct], said: str) -> None:
    """Give a command the options for the fields of a question, and `--user` and `--json`, each explained.

    Values stay as they are typed; what cyclopts does not check is checked where the question is made.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters: list[inspect.Parameter] = []
    lines = [said, "", "Args:"]
    for field in fields(question):
        named = Parameter(name=f"--{field.encode_name.replace('_', '-')}")
        kind: Any = Annotated[_typed(field.type) | None, named]
        parameters.append(inspect.Parameter(field.name, keyword, annotation=kind, default=None))
        lines.append(f"    {field.name}: {_help(field.type)}")
    for name, kind, default, meaning in _ENDING:
        parameters.append(inspect.Parameter(name, keyword, annotation=kind, default=default))
        lines.append(f"    {name}: {meaning}")
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # how cyclopts is told of options that a question chooses
    command.__doc__ = "\n".join(lines)


def given_values(question: type[Struct], options: Mapping[str, object]) -> dict[str, object]:
    """Give the options that were typed, by the names that a question has for them."""
    return {
        field.encode_name: options[field.name]
        for field in fields(question)
        if options.get(field.name) is not None
    }


def _typed(kind: Any) -> Any:  # noqa: ANN401 - any annotation
    """Give the type that an option is read as: words to choose from, a number, or text."""
    if get_origin(kind) is Annotated:
        return _typed(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Literal[tuple(member.value for member in kind)]
    if get_origin(kind) is Literal or kind is int:
        return kind
    inner = [part for part in get_args(kind) if part is not type(None)]
    return _typed(inner[0]) if inner else str


def _help(kind: Any) -> str:  # noqa: ANN401 - any annotation
    if get_origin(kind) is Annotated:
        for note in get_args(kind)[1:]:
            if isinstance(note, Meta) and note.description:
                return note.description
        return _help(get_args(kind)[0])
    return next(filter(None, map(_help, get_args(kind))), "")
