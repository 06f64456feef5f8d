"""What tools say of themselves: the schemas of arguments and answers, made from their own types."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from tonearm.insights.records import Covered
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.telling import about_name, spelled_name

_REFERENCE = "#/$defs/{name}"


def _or_null(kind: str, description: str) -> dict[str, Any]:
    # Not a list of types: some models' makers know one type alone.
    return {"anyOf": [{"type": kind}, {"type": "null"}], "description": description}


_ABOUT: Mapping[str, Any] = {
    "type": "object",
    "description": "What the answer speaks of; `words` says it in a sentence to repeat.",
    "properties": {
        "range": {"type": "string"},
        "from": _or_null("string", "First instant, by local clocks."),
        "to": _or_null("string", "First instant after, by local clocks."),
        "zone": {"type": "string"},
        "rule": {"type": "string"},
        "kind": {"type": "string"},
        "completeness": _or_null(
            "number", "Share of the range that imports and polls vouch for, from 0 to 1."
        ),
        "estimated_share": {"type": "number"},
        "words": {"type": "string"},
    },
    "required": ["range", "zone", "rule", "kind", "completeness", "words"],
}


def input_schema(arguments: type[Arguments]) -> dict[str, Any]:
    """Give the schema of what a tool takes, without titles, nulls and defaults that pydantic makes up."""
    schema: dict[str, Any] = _untitled(arguments.model_json_schema(by_alias=True))
    schema.pop("description", None)  # of the class; the tool has its own
    return {"type": "object", "properties": {}, **schema}


@cache
def output_schema(record: type[Struct]) -> dict[str, Any]:
    """Give the schema of what a tool answers with, as `tell` gives it."""
    (_, components) = msgspec.json.schema_components([record], ref_template=_REFERENCE)
    named = {name: _told(schema) for name, schema in components.items() if name != Covered.__name__}
    root = named.pop(record.__name__)
    used = {name: schema for name, schema in named.items() if _is_used(name, root, named)}
    return root | ({"$defs": used} if used else {})


def _is_used(name: str, root: Mapping[str, Any], named: Mapping[str, Any]) -> bool:
    wanted = _REFERENCE.format(name=name)
    return any(wanted in _references(schema) for schema in (root, *named.values()))


def _references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        for part in schema.values():
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of a record as `tell` tells it."""
    if schema.get("type") != "object":
        return _short(schema)
    properties: dict[str, Any] = {}
    for name, inner in schema.get("properties", {}).items():
        if inner.get("$ref") == _REFERENCE.format(name=Covered.__name__) or _is_about(inner):
            properties[about_name(name)] = dict(_ABOUT)
            continue
        properties[name] = _short(inner)
        spelled = spelled_name(name)
        if spelled is not None and inner.get("type") == "integer":
            properties[spelled] = {"type": "string"}
        elif name in {"weekday", "peak_weekday"}:
            properties[f"{name}_name"] = _or_null("string", "In words.")
    # Whatever there is to tell is told, if only as null.
    return {"type": "object", "properties": properties, "required": list(properties)}


def _is_about(schema: Mapping[str, Any]) -> bool:
    wanted = _REFERENCE.format(name=Covered.__name__)
    return any(part.get("$ref") == wanted for part in schema.get("allOf", ()))


def _short(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the names say too: some assistants read all schemas before anything else."""
    left_out = {"title", "default", "description"}
    return {name: part for name, part in schema.items() if name not in left_out}


def _untitled(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, dict):
        choices = schema.get("anyOf", ())
        if len(choices) == 2 and {"type": "null"} in choices:  # noqa: PLR2004 - something, or left out
            inner = next(choice for choice in choices if choice != {"type": "null"})
            kept = {key: part for key, part in schema.items() if key not in {"anyOf", "default"}}
            return _untitled({**inner, **kept})
        return {
            name: {key: _untitled(part) for key, part in value.items()}
            if name == "properties"
            else _untitled(value)
            for name, value in schema.items()
            if name != "title"
        }
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    return " ".join(schema.split()) if isinstance(schema, str) else schema
