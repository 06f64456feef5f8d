"""Markdown, and what it takes to put a typed field into words."""

import ast
import inspect
import textwrap
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from itertools import pairwise
from typing import Any, Literal, Union, get_args, get_origin

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
    if annotation in _WORDS:
        return _WORDS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(map(type_in_words, arguments))
    if origin in (tuple, list):
        return f"list of {type_in_words(arguments[0])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    return f"[{annotation.__name__}](#{annotation.__name__.lower()})"


def first_paragraph(text: str | None) -> str:
    """Give what a docstring says before its first empty line."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def attribute_docs(record: type) -> dict[str, str]:
    """Give the text that stands below each field of a class, by field."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(record)))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    return dict(_documented(body))


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, " ".join(text.split())


def record_rows(record: Any, recurring: dict[str, str]) -> Iterator[Sequence[str]]:  # noqa: ANN401 - any dataclass
    """Give name, type and meaning of each field of a record.

    Args:
        record: a frozen dataclass.
        recurring: meanings of fields that mean the same in every record.

    Raises:
        LookupError: a field has no docstring below it and no recurring meaning.
    """
    documented = attribute_docs(record)
    for field in fields(record):
        meaning = documented.get(field.name) or recurring.get(field.name)
        if meaning is None:
            raise LookupError(
                f"{record.__name__}.{field.name} has no meaning: put a docstring below the field."
            )
        yield f"`{field.name}`", type_in_words(field.type), meaning
