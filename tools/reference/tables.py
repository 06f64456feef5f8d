"""Markdown, and what it takes to put a typed field into words."""

import inspect
import types
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_WORDS = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    datetime: "instant, UTC",
    date: "day",
    type(None): "null",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def type_in_words(annotation: Any) -> str:  # noqa: ANN401 - any annotation there is
    """Put the type of a field into words."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if annotation in _WORDS:
        return _WORDS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(map(type_in_words, arguments))
    if origin in (tuple, list, dict):
        is_named = origin is dict
        return f"{'object' if is_named else 'list'} of {type_in_words(arguments[is_named])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    return f"[{annotation.__name__}](#{annotation.__name__.lower()})"


def first_paragraph(text: str | None) -> str:
    """Give what a docstring says before its first empty line."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())
