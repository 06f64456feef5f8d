"""The page of the REST API."""

import asyncio
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tonearm.bootstrap import create_app
from tonearm.ops.settings import Settings
from tonearm.web.openapi import FROM_THE_GATE, METRICS_SCHEME
from tools.reference.tables import table

Operation = tuple[str, str, dict[str, Any]]
_JSON = "application/json"
_OPEN = "nobody has to be known"
_CLOSED = "a session, a key or a token"
_TOUCHED = {
    "caller": "the caller's own",
    "listener": "the listener's in the path",
    "everybody": "everybody's",
}
_INTRODUCTION = """# REST API

A running Tonearm describes its API at `/api/openapi.json` and shows it at `/docs`; this page is made from that.

**Who may.** Most operations want a caller: either the session cookie that `POST /api/auth/login` sets, or a key or
access token in `Authorization: Bearer …` with the scope that is named; [Write an API client](../guides/api-clients.md)
has both. The set-up shows a first key once, `POST /api/user/keys` makes more. The owner and admins see every listener's
measures, with a key or token only if it has `admin` too, which is written down; a listener sees their own. The table
names the scope, the least role, and whose things an operation touches; what is somebody else's is a 404.

**What is sent** is JSON, except for uploads. A parameter or field that is not known is an error, never ignored, and so
is a `null` in a `PATCH`: what is left out stays as it is.

**What comes back** is JSON with instants in UTC. Lists are `{"items": […], "next_cursor": …}`; the cursor, given as
`cursor`, asks for the next page. Measures carry an `ETag`: with `If-None-Match`, an answer that has not changed is
a 304.

**Errors** are `application/problem+json`: `type`, `title`, `status`, `detail` (a sentence for a person), `code` (a
word for a program), `request_id` (also in the log, and in the header `X-Request-ID`) and `errors`, one for each
parameter or field. Every operation may also answer 400 to a request without a host or with an unknown `X-API-Version`
(there is version 1), 403 to a change that another site asked a browser for, 408 to a body that comes too slowly, 413 to
one that is too large, 421 to a host name that is not Tonearm's, 429 to whoever comes too often, and 500 for a fault of
its own.

**How often** you may come is in every answer: `RateLimit-Policy` names the limit, `RateLimit` what is left of it, and a
429 has `Retry-After`. [Run behind a proxy](../guides/behind-a-proxy.md#limits) has the limits.

**Send it again** without harm: every `POST` of a caller takes an `Idempotency-Key`, any text of yours, best a random
one. The same request under the same key does nothing for 24 hours but give the same answer, with
`Idempotency-Replayed: true`. Another request under it is a 422 (`idempotency_key_reused`); while the first is at work,
a repeat is a 409 (`request_at_work`). A request that was refused did nothing, and may be sent again under its key.
Where the answer shows a secret, such as a new API key, it is not kept: a repeat is a 409 (`answer_not_kept`), which
says that the thing was made. Where nobody has to be known, or a password is sent, a key is a 422: it would be nobody's,
and nothing of a password is kept.

"""


def describe_api() -> dict[str, Any]:
    """Give the OpenAPI document of an app that is made for this alone."""

    async def describe(folder: Path) -> dict[str, Any]:
        app = create_app(Settings(data_dir=folder, database_url=""), with_worker=False)
        async with app.router.lifespan_context(app):
            return app.openapi()

    with TemporaryDirectory() as folder:
        return asyncio.run(describe(Path(folder)))


def iter_operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Give method, path and description of each operation."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def operations_page() -> str:
    """Make the page."""
    document = describe_api()
    schemas = document["components"]["schemas"]
    operations = sorted(iter_operations(document), key=lambda found: (_family(found), found[1]))
    parts = [
        _INTRODUCTION,
        table(("operation", "does", "scope", "role", "touches"), map(_line, operations)),
    ]
    for family, members in groupby(operations, key=_family):
        parts.append(f"\n## {family}\n")
        parts += [_section(schemas, *member) for member in members]
    return "".join(parts)


def _family(operation: Operation) -> str:
    return str(operation[2]["tags"][0])


def _line(found: Operation) -> Sequence[str]:
    method, path, operation = found
    address = f"`{method} {path}`"
    if "security" not in operation:
        return address, operation["summary"], "none: it is open", "", ""
    if _is_for_metrics(operation):
        return address, operation["summary"], "none: it has a token of its own", "", ""
    scope = ", ".join(f"`{scope}`" for scope in _scopes(operation)) or "any"
    return address, operation["summary"], scope, operation["x-role"], _TOUCHED[operation["x-owner"]]


def _is_for_metrics(operation: dict[str, Any]) -> bool:
    return bool(operation["security"] == [{METRICS_SCHEME: []}])


def _needs(operation: dict[str, Any]) -> str:
    if "security" not in operation:
        return _OPEN
    if _is_for_metrics(operation):
        return "`TONEARM_METRICS_TOKEN` as a bearer token"
    scopes = _scopes(operation)
    return (
        f"a session, or a key or token with {' and '.join(f'`{scope}`' for scope in scopes)}"
        if scopes
        else _CLOSED
    )


def _scopes(operation: dict[str, Any]) -> Sequence[str]:
    found: Sequence[str] = next(
        scheme["key"] for scheme in operation["security"] if "key" in scheme
    )
    return found


def _section(schemas: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f"\n### `{method} {path}`\n",
        f"{operation['description']}\n",
        f"Needs {_needs(operation)}.\n".replace("Needs nobody", "Nobody"),
    ]
    rows = [*_parameters(schemas, operation), *_body(schemas, operation)]
    if rows:
        parts.append(table(("parameter", "where", "value", "default", "meaning"), rows))
    parts.append(table(("status", "answer"), _answers(operation)))
    return "\n".join(parts)


def _parameters(schemas: dict[str, Any], operation: dict[str, Any]) -> Iterator[Sequence[str]]:
    for parameter in operation.get("parameters", ()):
        yield _row(
            schemas,
            parameter["name"],
            parameter["in"],
            parameter["schema"],
            is_required=parameter.get("required", False),
            meaning=parameter.get("description", ""),
        )


def _body(schemas: dict[str, Any], operation: dict[str, Any]) -> Iterator[Sequence[str]]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        where = "body" if kind == _JSON else f"body, `{kind}`"
        for schema in _alternatives(schemas, content["schema"]):
            # A body of several forms says by one field which it is; what each takes follows it.
            yield from _fields(schemas, schema, where)


def _fields(
    schemas: dict[str, Any], schema: dict[str, Any], where: str, prefix: str = ""
) -> Iterator[Sequence[str]]:
    """Give the fields of a body, and below each one that is an object its own fields."""
    for name, field in schema["properties"].items():
        is_required = name in schema.get("required", ())
        meaning = field.get("description", "")
        yield _row(schemas, prefix + name, where, field, is_required=is_required, meaning=meaning)
        for inner in _alternatives(schemas, field):
            yield from _fields(schemas, inner, where, f"{prefix}{name}.")


def _alternatives(schemas: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the objects that a body may be; none where it may be left out."""
    schema = _resolved(schemas, schema)
    if "properties" in schema:
        yield schema
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _alternatives(schemas, inner)


def _row(
    schemas: dict[str, Any],
    name: str,
    where: str,
    schema: dict[str, Any],
    *,
    is_required: bool,
    meaning: str,
) -> Sequence[str]:
    default = schema.get("default")
    shown = (
        ""
        if default is None
        else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    )
    return (
        f"`{name}`",
        where,
        _value(schemas, schema),
        "required" if is_required else shown,
        meaning,
    )


def _value(schemas: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _resolved(schemas, schema)
    if "anyOf" in schema:
        kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
        return " or ".join(_value(schemas, kind) for kind in kinds)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_value(schemas, schema['items'])}"
    if schema.get("format") == "binary":
        return "file"
    words = {"string": "text", "boolean": "`true`, `false`"}.get(schema["type"], schema["type"])
    bounds = [
        f"{word} {schema[key]:,}"
        for word, key in (("from", "minimum"), ("to", "maximum"))
        if key in schema
    ]
    return " ".join([str(words), *bounds])


def _resolved(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )
    return found


def _answers(operation: dict[str, Any]) -> Iterator[Sequence[str]]:
    for status, answer in sorted(operation["responses"].items()):
        text = answer["description"]
        if text == FROM_THE_GATE.get(status):  # the introduction tells of it
            continue
        if text == "Successful Response":
            text = HTTPStatus(int(status)).phrase
        records = [
            f"`{content['schema']['$ref'].rpartition('/')[2]}`"
            if "$ref" in content["schema"]
            else f"`{kind}`"
            for kind, content in answer.get("content", {}).items()
            if not status.startswith(("4", "5"))
        ]
        yield status, ": ".join([text, ", ".join(records)] if records else [text])
