"""Messages that are passed on to a Tonearm elsewhere, whatever that answers."""

import json
from io import BytesIO
from typing import Any

import anyio
import pytest

from scripted_server import Answer, Script, scripted
from tonearm.mcp.bridge import Bridge

META: dict[str, Any] = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}
GOOD = Answer(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}}).encode())


def passed_on(script: Script, *lines: object) -> list[dict[str, Any]]:
    """Pass some lines on one after another, and give what comes back."""
    bridge, outgoing = Bridge(f"{script.origin}/", "tnrm_some", out := BytesIO()), out
    for line in lines:
        text = line if isinstance(line, bytes) else json.dumps(line).encode()
        anyio.run(bridge.pass_on, BytesIO(text + b"\n"))
    return [json.loads(line) for line in outgoing.getvalue().splitlines()]


def call(method: str, number: int | None = 1, **params: object) -> dict[str, Any]:
    numbered = {} if number is None else {"id": number}
    return {"jsonrpc": "2.0", **numbered, "method": method, "params": params}


def test_a_message_bears_its_headers_and_the_key() -> None:
    with scripted() as script:
        script.say(GOOD)
        passed_on(
            script,
            call("tools/call", name="top", **META),
            call("resources/read", uri="tonearm://künstler", **META),
            call("tools/list", **META),
        )

    told = [(one.method, one.path, one.headers) for one in script.asked]
    assert {(method, path) for method, path, _ in told} == {("POST", "/mcp")}
    assert {headers["authorization"] for *_, headers in told} == {"Bearer tnrm_some"}
    assert {headers["mcp-protocol-version"] for *_, headers in told} == {"2026-07-28"}
    assert [headers["mcp-method"] for *_, headers in told] == [
        "tools/call",
        "resources/read",
        "tools/list",
    ]
    assert [headers["mcp-name"] for *_, headers in told] == [
        "top",
        "=?base64?dG9uZWFybTovL2vDvG5zdGxlcg==?=",
        None,
    ]


def test_what_a_handshake_has_settled_on_goes_along_from_then_on() -> None:
    settled = {"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-06-18"}}
    with scripted() as script:
        script.say(Answer(json.dumps(settled).encode()), GOOD)
        passed_on(script, call("initialize"), call("tools/list"))

    assert [one.headers["mcp-protocol-version"] for one in script.asked] == [None, "2025-06-18"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"", 307, {"location": "http://127.0.0.1:9/"}),
        Answer(b"<html>", 200),
        Answer(b"[]", 200),
        Answer(b"", 204),
        Answer(b'{"detail": "no"}', 401),
        Answer(b"", 503),
    ],
    ids=lambda answer: str(answer.status),
)
def test_who_waits_is_answered_whatever_comes_back(answer: Answer) -> None:
    with scripted() as script:
        script.say(answer)
        (told,) = passed_on(script, call("tools/list", 7))
        nothing = passed_on(script, call("notifications/initialized", None))

    assert told["id"] == 7
    assert f"answers {answer.status}" in told["error"]["message"]
    assert "tnrm_" not in json.dumps(told)
    assert nothing == []


def test_lines_that_are_no_message_harm_none_of_the_others() -> None:
    with scripted() as script:
        script.say(GOOD)
        told = passed_on(
            script,
            b"{nonsense",
            b"\xff\xfe",
            b"   ",
            [1, 2],
            {"jsonrpc": "2.0", "id": 5, "result": {}},
            {**call("tools/\n ü", **META), "id": 1},
            call("tools/list"),
        )

    assert [one.get("error", {}).get("code") for one in told[:2]] == [-32_700] * 2
    assert told[-1] == {"jsonrpc": "2.0", "id": 1, "result": {}}
