"""Questions to a listener's history as operations: parameters and answers told by their own types."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
from fastapi import Path, Query
from msgspec import Meta, Struct
from msgspec.structs import FieldInfo, fields
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.domain.errors import NotFoundError
from tonearm.web.callers import Reader, Rooms
from tonearm.web.services import Services

_REFERENCE = "#/components/schemas/{name}"
_Asked = TypeVar("_Asked", bound=Struct)
UserPath = Annotated[
    str, Path(max_length=16, description="`me`, or the number of a listener", examples=["me"])
]


async def find_listener(services: Services, caller: User, user: str) -> User:
    """Give the listener that a path names, if the caller may see them; that an admin looks is written down.

    Raises:
        NotFoundError: there is no such listener for the caller.
        UnavailableError: it cannot be written down, so nothing is shown.
    """
    if user in {"me", str(caller.id)}:
        return caller
    if not caller.is_admin or not (user.isascii() and user.isdigit() and len(user) < 10):  # noqa: PLR2004 - what fits an id
        raise NotFoundError("There is no such listener.")
    return await run_in_threadpool(look_at, services, caller, int(user))


def look_at(services: Services, caller: User, user_id: int) -> User:
    """Give whoever an admin wants to look at, and write that down unless it is themself.

    Raises:
        NotFoundError: there is nobody of this number.
        UnavailableError: it cannot be written down, so nothing is shown.
    """
    listener = services.accounts.get(user_id)
    if listener.id != caller.id:
        services.audit.note_reading(listener.id)
    return listener


def question_endpoint(
    question: type[_Asked],
    answer: Callable[[Request, Services, User, str, _Asked], Awaitable[Response]],
    *,
    is_own: bool = False,
) -> Callable[..., Awaitable[Response]]:
    """Make an operation that reads a question off the query, and has it answered for the `user` of its path.

    Where `is_own`, the path names nobody, and it is answered for the caller.
    """

    async def endpoint(
        request: Request,
        services: Services,
        caller: User,
        user: str = "me",
        **asked: Any,  # noqa: ANN401 - typed by the signature below
    ) -> Response:
        return await answer(request, services, caller, user, question(**asked))

    keyword = inspect.Parameter.KEYWORD_ONLY
    fixed = [("request", Request), ("services", Rooms), ("caller", Reader)]
    fixed += [] if is_own else [("user", UserPath)]
    parameters = [inspect.Parameter(name, keyword, annotation=kind) for name, kind in fixed]
    parameters += query_parameters(question)
    endpoint.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # how FastAPI is told of parameters that a question chooses
    return endpoint


def query_parameters(question: type[Struct]) -> list[inspect.Parameter]:
    """Give the query parameters that FastAPI is to read for the fields of a question."""
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=_annotation(field),
            default=field.default,
        )
        for field in fields(question)
    ]


def describe_answer(record: type[Struct], title: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what an operation says of its answer, and the schemas which that refers to."""
    (schema,), components = msgspec.json.schema_components([record], ref_template=_REFERENCE)
    content = {"application/json": {"schema": schema}}
    return {"description": title, "content": content}, components


def _annotation(field: FieldInfo) -> Any:  # noqa: ANN401 - any annotation
    plain, metas = _without_meta(field.type)
    told: dict[str, Any] = {"alias": field.encode_name}
    for meta in metas:
        for name in ("description", "ge", "le", "min_length", "max_length", "pattern"):
            value = getattr(meta, name)
            if value is not None:
                told.setdefault(name, value)
    return Annotated[plain, Query(**told)]


def _without_meta(kind: Any) -> tuple[Any, Sequence[Meta]]:  # noqa: ANN401 - any annotation
    """Give a type without msgspec's notes, and these notes, the outer ones first."""
    if get_origin(kind) is Annotated:
        inner, *notes = get_args(kind)
        plain, more = _without_meta(inner)
        return plain, [*(note for note in notes if isinstance(note, Meta)), *more]
    arguments = get_args(kind)
    if not arguments or (isinstance(kind, type) and issubclass(kind, Enum)):
        return kind, []
    parts = [_without_meta(argument) for argument in arguments]
    if all(not notes for _, notes in parts):
        return kind, []
    union: Any = parts[0][0]
    for plain, _ in parts[1:]:
        union = union | plain
    return union, [note for _, notes in parts for note in notes]
