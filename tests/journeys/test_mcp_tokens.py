"""How much of an assistant's attention answers take, counted with a tokeniser that assistants use."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assisting import ERAS, ask, house, refusal, row
from listening import bring_in
from node_tools import run_node
from tonearm.mcp.schemas import input_schema
from tonearm.mcp.server import described
from tonearm.mcp.tool import Tool, load_tools

pytestmark = pytest.mark.slow

MOST_TOKENS = 20_000
ALPHABETS = {
    "latin": "Q7x zv-Jk wqj'Xp ",
    "thai": "ทดสอบชื่อเพลงยาวมาก",
    "japanese": "長い曲名の試験です",
    "emoji": "🎵🎹🥁🎻🪕",
}
READ = [tool for tool in load_tools().values() if not (tool.is_writing or tool.is_outward)]


def tokens_of(texts: list[str]) -> list[int]:
    done = run_node("count_tokens.mjs", text=json.dumps(texts))
    assert done.returncode == 0, done.stderr
    counted: list[int] = json.loads(done.stdout)
    return counted


def largest(tool: Tool[Any]) -> dict[str, Any]:
    given = {name: value for name, value in tool.example.items() if name not in ("range", "cursor")}
    asked = input_schema(tool.arguments)["properties"]
    if "limit" in asked:
        given["limit"] = asked["limit"]["maximum"]
    if tool.name == "compare":
        given["range"] = "2015-01-01..2020-01-01"
    return given | ({"unit": "day"} if "unit" in asked else {})


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_no_answer_takes_more_tokens_than_an_assistant_can_spare(
    tmp_path: Path, alphabet: str
) -> None:
    name = ALPHABETS[alphabet] * 20
    days = [datetime(2015, 1, 1, 12, tzinfo=UTC) + timedelta(days=7 * week) for week in range(300)]
    rows = [
        row(f"{day:%Y-%m-%dT%H:%M:%SZ}", f"{number} {name}", f"{number % 120} {name}", number)
        for number, day in enumerate(days)
    ]
    answers: dict[str, str] = {}
    with house(tmp_path) as long:
        bring_in(long.tonearm.imports, [msgspec.json.encode(rows)], user_id=long.ada.id)
        for tool in READ:
            given = largest(tool)
            # What is too much is refused, and says how to ask for less; somewhat less is not.
            while True:
                try:
                    answer = ask(long.client(long.ada, ERAS[0]), tool.name, given)
                except BaseExceptionGroup:
                    said = refusal(long.client(long.ada, ERAS[0]), tool.name, given)
                    assert "Ask for less" in said
                    given["limit"] = given["limit"] * 3 // 4
                    continue
                answers[tool.name] = msgspec.json.encode(answer).decode()
                break

    counted = dict(zip(answers, tokens_of(list(answers.values())), strict=True))

    assert len(counted) == len(READ)
    assert max(counted.values()) <= MOST_TOKENS, counted
    assert counted["plays"] > MOST_TOKENS // 4


def test_what_an_assistant_reads_before_it_asks_is_bounded() -> None:
    catalogue = [
        described(tool).model_dump_json(exclude_none=True) for tool in load_tools().values()
    ]

    counted = tokens_of(catalogue)

    assert sum(counted) <= MOST_TOKENS, dict(zip(load_tools(), counted, strict=True))
