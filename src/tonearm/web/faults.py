"""What is wrong with a parameter or field, in a sentence; the catalogues know every one of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tonearm.domain.text import quoted
from tonearm.web.problem import Fault

KINDS: Mapping[str, str] = {
    "bool_parsing": "must be a valid boolean, unable to interpret input",
    "bool_type": "must be a valid boolean",
    "date_from_datetime_inexact": "Datetimes provided to dates must have zero time - e.g. be exact dates",
    "date_from_datetime_parsing": "must be a valid date or datetime, {error}",
    "date_parsing": "must be a valid date in the format YYYY-MM-DD, {error}",
    "date_type": "must be a valid date",
    "datetime_from_date_parsing": "must be a valid datetime or date, {error}",
    "datetime_object_invalid": "Invalid datetime object, got {error}",
    "datetime_parsing": "must be a valid datetime, {error}",
    "datetime_type": "must be a valid datetime",
    "dict_type": "must be a valid dictionary",
    "enum": "must be {expected}",
    "float_parsing": "must be a valid number, unable to parse string as a number",
    "float_type": "must be a valid number",
    "greater_than_equal": "must be greater than or equal to {ge}",
    "int_from_float": "must be a valid integer, got a number with a fractional part",
    "int_parsing": "must be a valid integer, unable to parse string as an integer",
    "int_parsing_size": "Unable to parse input string as an integer, exceeded maximum size",
    "int_type": "must be a valid integer",
    "less_than_equal": "must be less than or equal to {le}",
    "list_type": "must be a valid list",
    "literal_error": "must be {expected}",
    "model_attributes_type": "must be a valid dictionary or object to extract fields from",
    "model_type": "must be a valid dictionary or instance of {class_name}",
    "string_pattern_mismatch": "String must match pattern '{pattern}'",
    "string_too_long": "String must have at most {max_length} character{expected_plural}",
    "string_too_short": "String must have at least {min_length} character{expected_plural}",
    "string_type": "must be a valid string",
    "string_unicode": "must be a valid string, unable to parse raw data as a unicode string",
    "timezone_aware": "Input must have timezone info",
    "too_long": (
        "must have at most {max_length} item{expected_plural} after validation, not {actual_length}"
    ),
    "too_short": (
        "must have at least {min_length} item{expected_plural} after validation, "
        "not {actual_length}"
    ),
    "tuple_type": "must be a valid tuple",
}
"""What pydantic may find wrong with a field of ours: its word for it, and what it says, as told here."""
_LONGEST_SHOWN_NAME = 64
_LIST = re.compile(r"^\S+ (?=should have at (least|most) .+ after validation)")
_TYPE_TAG = re.compile(r"^(constrained|function)-|^(int|str|strict-int)$")
_NO_SUCH_NUMBER = {"int_parsing", "int_parsing_size", "greater_than_equal", "less_than_equal"}
_SENT: Mapping[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def plainly(message: str) -> str:
    """Put what pydantic says, or has a template for, so that it goes on after the name of a field."""
    text = _LIST.sub("", message.removeprefix("Value error, "))
    return text.replace("Input should be", "must be").replace("should", "must")


def fault_of(entry: Mapping[str, Any], route: object) -> Fault:
    """Say what pydantic found wrong in a request to a route."""
    where, *path = entry["loc"]
    kind = str(entry["type"])
    if kind == "json_invalid":
        return Fault("body", "body", f"The body must be JSON: {entry['ctx']['error']}.")
    # A field of several types is named once a type, with a word for the type behind it.
    parts = [str(part) for part in path if not _TYPE_TAG.search(str(part))]
    name = ".".join(parts) or str(where)
    shown = "".join(character for character in name if character.isprintable())
    shown = shown[:_LONGEST_SHOWN_NAME]
    if kind == "missing":
        return Fault(shown, str(where), f"`{shown}` is required.")
    if kind == "extra_forbidden":
        known = entry.get("ctx", {}).get("allowed")
        suffix = f"; allowed: {known}" if known else ""
        return Fault(shown, str(where), f"`{shown}` is not known here{suffix}.")
    message = plainly(str(entry["msg"]))
    value = entry.get("input")
    sent = _SENT.get(type(value), "something else") + " was"
    # No operation takes a secret in its address, which logs hold anyway; bodies and headers may have one.
    if where in {"query", "path"}:
        allowed = (
            _allowed_values(route.dependant, name, kind) if isinstance(route, APIRoute) else None
        )
        message = allowed or message
        values = value if isinstance(value, list) else [value]
        sent = " and ".join(map(quoted, values)) + (" were" if len(values) > 1 else " was")
    return Fault(shown, str(where), f"`{shown}`: {message} ({sent} sent).")


def _allowed_values(dependant: Dependant, name: str, kind: str) -> str | None:
    """Say what a query parameter has to be where a check of this kind failed; None where the check says so itself."""
    field = next((field for field in _query_fields(dependant) if field.alias == name), None)
    if field is None:
        return None
    if kind == "string_pattern_mismatch" and field.field_info.description:
        return f"does not fit: {field.field_info.description.rstrip('.')}"
    notes = {
        bound: getattr(note, bound)
        for note in field.field_info.metadata
        for bound in ("ge", "le")
        if hasattr(note, bound)
    }
    if kind in _NO_SUCH_NUMBER and notes.keys() == {"ge", "le"}:
        return f"must be a whole number from {notes['ge']} to {notes['le']}"
    return None


def _query_fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from _query_fields(dependency)
