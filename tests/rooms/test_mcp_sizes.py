"""How long answers to an assistant get."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assisting import ERAS, ask, house, refusal, row
from listening import bring_in
from tonearm.mcp.schemas import input_schema
from tonearm.mcp.telling import MOST_CHARACTERS
from tonearm.mcp.tool import Tool, load_tools

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
READ = [tool for tool in load_tools().values() if not (tool.is_writing or tool.is_outward)]


def test_no_answer_is_longer_than_an_assistant_can_take(tmp_path: Path) -> None:
    """The longest lists there are, of names as long as exports may have, in a long life."""
    days = [datetime(2015, 1, 1, 12, tzinfo=UTC) + timedelta(days=7 * week) for week in range(500)]
    rows = [
        row(
            f"{day:%Y-%m-%dT%H:%M:%SZ}",
            f"{number} " + "t" * 300,
            f"{number % 120} " + "a" * 300,
            number,
        )
        for number, day in enumerate(days)
    ]
    with house(tmp_path) as long:
        bring_in(long.tonearm.imports, [msgspec.json.encode(rows)], user_id=long.ada.id)
        longest: dict[str, int] = {}
        for tool in READ:
            given = {**tool.example, **_largest(tool)}
            given = {
                name: value for name, value in given.items() if name not in ("range", "cursor")
            }
            if tool.name in ("compare", "timeline"):
                given["range"] = "2015-01-01..2020-01-01" if tool.name == "compare" else "2016"
            while True:
                try:
                    answer = ask(long.client(long.ada, ERAS[0]), tool.name, given)
                except BaseExceptionGroup:
                    # Too much: what is refused says so, and less is given.
                    assert "Ask for less" in refusal(
                        long.client(long.ada, ERAS[0]), tool.name, given
                    )
                    given["limit"] = given["limit"] * 3 // 4
                else:
                    break
            longest[tool.name] = len(msgspec.json.encode(answer))

    assert max(longest.values()) <= MOST_CHARACTERS, longest
    assert longest["plays"] > 30_000


def _largest(tool: Tool[Any]) -> dict[str, Any]:
    asked = input_schema(tool.arguments)["properties"]
    largest = {"limit": asked["limit"]["maximum"]} if "limit" in asked else {}
    if "unit" in asked:
        largest["unit"] = "day"
    return largest
