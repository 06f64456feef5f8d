"""What fields of bodies say of themselves: the text below each, read off the source once the API is described.

Pydantic does the same while a class is made, and looks through every module for it: a fifth of the start.
"""

import ast
import inspect
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Described(BaseModel):
    """A model whose JSON schema has the texts below its fields as descriptions."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> dict[str, Any]:
        """Add the texts to the schema."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        texts = _texts(cls)
        for name, field in cls.model_fields.items():
            alias = field.alias or name
            if name in texts and alias in properties:
                properties[alias].setdefault("description", texts[name])
        return schema


def _texts(model: type[BaseModel]) -> dict[str, str]:
    """Give the texts below the fields of a class and of those that it builds on."""
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Described) and base is not Described:
            [found] = ast.parse(dedent(inspect.getsource(base))).body
            texts |= dict(_below(found.body if isinstance(found, ast.ClassDef) else []))
    return texts


def _below(statements: list[ast.stmt]) -> list[tuple[str, str]]:
    return [
        (field.target.id, inspect.cleandoc(text.value.value))
        for field, text in pairwise(statements)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    ]
