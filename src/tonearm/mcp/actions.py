"""Tools as plain operations: for GPT Actions, and for whatever speaks HTTP but no protocol of assistants."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tonearm.accounts.assistants import Way
from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.domain.text import quoted
from tonearm.domain.vocabulary import Scope
from tonearm.mcp.calling import call, filled, get_tool
from tonearm.mcp.document import TOOLS_PATH, describe_actions
from tonearm.mcp.door import Assistant, open_desk
from tonearm.mcp.flat import is_flat, known_parameters, read_flat
from tonearm.mcp.schemas import input_schema, output_schema
from tonearm.mcp.tool import find_tool, load_tools
from tonearm.web.addresses import own_address
from tonearm.web.callers import Rooms
from tonearm.web.descriptions import Described
from tonearm.web.etags import tagged
from tonearm.web.problem import describe_problem
from tonearm.web.strict import api_router, problems

_JSON = "application/json"
_LONGEST_NAME = 64
_OBJECT: dict[str, Any] = {"content": {_JSON: {"schema": {"type": "object"}}}}
_ANSWER = {
    "description": "The answer, as the tool's `answer` in the list of tools has it"
} | _OBJECT
ROUTER = api_router("/mcp", "assistants")
# The tool knows its parameters, not the route: whatever it does not take is refused by it.
READING = APIRouter(prefix=TOOLS_PATH, tags=["assistants"])


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool, and how it is called."""

    name: str
    title: str
    description: str
    scopes: tuple[Scope, ...]
    """What a key must be for."""
    is_writing: bool
    """Whether it changes something; then only `POST /api/mcp/call` calls it."""
    aliases: tuple[str, ...]
    """Earlier names that still work."""
    arguments: dict[str, Any]
    """JSON Schema of what it takes."""
    answer: dict[str, Any]
    """JSON Schema of what it answers with."""


@dataclass(frozen=True, slots=True)
class ToolPage:
    """Tools by name; all of them are on one page."""

    items: tuple[ListedTool, ...]
    next_cursor: None = None
    """There is no next page."""


class CallWish(Described):
    """A tool to call; its arguments stand beside its name, or under `arguments`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    tool: Annotated[str | None, Field(max_length=_LONGEST_NAME)] = None
    """Name of the tool."""
    name: Annotated[str | None, Field(max_length=_LONGEST_NAME)] = None
    """The same, where `tool` is left out; beside `tool` it is an argument."""
    arguments: dict[str, Any] | None = None
    """What the tool takes, unless that stands beside its name."""

    def read(self) -> tuple[str, dict[str, Any]]:
        """Give the name of the tool and its arguments; raises InvalidInputError, RequestValidationError."""
        beside = dict(self.model_extra or {})
        if self.tool is not None and self.name is not None:
            beside["name"] = self.name
        tool = self.name if self.tool is None else self.tool
        if tool is None:
            raise _without_tool(beside)
        if self.arguments is not None and beside:
            (first, *_) = beside
            raise InvalidInputError(
                f"{quoted(first)} stands beside `arguments`. Give all arguments in one of the two places.",
                parameter=first,
            )
        return tool, beside if self.arguments is None else self.arguments


@ROUTER.get(
    "/openapi.json",
    summary="Describe the tools for GPT Actions",
    responses={200: {"description": "An OpenAPI document"} | _OBJECT},
)
def get_document(request: Request, services: Rooms) -> JSONResponse:
    """Give an OpenAPI 3.1 document of the tools that read, within the limits that ChatGPT sets."""
    address = own_address(request)
    return JSONResponse(describe_actions(services.version, address, has_oauth=services.takes_oauth))


@ROUTER.get("/tools", summary="List tools")
def list_tools(_caller: Assistant) -> ToolPage:
    """Give every tool with the schemas of its arguments and its answer, and what a key must be for."""
    return ToolPage(
        tuple(
            ListedTool(
                name=tool.name,
                title=tool.title,
                description=tool.description,
                scopes=(Scope.MCP, tool.scope) if tool.is_writing else (Scope.MCP,),
                is_writing=tool.is_writing,
                aliases=tuple(tool.aliases),
                arguments=input_schema(tool.arguments),
                answer=output_schema(tool.record),
            )
            for tool in load_tools().values()
        )
    )


@ROUTER.post(
    "/call", summary="Call a tool", responses={200: _ANSWER, **problems(404, 409, 413, 503)}
)
def post_call(request: Request, services: Rooms, caller: Assistant, wish: CallWish) -> Response:
    """Call any tool, also one that changes something, which takes a scope of its own too.

    The status tells whether it was done.
    """
    name, sent = wish.read()
    tool, preset = get_tool(name)
    desk = open_desk(request, services, caller, Way.REST)
    return Response(call(tool, filled(name, tool, preset, sent), desk).body, media_type=_JSON)


@READING.get(
    "/{tool}",
    summary="Ask a tool",
    responses={
        200: _ANSWER,
        422: describe_problem("Something sent cannot be used"),
        **problems(404, 413, 503),
    },
)
def get_answer(
    request: Request,
    services: Rooms,
    caller: Assistant,
    tool: Annotated[
        str,
        Path(max_length=_LONGEST_NAME, description="Name of a tool", examples=["taste_summary"]),
    ],
) -> Response:
    """Ask a tool that reads. Its parameters are those that `/api/mcp/openapi.json` and the list of tools tell.

    A list is given by repeating its parameter, or at once with commas between.
    """
    sent = request.query_params.multi_items()
    if find_tool(tool) is None:
        _check_known(name for name, _ in sent)
    asked, preset = get_tool(tool)
    if not is_flat(asked):
        raise NotFoundError(
            f"{asked.name} changes something, and a GET changes nothing. Call it by POST {TOOLS_PATH}/call."
        )
    desk = open_desk(request, services, caller, Way.REST)
    told = call(asked, filled(tool, asked, preset, read_flat(asked, sent)), desk)
    return tagged(request, Response(told.body, media_type=_JSON))


def _check_known(names: Iterable[str]) -> None:
    """Raise InvalidInputError for what no tool takes: as on every route, before anything is looked for."""
    known = known_parameters()
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise InvalidInputError(f"No tool takes {quoted(name)}.{meant}", parameter=name)


def _without_tool(beside: Iterable[str]) -> RequestValidationError:
    faults: list[dict[str, Any]] = [{"type": "missing", "loc": ("body", "tool"), "msg": ""}]
    # Which arguments there are is known by the tool alone.
    faults += [{"type": "extra_forbidden", "loc": ("body", name), "msg": ""} for name in beside]
    return RequestValidationError(faults)
