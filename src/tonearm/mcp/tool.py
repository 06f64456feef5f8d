"""The contract of a tool: one file in `tools/` with one constant `TOOLS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from msgspec import Struct

from tonearm.domain.vocabulary import Scope
from tonearm.mcp import tools
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk

Given = TypeVar("Given", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool(Generic[Given]):
    """Something an assistant may ask for: what it is called, what it takes, and how it is answered.

    A tool reaches every transport and the reference by being in the drawer.
    """

    name: str
    title: str
    description: str
    """For the assistant, which chooses by it: what comes back, and when to ask."""
    arguments: type[Given]
    record: type[Struct]
    """What it answers with; where its first field is `covered`, the answer says what it speaks of."""
    answer: Callable[[Desk, Given], Struct]
    example: Mapping[str, Any] = field(default_factory=dict)
    """Arguments worth trying."""
    is_writing: bool = False
    """Whether it changes something, which takes `scope`."""
    scope: Scope = Scope.HISTORY_WRITE
    """What a key must be for beside assistants if this changes something."""
    is_destructive: bool = False
    """Whether what it changes takes something away, if only until it is undone."""
    is_outward: bool = False
    """Whether it has somebody else asked, such as Spotify."""
    aliases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Earlier names that still work, each with the arguments that it stands for; None for one that it is without."""


@cache
def load_tools() -> MappingProxyType[str, Tool[Any]]:
    """Import every file of `tools/` and give its tools by name, in the order of names."""
    found = [
        tool
        for module in iter_modules(tools.__path__)
        for tool in import_module(f"{tools.__name__}.{module.name}").TOOLS
    ]
    return MappingProxyType(
        {tool.name: tool for tool in sorted(found, key=lambda tool: str(tool.name))}
    )


def find_tool(name: str) -> tuple[Tool[Any], Mapping[str, Any]] | None:
    """Give the tool of a name or of an earlier one, and the arguments that the name stands for."""
    tool = load_tools().get(name)
    if tool is not None:
        return tool, {}
    return next(
        ((one, one.aliases[name]) for one in load_tools().values() if name in one.aliases), None
    )
