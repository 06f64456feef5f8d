"""Query parameters become what a tool takes."""

from typing import Annotated

import pytest
from pydantic import Field

from tonearm.domain.errors import InvalidInputError
from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments, read_arguments
from tonearm.mcp.flat import flat_parameters, is_flat, read_flat
from tonearm.mcp.tool import Tool


class Given(Arguments):
    """What a made-up tool takes."""

    text: str | None = None
    """A text."""
    number: int | None = None
    """A number."""
    wanted: bool | None = None
    """A truth value."""
    names: list[str] | None = None
    """Several names."""
    numbers: Annotated[list[int] | None, Field(max_length=5)] = None
    """Several numbers."""


class Nested(Arguments):
    """What cannot be flat."""

    inner: dict[str, int]
    """Something with parts."""


def tool(arguments: type[Arguments] = Given, *, is_writing: bool = False) -> Tool[Arguments]:
    return Tool(
        name="made_up",
        title="Made up",
        description="Nothing.",
        arguments=arguments,
        record=Record,
        answer=lambda _desk, _given: Record(),
        is_writing=is_writing,
    )


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([("text", "12")], {"text": "12"}),
        ([("text", "a,b")], {"text": "a,b"}),
        ([("number", "-12")], {"number": -12}),
        ([("wanted", "true")], {"wanted": True}),
        ([("wanted", "false")], {"wanted": False}),
        ([("names", "one, two,three")], {"names": ["one", "two", "three"]}),
        ([("names", "Tyler, the Creator"), ("names", "b")], {"names": ["Tyler, the Creator", "b"]}),
        ([("numbers", "1,2"), ("text", "x")], {"numbers": [1, 2], "text": "x"}),
        ([("numbers", "1"), ("numbers", "2")], {"numbers": [1, 2]}),
    ],
)
def test_a_text_becomes_the_kind_that_the_tool_takes(
    sent: list[tuple[str, str]], expected: dict[str, object]
) -> None:
    read = read_flat(tool(), sent)

    assert read == expected
    read_arguments(Given, "made_up", read)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("number", "twelve"), ("number", "1.0"), ("number", ""), ("number", "1e3"), ("number", "٣"),
        ("number", "9" * 4_400), ("wanted", "yes"), ("numbers", "1,x"), ("unknown", "1"),
    ],
)  # fmt: skip
def test_what_is_no_such_kind_is_left_for_the_tool_to_refuse(name: str, text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_arguments(Given, "made_up", read_flat(tool(), [(name, text)]))

    assert refused.value.parameter == name


def test_what_is_no_list_is_given_once() -> None:
    with pytest.raises(InvalidInputError, match="`text` once; it was given 2 times") as refused:
        read_flat(tool(), [("text", "a"), ("text", "b")])

    assert refused.value.parameter == "text"


def test_a_tool_is_flat_that_reads_and_takes_nothing_nested() -> None:
    assert is_flat(tool())
    assert not is_flat(tool(Nested))
    assert not is_flat(tool(is_writing=True))


def test_parameters_are_told_as_openapi_has_them() -> None:
    told = {one["name"]: one for one in flat_parameters(tool())}

    assert set(told) == {"text", "number", "wanted", "names", "numbers"}
    assert told["number"] == {
        "name": "number",
        "in": "query",
        "required": False,
        "description": "A number.",
        "schema": {"type": "integer"},
    }
    assert told["names"]["schema"] == {"type": "array", "items": {"type": "string"}}
