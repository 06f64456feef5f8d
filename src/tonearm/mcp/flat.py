"""Tools as plain HTTP reads: arguments as flat query parameters, whose texts become what the tool takes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tonearm.domain.errors import InvalidInputError
from tonearm.mcp.schemas import input_schema
from tonearm.mcp.tool import Tool, load_tools

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_TRUTH: Mapping[str, bool] = {"true": True, "false": False}
_SINGLE = frozenset({"string", "integer", "boolean"})


def is_flat(tool: Tool[Any]) -> bool:
    """Tell whether a tool only reads, and takes nothing but texts, whole numbers, truth values and lists of them."""
    kinds = [
        part.get("items", {}).get("type") if part.get("type") == "array" else part.get("type")
        for part in _properties(tool).values()
    ]
    return not tool.is_writing and _SINGLE.issuperset(kinds)


def list_flat_tools() -> list[Tool[Any]]:
    """List the tools that can be read so: first those that answer from the history, then those that ask Spotify."""
    return sorted(filter(is_flat, load_tools().values()), key=lambda tool: tool.is_outward)


def known_parameters() -> frozenset[str]:
    """Give the names of all parameters that any of these tools takes."""
    return frozenset(name for tool in list_flat_tools() for name in _properties(tool))


def read_flat(tool: Tool[Any], sent: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Give the arguments that query parameters say, each as the kind that the tool takes where it is one.

    A list is given by repeating its parameter, or at once with commas between; what is neither is left for the tool to
    refuse. Raises InvalidInputError where what is no list is given twice.
    """
    properties = _properties(tool)
    texts: dict[str, list[str]] = {}
    for name, value in sent:
        texts.setdefault(name, []).append(value)
    read: dict[str, Any] = {}
    for name, values in texts.items():
        schema = properties.get(name, {})
        if schema.get("type") == "array":
            parts = values if len(values) > 1 else values[0].split(",")
            read[name] = [_read(part.strip(), schema.get("items", {})) for part in parts]
        elif len(values) > 1:
            raise InvalidInputError(
                f"{tool.name} takes `{name}` once; it was given {len(values)} times.",
                parameter=name,
            )
        else:
            read[name] = _read(values[0], schema)
    return read


def flat_parameters(tool: Tool[Any]) -> list[dict[str, Any]]:
    """Give the arguments of a tool as query parameters of OpenAPI."""
    required = input_schema(tool.arguments).get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": schema["description"],
            "schema": {key: part for key, part in schema.items() if key != "description"},
        }
        for name, schema in _properties(tool).items()
    ]


def _properties(tool: Tool[Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = input_schema(tool.arguments)["properties"]
    return found


def _read(text: str, schema: Mapping[str, Any]) -> str | int | bool:
    kind = schema.get("type")
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return _TRUTH.get(text, text) if kind == "boolean" else text
