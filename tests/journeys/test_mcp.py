"""An assistant on a served Tonearm: both eras over HTTP, who may, and answers that are those of REST."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp_types import CallToolResult

from assisting import ADAS, BOBS, BOBS_WORDS, ERAS, ask, over_http, refusal, speak, upload
from cast import Cast, gather
from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Role, Scope
from tonearm.mcp.server import INSTRUCTIONS
from tonearm.mcp.tool import load_tools

each_era = pytest.mark.parametrize("era", ERAS)
LISTED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
SENT = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2025-11-25",
}


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with gather(tmp_path_factory.mktemp("data")) as cast:
        for person, rows in ((cast.people[Role.LISTENER], ADAS), (cast.other, BOBS)):
            upload(cast, person, rows)
        yield cast


@pytest.fixture
def listener(cast: Cast) -> User:
    return cast.people[Role.LISTENER]


def send(base: str, headers: Mapping[str, str], **more: Any) -> httpx2.Response:  # noqa: ANN401 - what the client takes
    return httpx2.post(f"{base}/mcp", headers={**SENT, **headers}, **{"json": LISTED, **more})


@each_era
def test_the_sdk_s_client_reads_lists_and_calls(cast: Cast, listener: User, era: str) -> None:
    async def talk(client: Client) -> tuple[str | None, dict[str, CallToolResult]]:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(load_tools())
        reads = [one for one in load_tools().values() if not (one.is_writing or one.is_outward)]
        answers = {
            tool.name: await client.call_tool(tool.name, dict(tool.example)) for tool in reads
        }
        await client.read_resource("tonearm://profile")
        await client.get_prompt("year_story", {"year": "2024"})
        return client.instructions, answers

    key = cast.key(listener, [Scope.MCP])
    instructions, answers = speak(over_http(cast.base, key, era), talk)

    assert instructions == INSTRUCTIONS
    assert [name for name, answer in answers.items() if answer.is_error] == []


@each_era
def test_answers_are_those_of_rest(cast: Cast, listener: User, era: str) -> None:
    headers = cast.key(listener, [Scope.MCP, Scope.HISTORY_READ])

    def rest(path: str, **query: object) -> dict[str, Any]:
        address = f"{cast.base}/api/history/users/me/{path}"
        answer = httpx2.get(address, headers=headers, params=query)  # type: ignore[arg-type] # words and numbers
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def tool(name: str, **given: object) -> dict[str, Any]:
        return ask(over_http(cast.base, headers, era), name, given)

    pairs = [
        (tool("taste_summary", range="2024"), rest("taste", range="2024")),
        (tool("top", item="tracks", by="time"), rest("top-tracks", by="time")),
        (tool("top", item="artists", range="2024-03"), rest("top-artists", range="2024-03")),
        (tool("timeline", unit="day", limit=400), rest("timeline", unit="day")),
        (tool("timeline", unit="hour", range="2024-03-31"), rest("timeline", unit="hour", range="2024-03-31")),
        (tool("habits", what="repeats", limit=10)["repeats"], rest("repeat")),
        (tool("compare", range="2024", other="2023", limit=5), rest("compare", range="2024", other="2023", limit=5)),
        (tool("coverage", range="2024"), rest("completeness", range="2024", kind="all")),
        (tool("year_in_review", year=2024), rest("year", year=2024)),
        (tool("year_in_review", year=2024, month=3), rest("month", month="2024-03")),
        (tool("habits", limit=10)["milestones"], rest("milestones")),
        (tool("habits", limit=10)["sessions"], rest("sessions")),
        (tool("habits", limit=10)["streaks"], rest("streaks")),
        (tool("discovery", unit="year"), rest("discovery", unit="year")),
        (tool("plays", limit=100), rest("plays", limit=100)),
    ]  # fmt: skip
    for told, expected in pairs:
        assert differences(told, expected) == []
    cells = rest("heatmap")["items"]
    days = tool("listening_times")["weekdays"]
    assert [plays for day in days for plays in day["plays_by_hour"]] == [c["plays"] for c in cells]
    assert [ms for day in days for ms in day["ms_by_hour"]] == [c["ms_played"] for c in cells]


def differences(told: Any, expected: Any, place: str = "") -> list[str]:  # noqa: ANN401 - parts of JSON
    """Give where what an assistant is told differs from what REST answers; words beside numbers are no difference."""
    if isinstance(told, dict):
        if not isinstance(expected, dict):
            return [place]
        found = [
            one
            for key, value in told.items()
            if key in expected and key not in LEFT_OUT
            for one in differences(value, expected[key], f"{place}.{key}")
        ]
        missing = {key for key in expected if key not in told} - LEFT_OUT
        return found + [f"{place}.{key} is not told" for key in missing]
    if isinstance(told, list):
        if len(told) != len(expected):
            return [f"{place} has {len(told)} lines, not {len(expected)}"]
        lines = enumerate(zip(told, expected, strict=True))
        return [one for at, pair in lines for one in differences(*pair, f"{place}[{at}]")]
    if isinstance(told, str) and told != expected:
        return [] if same_moment(told, expected) or same_name(told, expected) else [place]
    return [] if told == expected else [f"{place}: {told!r} is not {expected!r}"]


# Told in other words, or not told at all because it is of no use to an assistant.
LEFT_OUT = {
    "covered", "other", "about", "ended_at", "started_at", "uri", "hidden", "offline", "private",
    "platform_name", "reason_start", "reason_end",
}  # fmt: skip


def same_moment(told: str, expected: str) -> bool:
    try:
        return moment(told) == moment(expected)
    except (TypeError, ValueError):
        return False


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def same_name(told: str, expected: str) -> bool:
    return told.endswith("…") and " ".join(expected.split()).startswith(told[:-1])


def test_nobody_is_answered_without_a_key_for_assistants(cast: Cast, listener: User) -> None:
    revoked = cast.keys.create(listener.id, "gone", [Scope.MCP])
    cast.keys.revoke(listener.id, revoked.id)
    wrong: list[dict[str, str]] = [
        {},
        {"authorization": "Bearer tnrm_forged"},
        {"authorization": f"Bearer {revoked.key}"},
        cast.expired_key(listener, [Scope.MCP]),
        cast.disabled_key,
        {"authorization": "Basic QWRhOnB3"},
    ]

    for headers in wrong:
        answer = send(cast.base, headers)
        assert answer.status_code == 401
        assert 'scope="mcp"' in answer.headers["www-authenticate"]
        assert ("invalid_token" in answer.headers["www-authenticate"]) is bool(headers)
        assert answer.headers["content-type"] == "application/problem+json"
    in_query = httpx2.post(
        f"{cast.base}/mcp", params={"token": revoked.key}, headers=SENT, json=LISTED
    )
    assert in_query.status_code in (401, 422)


def test_another_scope_is_insufficient_and_the_answer_names_the_right_one(
    cast: Cast, listener: User
) -> None:
    answer = send(
        cast.base,
        cast.key(
            listener,
            set(Scope) - {Scope.MCP, Scope.ADMIN},
        ),
    )

    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"
    found = f'resource_metadata="{cast.base}/.well-known/oauth-protected-resource/mcp"'
    challenge = f'Bearer error="insufficient_scope", {found}, scope="mcp"'
    assert answer.headers["www-authenticate"] == challenge


def test_access_tokens_open_it_as_keys_do(cast: Cast, listener: User) -> None:
    wish = {"name": listener.name, "password": "correct horse battery", "session": "token"}

    def entered(scopes: list[str]) -> int:
        token = httpx2.post(f"{cast.base}/api/auth/login", json={**wish, "scopes": scopes})
        bearer = token.raise_for_status().json()["access_token"]
        return send(cast.base, {"authorization": f"Bearer {bearer}"}).status_code

    assert entered(["mcp"]) == 200
    assert entered(["history:read"]) == 403


def test_the_gate_stands_in_front_of_it_too(cast: Cast, listener: User) -> None:
    key = cast.key(listener, [Scope.MCP])

    good = send(cast.base, {**key, "x-request-id": "asked-by-me"})
    assert good.status_code == 200
    assert good.headers["x-request-id"] == "asked-by-me"
    assert good.headers["cache-control"] == "no-store"
    assert good.headers["content-type"] == "application/json"
    assert '"reading"' in good.headers["ratelimit-policy"]
    assert send(cast.base, {**key, "host": "evil.example"}).status_code == 421
    assert send(cast.base, {**key, "origin": "https://evil.example"}).status_code == 403
    assert send(cast.base, {**key, "origin": cast.base}).status_code == 200
    assert send(cast.base, {**key, "sec-fetch-site": "cross-site"}).status_code == 403
    assert send(cast.base, key, json=None, content=b"x" * 1_100_000).status_code == 413
    assert send(cast.base, key, json=None, content=b"{nonsense").status_code == 400
    assert httpx2.get(f"{cast.base}/mcp", headers={**SENT, **key}).status_code == 405
    assert httpx2.post(f"{cast.base}/mcp/", headers={**SENT, **key}, json=LISTED).status_code == 404


def test_a_modern_message_whose_headers_say_something_else_is_refused(
    cast: Cast, listener: User
) -> None:
    key = cast.key(listener, [Scope.MCP])
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    message = {**LISTED, "params": {"_meta": meta}}
    modern = {**key, "mcp-protocol-version": "2026-07-28"}

    right = send(cast.base, {**modern, "mcp-method": "tools/list"}, json=message)
    assert right.status_code == 200
    result = right.json()["result"]
    assert (result["ttlMs"], result["cacheScope"]) == (300_000, "private")
    assert send(cast.base, {**modern, "mcp-method": "tools/call"}, json=message).status_code == 400
    unknown = {**LISTED, "method": "no/such", "params": {"_meta": meta}}
    assert send(cast.base, {**modern, "mcp-method": "no/such"}, json=unknown).status_code == 404


@each_era
def test_each_key_is_answered_for_its_own_listener(cast: Cast, listener: User, era: str) -> None:
    mine = ask(
        over_http(cast.base, cast.key(listener, [Scope.MCP]), era), "top", {"item": "artists"}
    )
    theirs = ask(
        over_http(cast.base, cast.key(cast.other, [Scope.MCP]), era), "top", {"item": "artists"}
    )

    assert [one["name"] for one in theirs["items"]] == ["Kapelle"]
    assert not [word for word in BOBS_WORDS if word in json.dumps(mine)]


def test_what_an_assistant_changes_is_written_down_as_its_listener_s_deed(
    cast: Cast, listener: User
) -> None:
    key = cast.key(listener, [Scope.MCP, Scope.HISTORY_WRITE])
    client = over_http(cast.base, key, ERAS[0])
    play = ask(client, "plays", {"limit": 1})["items"][0]["id"]
    narrow = over_http(cast.base, cast.key(listener, [Scope.MCP]), ERAS[0])
    assert "history:write" in refusal(narrow, "hide_plays", {"plays": [play]})

    for era in ERAS:
        made = ask(over_http(cast.base, key, era), "hide_plays", {"plays": [play]})
        assert made["hidden"] == [play]
        ask(over_http(cast.base, key, era), "undo_hide", {"correction": made["correction"]})

    with cast.client(cast.people[Role.OWNER]) as owner:
        entries = owner.get("/api/admin/audit", params={"limit": 40}).json()["items"]
    deeds = [entry for entry in entries if entry["action"].startswith("history.correct")]
    assert len(deeds) == 2 * len(ERAS)
    assert {entry["actor"] for entry in deeds} == {listener.name}


def test_pages_that_search_names_are_there(cast: Cast, listener: User) -> None:
    key = cast.key(listener, [Scope.MCP])
    found = ask(
        over_http(cast.base, key, ERAS[0]), "search", {"query": "band song 2024-03 2024-03-05 2024"}
    )
    more = ask(over_http(cast.base, key, ERAS[0]), "search", {"query": "band"})

    urls = [one["url"] for one in (*found["results"], *more["results"])]
    assert len(urls) >= 8
    with cast.client(listener) as browser:
        for url in urls:
            assert url.startswith(f"{cast.base}/")
            assert browser.get(url, follow_redirects=False).status_code == 200


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
def test_clients_of_earlier_versions_shake_hands(cast: Cast, listener: User, version: str) -> None:
    key = cast.key(listener, [Scope.MCP])
    client = {"name": "old", "version": "1"}
    hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
    sent = {name: value for name, value in SENT.items() if name != "mcp-protocol-version"}

    def post(message: dict[str, Any], **more: str) -> httpx2.Response:
        headers = {**sent, **key, **more}
        return httpx2.post(f"{cast.base}/mcp", headers=headers, json={"jsonrpc": "2.0", **message})

    begun = post({"id": 0, "method": "initialize", "params": hello}).json()["result"]
    assert begun["protocolVersion"] == version
    assert begun["serverInfo"]["name"] == "tonearm"
    assert begun["instructions"] == INSTRUCTIONS
    told = {"mcp-protocol-version": version}
    assert post({"method": "notifications/initialized"}, **told).status_code == 202
    call = {"name": "history.top_artists", "arguments": {"limit": 1}}
    answer = post({"id": 1, "method": "tools/call", "params": call}, **told).json()["result"]
    assert answer["structuredContent"]["items"][0]["name"] == "Band"
    assert "mcp-session-id" not in begun
