"""An assistant that starts `tonearm mcp` itself: nothing but the protocol on standard output."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from assisting import BOBS_WORDS, ERAS, House, ask, house, refusal, speak
from serving import serve
from tonearm.domain.vocabulary import Scope
from tonearm.mcp.tool import load_tools

pytestmark = pytest.mark.slow

CALLS = 1_000
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
each_era = pytest.mark.parametrize("era", ERAS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def here(folder: Path) -> Iterator[House]:
    with house(folder) as opened:
        yield opened


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TONEARM_DATA_DIR": str(folder), "TONEARM_DATABASE_URL": "", **more}


def started(folder: Path, era: str, *options: str, **more: str) -> Client:
    """Give a client that starts a process of its own."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "tonearm", "mcp", *options],
        env=environment(folder, **more),
    )
    return Client(parameters, mode=era)


def talk_raw(
    folder: Path, messages: Sequence[Mapping[str, Any]], *options: str, **more: str
) -> tuple[list[dict[str, Any]], str, int]:
    """Send lines to a process, and give what it writes: each line of its output has to be a message."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "tonearm", "mcp", *options],
        env=environment(folder, **more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    answers: list[dict[str, Any]] = []
    for message in messages:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        if "id" in message:
            line = process.stdout.readline()
            if not line:
                break
            answers.append(json.loads(line))
    rest, said = process.communicate(timeout=60)
    assert rest == ""
    return answers, said, process.returncode


def call(number: int, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments, "_meta": META}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@each_era
def test_a_process_of_its_own_answers_every_tool(here: House, folder: Path, era: str) -> None:
    async def talk(client: Client) -> list[str]:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(load_tools())
        reads = [one for one in load_tools().values() if not (one.is_writing or one.is_outward)]
        return [
            tool.name
            for tool in reads
            if (await client.call_tool(tool.name, dict(tool.example))).is_error
        ]

    assert speak(started(folder, era, "--user", here.ada.name), talk) == []


def test_a_thousand_calls_write_nothing_but_answers(here: House, folder: Path) -> None:
    reads = [one for one in load_tools().values() if not (one.is_writing or one.is_outward)]
    messages = [
        call(number, tool.name, tool.example if number % 7 else {"no_such": number})
        for number in range(CALLS)
        for tool in [reads[number % len(reads)]]
    ]

    answers, said, code = talk_raw(
        folder, messages, "--user", here.ada.name, TONEARM_LOG_LEVEL="debug", PYTHONDEVMODE="1"
    )

    assert [answer["id"] for answer in answers] == list(range(CALLS))
    failed = [answer["id"] for answer in answers if answer["result"].get("isError")]
    assert failed == [number for number in range(CALLS) if number % 7 == 0]
    assert code == 0
    assert "Traceback" not in said


def test_what_was_asked_before_the_input_ends_is_answered(here: House, folder: Path) -> None:
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    told: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        *(
            {"id": number, "method": "tools/call", "params": {"name": name, "arguments": {}}}
            for number, name in ((2, "taste_summary"), (3, "coverage"), (9, "habits"))
        ),
        {"method": "notifications/cancelled", "params": {"requestId": 9}},
    ]
    lines = [json.dumps({"jsonrpc": "2.0", **one}) for one in told]
    wrong = ["", "no JSON", '{"nonsense": true}', '{"method": 5}']

    process = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tonearm", "mcp", "--user", here.ada.name],
        env=environment(folder),
        input="\n".join((lines[0], *wrong, *lines[1:])) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    answers = [json.loads(line) for line in process.stdout.splitlines()]
    assert {one["id"] for one in answers if one["id"] is not None} - {9} == {1, 2, 3}
    assert not any(one["result"].get("isError") for one in answers if one["id"] is not None)
    faults = [one["error"]["code"] for one in answers if one["id"] is None]
    assert faults == [-32_700, -32_600, -32_600]


def test_a_key_says_whose_history_it_is_and_ends_at_once(here: House, folder: Path) -> None:
    keys = here.tonearm.keys
    made = keys.create(here.bob.id, "assistant", [Scope.MCP])

    async def talk(client: Client) -> tuple[str, str]:
        before = await client.call_tool("top", {"item": "artists"})
        keys.revoke(here.bob.id, made.id)
        after = await client.call_tool("top", {"item": "artists"})
        assert (before.is_error, after.is_error) == (False, True)
        return before.content[0].text, after.content[0].text  # type: ignore[union-attr] # ours are text

    before, after = speak(started(folder, ERAS[0], TONEARM_API_KEY=made.key), talk)

    assert "Kapelle" in before
    assert "has ended" in after


def test_what_is_changed_with_a_key_is_the_deed_of_its_listener(here: House, folder: Path) -> None:
    scopes = [Scope.MCP, Scope.HISTORY_WRITE]
    key = here.tonearm.keys.create(here.ada.id, "writing", scopes).key
    play = ask(started(folder, ERAS[0], TONEARM_API_KEY=key), "plays", {"limit": 1})["items"][0]

    made = ask(started(folder, ERAS[1], TONEARM_API_KEY=key), "hide_plays", {"plays": [play["id"]]})

    assert made["hidden"] == [play["id"]]
    deeds = [entry for entry in here.tonearm.audit.iter() if entry.action == "history.corrected"]
    assert [entry.actor for entry in deeds] == ["Ada"]


def test_who_starts_it_without_saying_whose_history_is_told_how(here: House, folder: Path) -> None:
    narrow = here.tonearm.keys.create(here.bob.id, "other", [Scope.HISTORY_READ]).key
    for options, more, told, code in (
        ((), {}, "Ada, Bob", 2),
        (("--user", "Nobody"), {}, "no user 'Nobody'", 1),
        ((), {"TONEARM_API_KEY": narrow}, "scope mcp", 1),
        ((), {"TONEARM_API_KEY": "tnrm_forged"}, "has ended", 1),
        (
            ("--server", "http://127.0.0.1:9"),
            {},
            "Put one with the scope mcp in TONEARM_API_KEY",
            2,
        ),
        (
            ("--server", "http://127.0.0.1:9", "--user", "Ada"),
            {"TONEARM_API_KEY": narrow},
            "--user",
            2,
        ),
        (("--server", "nowhere"), {"TONEARM_API_KEY": narrow}, "address", 2),
    ):
        answers, said, returned = talk_raw(folder, [], *options, **more)
        assert (answers, returned) == ([], code)
        assert told in said


def test_an_only_listener_need_not_be_named(tmp_path: Path) -> None:
    assert ask(started(tmp_path, ERAS[0]), "plays")["total"] == 0


@each_era
def test_it_speaks_for_a_tonearm_elsewhere(tmp_path: Path, era: str) -> None:
    with house(tmp_path / "theirs") as theirs:
        key = theirs.tonearm.keys.create(theirs.ada.id, "far", [Scope.MCP]).key
    with serve(tmp_path / "theirs") as base:

        def client(shown: str = key, at: str = base) -> Client:
            return started(tmp_path / "mine", era, "--server", at, TONEARM_API_KEY=shown)

        async def talk(connected: Client) -> list[str]:
            tools = [tool.name for tool in (await connected.list_tools()).tools]
            await connected.get_prompt("year_story", {"year": "2024"})
            await connected.read_resource("tonearm://years/2024")
            return tools

        assert speak(client(), talk) == list(load_tools())
        answer = ask(client(), "top", {"item": "artists"})
        assert not [word for word in BOBS_WORDS if word in json.dumps(answer)]
        assert "has no argument" in refusal(client(), "top", {"item": "artists", "limitt": 1})
        message = call(5, "top", {"item": "artists"})
        wrong = talk_raw(tmp_path, [message], "--server", base, TONEARM_API_KEY="tnrm_no")[0]
        gone = talk_raw(tmp_path, [message], "--server", "http://127.0.0.1:9", TONEARM_API_KEY=key)[
            0
        ]

    assert "answers 401" in wrong[0]["error"]["message"]
    assert "cannot be reached" in gone[0]["error"]["message"]
    assert wrong[0]["id"] == gone[0]["id"] == 5
    assert not (tmp_path / "mine").exists()
