"""Compares answers with spotify-openapi.yml, the machine-readable surface of 2026."""

from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

_FILE = Path(__file__).with_name("spotify-openapi.yml")
_METHODS = {"get", "put", "post", "delete"}
# A refusal that an operation does not list looks like those that others list.
_REFUSALS = {400: "BadRequest", 404: "NotFound"}


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    _drop_discriminators(document)
    return document


def _drop_discriminators(node: object) -> None:
    """Leave it to `oneOf` what something is: the file's discriminators lack the mapping they need."""
    if isinstance(node, dict):
        if isinstance(node.get("discriminator"), dict):
            del node["discriminator"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            _drop_discriminators(each)


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Give the operations of the file by method and path."""
    return {
        (method.upper(), path): operation
        for path, methods in _document()["paths"].items()
        for method, operation in methods.items()
        if method in _METHODS
    }


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = _document()
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        node = found
    return node


@cache
def _validator(pointer: str) -> OAS30Validator:
    # The file is known under a name, so that the references in it lead somewhere.
    resource = DRAFT4.create_resource(_document())
    registry: Registry[Any] = Registry().with_resource("spotify", resource)
    return OAS30Validator(
        {"$ref": f"spotify#{pointer}"}, registry=registry, format_checker=oas30_format_checker
    )


def _escape(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def complaints(method: str, path: str, answer: httpx2.Response) -> list[str]:
    """Give what is wrong with an answer of an operation, as the file has it."""
    status, listed = str(answer.status_code), operations()[method, path]["responses"]
    if status in listed and "$ref" in listed[status]:
        pointer = listed[status]["$ref"].removeprefix("#")
    elif status in listed:
        pointer = f"/paths/{_escape(path)}/{method.lower()}/responses/{status}"
    elif answer.status_code in _REFUSALS:
        pointer = f"/components/responses/{_REFUSALS[answer.status_code]}"
        listed = {status: {"$ref": f"#{pointer}"}}
    elif (status, path) == ("204", "/me/player/currently-playing"):
        return [] if not answer.content else ["an idle player has a body"]
    else:
        return [f"{method} {path} does not list {status}: {answer.text}"]
    content = _resolved(listed[status]).get("content")
    if content is None:
        return [] if not answer.content else [f"{method} {path} {status} has a body"]
    document = answer.json()
    if path.startswith("/me/library") and status == "400":
        # The file leaves out the envelope here that every other error has.
        document = document["error"]
    validator = _validator(f"{pointer}/content/application~1json/schema")
    return [
        f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)
    ]
