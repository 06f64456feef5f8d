"""Errors as RFC 9457 problems: what `application/problem+json` answers hold."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from starlette.responses import JSONResponse

PROBLEM_TYPE = "application/problem+json"
_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One parameter or field that cannot be used."""

    parameter: str
    """Its name; of a field inside a body, the path to it with dots."""
    where: str | None
    """`query`, `path`, `header`, `cookie` or `body`; None where that makes no difference."""
    detail: str
    """What is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as every operation answers it."""

    type: str
    """`urn:tonearm:problem:` and the code."""
    title: str
    """The status in words."""
    status: int
    detail: str
    """What happened and what to do, in a sentence for the person who reads it."""
    code: str
    """A stable word to branch on."""
    request_id: str
    """Names this request in the log."""
    errors: tuple[Fault, ...]


def describe_problem(meaning: str) -> dict[str, Any]:
    """Give an error for OpenAPI by reference: naming the class would let FastAPI read it anew for each of hundreds."""
    schema = {"$ref": _REFERENCE.format(model="Problem")}
    return {"description": meaning, "content": {PROBLEM_TYPE: {"schema": schema}}}


def problem_schemas() -> dict[str, Any]:
    """Give the schemas that these refer to, by name."""
    schema = TypeAdapter(Problem).json_schema(mode="serialization", ref_template=_REFERENCE)
    inner: dict[str, Any] = schema.pop("$defs", {})
    return {**inner, "Problem": schema}


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Render a problem."""
    return JSONResponse(asdict(problem), problem.status, headers=headers, media_type=PROBLEM_TYPE)


def make_problem(
    status: int, code: str, detail: str, request_id: str, faults: Sequence[Fault] = ()
) -> Problem:
    """Fill a problem in; the title follows from the status."""
    return Problem(
        f"urn:tonearm:problem:{code}",
        status_title(status),
        status,
        detail,
        code,
        request_id,
        tuple(faults),
    )


def status_title(status: int) -> str:
    """Give the name of an HTTP status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
