"""The page of tools for assistants."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from tonearm.insights.chart import load_charts
from tonearm.mcp.prompts import PROMPTS, Prompt
from tonearm.mcp.resources import RESOURCES, TEMPLATES
from tonearm.mcp.schemas import input_schema
from tonearm.mcp.telling import MOST_CHARACTERS
from tonearm.mcp.tool import Tool, load_tools
from tools.reference.measures import record_section, records_of
from tools.reference.tables import table

_INTRODUCTION = f"""# Tools for assistants

What an assistant finds at `/mcp` and in `tonearm mcp`; [Ask your history through an assistant](../guides/assistants.md)
tells how to connect one. Numbers are those of the [measures](measures.md): the same names, milliseconds with the
spelled duration beside them (`ms_played`, `played_spelled`), instants by the listener's clock. `about` says which
range, zone and rule an answer holds for and how complete it is, and `about.words` says it in a sentence.

An argument that a tool does not know is an error that names it. An answer has at most {MOST_CHARACTERS:,} characters,
and 20,000 tokens; what is longer comes in pages, by `next_cursor`. Names longer than 120 characters are cut.

"""
_HEAD = ("argument", "value", "default", "meaning")


def assistants_page() -> str:
    """Make the page."""
    measured = {one for chart in load_charts().values() for one in records_of(chart.record)}
    own = {one for tool in load_tools().values() for one in records_of(tool.record)} - measured
    parts = [_INTRODUCTION + "# Tools\n", *map(_tool, load_tools().values()), "# Resources\n"]
    resources = [
        (f"`{one.get('uri') or one['uri_template']}`", one["description"])
        for one in (*RESOURCES, *TEMPLATES)
    ]
    parts += [table(("address", "what it holds"), resources), "# Prompts\n"]
    parts += [_prompt(name, prompt) for name, prompt in PROMPTS.items()]
    parts += ["# Records\n", *map(record_section, sorted(own, key=lambda record: record.__name__))]
    return _linked("\n".join(parts), measured)


def _linked(page: str, measured: Iterable[type[Struct]]) -> str:
    """Lead links to records of measures to their own page."""
    for record in measured:
        link = f"(#{record.__name__.lower()})"
        page = page.replace(link, f"(measures.md{link[1:-1]})")
    return page


def _tool(tool: Tool[Any]) -> str:
    schema = input_schema(tool.arguments)
    answer = tool.record.__name__
    parts = [f"## `{tool.name}`: {tool.title}\n", f"{tool.description}\n"]
    parts.append(f"Answers with [{answer}](#{answer.lower()}).\n")
    if tool.is_writing:
        parts.append(f"It changes something, and needs the scope `{tool.scope}` beside `mcp`.\n")
    if schema["properties"]:
        parts.append(table(_HEAD, _arguments(schema)))
    if tool.aliases:
        known = ", ".join(f"`{alias}`" for alias in tool.aliases)
        parts.append(f"Earlier names that work still: {known}.\n")
    return "\n".join(parts)


def _arguments(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    required = schema.get("required", ())
    for name, told in schema["properties"].items():
        default = (
            "needed" if name in required else f"`{told['default']}`" if "default" in told else ""
        )
        yield f"`{name}`", _value(told), default, told["description"]


def _value(told: Mapping[str, Any]) -> str:
    if "enum" in told:
        return ", ".join(f"`{word}`" for word in told["enum"])
    if told["type"] == "array":
        return f"list of {_value(told['items'])}s"
    if told["type"] == "integer":
        return f"integer from {told['minimum']:,} to {told['maximum']:,}"
    return "text"


def _prompt(name: str, prompt: Prompt) -> str:
    rows = [
        (f"`{argument}`", "needed" if argument in prompt.required else "", meaning)
        for argument, meaning in prompt.arguments.items()
    ]
    shown = table(("argument", "", "meaning"), rows)
    return f"## `{name}`: {prompt.title}\n\n{prompt.description}\n\n{shown}"
