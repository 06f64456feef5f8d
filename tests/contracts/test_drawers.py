"""Every file in a drawer keeps the drawer's contract."""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args, get_type_hints

import msgspec
import pytest
from msgspec.structs import fields

from tonearm.domain.vocabulary import Family
from tonearm.importers import formats
from tonearm.importers.drawer import load_formats
from tonearm.importers.format import Format
from tonearm.insights import charts
from tonearm.insights.chart import Chart, load_charts
from tonearm.insights.question import Question, make_question
from tonearm.insights.records import Covered
from tonearm.mcp import tools
from tonearm.mcp.arguments import Arguments, read_arguments
from tonearm.mcp.schemas import input_schema, output_schema
from tonearm.mcp.server import INSTRUCTIONS, described
from tonearm.mcp.tool import Tool, find_tool, load_tools

SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
TOOL_NAME = re.compile(r"[a-z]+(_[a-z]+)*")
MOST_INSTRUCTIONS = 512
MOST_TOLD = 300
PRIVATE = {"ip_addr", "ip_addr_decrypted", "user_agent", "user_agent_decrypted", "username"}


def modules(drawer: ModuleType) -> list[ModuleType]:
    paths = [path for folder in drawer.__path__ for path in Path(folder).glob("*.py")]
    names = sorted(path.stem for path in paths if path.stem != "__init__")
    assert names
    return [import_module(f"{drawer.__name__}.{name}") for name in names]


@pytest.mark.parametrize("module", modules(formats), ids=lambda module: module.__name__)
def test_a_format_keeps_its_contract(module: ModuleType) -> None:
    format_ = module.FORMAT
    assert isinstance(format_, Format)
    assert SLUG.fullmatch(format_.name)
    assert isinstance(format_.family, Family)
    told = msgspec.structs.fields(format_.element)
    named = {format_.clock, format_.ms_played, *format_.description_fields}
    named |= set(format_.context_fields) | ({format_.stamp} if format_.stamp else set())
    assert named == {field.name for field in told}
    keys = {field.encode_name for field in told}
    assert format_.tell in keys
    assert not keys & PRIVATE
    # An element without any key is readable, and about nothing.
    blank = msgspec.json.decode(b"{}", type=format_.element)
    values = [getattr(blank, name) for name in format_.description_fields]
    assert format_.describe(*values) is None
    format_.circumstances(*(getattr(blank, name) for name in format_.context_fields))


def test_formats_are_told_apart() -> None:
    found = load_formats()
    assert len(found) == len(modules(formats))
    for what in ("name", "tell", "family"):
        assert len({getattr(format_, what) for format_ in found}) == len(found)


@pytest.mark.parametrize("module", modules(charts), ids=lambda module: module.__name__)
def test_a_chart_keeps_its_contract(module: ModuleType) -> None:
    assert module.CHARTS
    for chart in module.CHARTS:
        assert isinstance(chart, Chart)
        assert SLUG.fullmatch(chart.name)
        assert chart.title[0].isupper()
        assert not chart.title.endswith(".")
        assert chart.description[0].isupper()
        assert chart.description.endswith(".")
        assert isinstance(chart.answer, Callable)  # type: ignore[arg-type] # any callable
        assert chart.definition.endswith((".", "|"))
        assert issubclass(chart.question, Question)
        assert fields(chart.record)[0].name == "covered"
        assert fields(chart.record)[0].type is Covered
        assert list(undescribed(chart.question)) == []
        assert list(undescribed(chart.record)) == []
        make_question(chart.question, chart.example)
        if chart.line_plays is not None:
            told = {field.name for field in fields(chart.record)}
            place = "items" if "items" in told else "longest"
            lines = get_args(get_type_hints(chart.record)[place])[0]
            names = set(re.findall(r"{(\w+)}", chart.line_plays))
            assert names <= told | {field.name for field in fields(lines)}


def undescribed(record: type[msgspec.Struct]) -> Iterator[str]:
    """Give the fields of a record, and of those it holds, that say nothing of themselves."""
    for field in fields(record):
        inner = [
            part
            for part in (field.type, *get_args(field.type))
            if isinstance(part, type) and issubclass(part, msgspec.Struct)
        ]
        if inner:
            for part in inner:
                yield from undescribed(part)
        elif not any(
            isinstance(note, msgspec.Meta) and note.description for note in field.type.__metadata__
        ):
            yield f"{record.__name__}.{field.name}"


def test_charts_have_names_of_their_own() -> None:
    found = load_charts()
    every = [chart for module in modules(charts) for chart in module.CHARTS]
    assert len(found) == len(every)
    assert {name: chart.name for name, chart in found.items()} == {name: name for name in found}
    assert len({chart.title for chart in every}) == len(every)


@pytest.mark.parametrize("module", modules(tools), ids=lambda module: module.__name__)
def test_a_tool_keeps_its_contract(module: ModuleType) -> None:
    assert module.TOOLS
    for tool in module.TOOLS:
        assert isinstance(tool, Tool)
        assert TOOL_NAME.fullmatch(tool.name)
        assert tool.title[0].isupper()
        assert not tool.title.endswith(".")
        assert tool.description[0].isupper()
        assert tool.description.endswith(".")
        assert len(tool.description) < MOST_TOLD
        assert issubclass(tool.arguments, Arguments)
        asked = input_schema(tool.arguments).get("properties", {})
        assert all(field.get("description") for field in asked.values())
        assert list(undescribed(tool.record)) == []
        for preset in ({}, *tool.aliases.values()):
            read_arguments(tool.arguments, tool.name, {**preset, **tool.example})
        # What is not asked for by its listener is no private play: no tool takes that as an argument.
        assert not {"private", "hidden", "user"} & tool.arguments.model_fields.keys()


@pytest.mark.parametrize("tool", load_tools().values(), ids=lambda tool: tool.name)
def test_a_tool_says_all_that_clients_choose_by(tool: Tool[Arguments]) -> None:
    told = described(tool).model_dump(by_alias=True, exclude_none=True)

    assert told["annotations"] == {
        "title": tool.title,
        "readOnlyHint": not tool.is_writing,
        "destructiveHint": tool.is_destructive,
        "idempotentHint": True,
        "openWorldHint": tool.is_outward,
    }
    assert tool.is_writing or not tool.is_destructive
    assert told["inputSchema"] == input_schema(tool.arguments)
    assert told["inputSchema"]["additionalProperties"] is False
    assert told["outputSchema"] == output_schema(tool.record)
    assert told["outputSchema"]["type"] == "object"


def test_tools_have_names_of_their_own_in_a_fixed_order() -> None:
    every = [tool for module in modules(tools) for tool in module.TOOLS]
    earlier = [alias for tool in every for alias in tool.aliases]

    assert list(load_tools()) == sorted({tool.name for tool in every})
    assert len({tool.title for tool in every}) == len(load_tools()) == len(every)
    assert len(set(earlier)) == len(earlier)
    assert not set(earlier) & load_tools().keys()
    assert all(find_tool(alias) is not None for alias in earlier)
    assert len(INSTRUCTIONS) <= MOST_INSTRUCTIONS
