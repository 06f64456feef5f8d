"""One call of a tool, however it came: arguments read, answered at a desk, told, and written down as used."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from time import perf_counter
from typing import Any

import msgspec

from tonearm.accounts.assistants import ANSWERED
from tonearm.domain.errors import InvalidInputError, NotFoundError, TonearmError, TooLargeError
from tonearm.domain.text import quoted
from tonearm.mcp.arguments import read_arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.sizing import MOST_TOKENS, tokens_in
from tonearm.mcp.telling import MOST_CHARACTERS, tell
from tonearm.mcp.tool import Tool, find_tool, load_tools

_UNFORESEEN = "internal"


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool answers."""

    answer: dict[str, Any]
    body: bytes
    """The same as JSON."""


def call(tool: Tool[Any], sent: Mapping[str, Any], desk: Desk) -> Told:
    """Call a tool with what was sent to it.

    Raises:
        InvalidInputError: the arguments cannot be used; the message names them.
        ForbiddenError: the tool changes something, and what the caller showed is not for that.
        NotFoundError: the caller has no such thing.
        TooLargeError: the answer would be longer than an assistant can take.
    """
    began, outcome, size = perf_counter(), _UNFORESEEN, 0
    try:
        told = _answer(tool, sent, desk)
        outcome, size = ANSWERED, len(told.body)
    except TonearmError as error:
        outcome = error.code
        raise
    finally:
        seconds = perf_counter() - began
        desk.services.metrics.tool_called(tool.name, desk.way.value, outcome, seconds, size)
        desk.services.assistant_calls.note(
            desk.caller.id,
            tool.name,
            desk.way,
            ms_taken=round(seconds * 1000),
            bytes_told=size,
            outcome=outcome,
        )
    return told


def get_tool(name: str) -> tuple[Tool[Any], Mapping[str, Any]]:
    """Give the tool of a name or an earlier one, and what the name stands for; raises NotFoundError."""
    found = find_tool(name)
    if found is None:
        near = get_close_matches(name, load_tools(), 1)
        meant = f" Did you mean '{near[0]}'?" if near else ""
        raise NotFoundError(
            f"There is no tool {quoted(name)}.{meant} There are {', '.join(load_tools())}."
        )
    return found


def filled(
    name: str, tool: Tool[Any], preset: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """Add to what was sent what a name stands for; raises InvalidInputError where that is to be something else."""
    for argument, value in preset.items():
        if argument in sent and sent[argument] != value:
            stands = (
                "leaves it out" if value is None else f"stands for {argument} = {quoted(value)}"
            )
            raise InvalidInputError(
                f"{name} cannot use {argument} = {quoted(sent[argument])}: this name {stands}. Call {tool.name} for "
                "anything else.",
                parameter=argument,
            )
    return {**sent, **preset}


def _answer(tool: Tool[Any], sent: Mapping[str, Any], desk: Desk) -> Told:
    given = read_arguments(tool.arguments, tool.name, sent)
    if tool.is_writing:
        desk.check_writing(tool.scope)
    answer = tell(tool.answer(desk, given), desk)
    body = msgspec.json.encode(answer)
    text = body.decode()
    tokens = tokens_in(text)
    if len(text) > MOST_CHARACTERS or tokens > MOST_TOKENS:
        raise TooLargeError(
            f"This answer has {len(text):,} characters, about {tokens:,} tokens; {MOST_CHARACTERS:,} and "
            f"{MOST_TOKENS:,} are allowed. Ask for less: a smaller `limit`, a shorter range, or a longer unit."
        )
    return Told(answer, body)
