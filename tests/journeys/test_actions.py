"""Tools as plain operations, as a GPT Action asks them: the answers of the protocol, by GET and by POST."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from assisting import ADAS, BOBS, BOBS_WORDS, ERAS, over_http, speak, upload
from cast import Cast, gather
from serving import serve, set_up
from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Role, Scope
from tonearm.mcp.document import MOST_OPERATIONS, describe_actions
from tonearm.mcp.flat import list_flat_tools
from tonearm.mcp.tool import Tool, load_tools
from tonearm.web.problem import PROBLEM_TYPE

LONGEST_OPERATION, LONGEST_PARAMETER, LONGEST_ANSWER = 300, 700, 100_000
PUBLIC_URL = "https://music.example.org"
READ = [tool for tool in load_tools().values() if not tool.is_writing]
OWN = [tool for tool in READ if not tool.is_outward]
ALIASES = {alias: tool.name for tool in READ for alias in tool.aliases}
LOADED = """
import sys
from pathlib import Path
from serving import serve, set_up

with serve(Path(sys.argv[1])) as base, set_up(base) as client:
    for path in ("openapi.json", "tools", "taste_summary"):
        client.get(f"/api/mcp/{path}").raise_for_status()
    client.post("/api/mcp/call", json={"tool": "habits"}).raise_for_status()
print([name for name in sys.modules if name.partition(".")[0] in ("mcp", "mcp_types")])
"""


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with gather(tmp_path_factory.mktemp("data")) as cast:
        for person, rows in ((cast.people[Role.LISTENER], ADAS), (cast.other, BOBS)):
            upload(cast, person, rows)
        yield cast


@pytest.fixture
def listener(cast: Cast) -> User:
    return cast.people[Role.LISTENER]


class Asking:
    """A program that asks by GET and by POST, with one key."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        self._base = f"{base}/api/mcp"
        self._headers = dict(headers)

    def get(self, tool: str, **given: Any) -> httpx2.Response:  # noqa: ANN401 - any arguments
        return httpx2.get(f"{self._base}/{tool}", headers=self._headers, params=given)

    def post(self, body: object) -> httpx2.Response:
        return httpx2.post(f"{self._base}/call", headers=self._headers, json=body)


@pytest.fixture
def asking(cast: Cast, listener: User) -> Asking:
    return Asking(cast.base, cast.key(listener, [Scope.MCP]))


def told_by(client: Client, tool: str, given: Mapping[str, Any]) -> tuple[bool, object]:
    """Call a tool over the protocol: whether it refuses, and its answer or what it says."""

    async def talk(connected: Client) -> tuple[bool, object]:
        result = await connected.call_tool(tool, dict(given))
        text = result.content[0].text  # type: ignore[union-attr] # what our tools answer with
        return bool(result.is_error), text if result.is_error else result.structured_content

    return speak(client, talk)


def told_in(answer: httpx2.Response) -> tuple[bool, object]:
    """Give the same of an answer over HTTP."""
    is_refusal = answer.status_code != 200
    kind = PROBLEM_TYPE if is_refusal else "application/json"
    assert answer.headers["content-type"] == kind
    assert len(answer.text) < LONGEST_ANSWER
    told = answer.json()
    return is_refusal, told["detail"] if is_refusal else told


@pytest.mark.parametrize("tool", READ, ids=lambda tool: tool.name)
def test_every_tool_that_reads_answers_as_over_the_protocol(
    cast: Cast, listener: User, asking: Asking, tool: Tool[Any]
) -> None:
    client = over_http(cast.base, cast.key(listener, [Scope.MCP]), ERAS[0])
    expected = told_by(client, tool.name, tool.example)

    answers = [
        asking.get(tool.name, **tool.example),
        asking.post({"tool": tool.name, **tool.example}),
        asking.post({"name": tool.name, **tool.example}),
        asking.post({"name": tool.name, "arguments": dict(tool.example)}),
    ]

    # Nobody here has linked Spotify, so that what asks there says so.
    assert expected[0] <= tool.is_outward
    assert [told_in(answer) for answer in answers] == [expected] * len(answers)


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_an_earlier_name_answers_as_the_tool_of_today(asking: Asking, alias: str) -> None:
    tool = load_tools()[ALIASES[alias]]
    # A range that has ended: what is open goes on while it is asked about.
    given = {"range": "2024"} if "range" in tool.arguments.model_fields else {}
    stands = {name: value for name, value in tool.aliases[alias].items() if value is not None}
    now = told_in(asking.get(tool.name, **given, **stands))

    assert told_in(asking.get(alias, **given)) == now
    assert told_in(asking.post({"tool": alias, **given})) == now


def test_an_earlier_name_cannot_be_made_something_else(asking: Asking) -> None:
    by_query = asking.get("history.top_artists", item="tracks")
    by_body = asking.post({"tool": "history.top_artists", "item": "tracks"})
    for answer in (by_query, by_body):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "item"
        assert "Call top for anything else." in answer.text
    same = asking.get("history.top_artists", item="artists", range="2024")
    assert told_in(same) == told_in(asking.get("history.top_artists", range="2024"))


def document_of(base: str) -> dict[str, Any]:
    answer = httpx2.get(f"{base}/api/mcp/openapi.json").raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def test_the_document_keeps_the_limits_of_gpt_actions(cast: Cast) -> None:
    document = document_of(cast.base)
    validate(document)

    assert len(json.dumps(document)) < LONGEST_ANSWER
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": cast.base}]
    assert document["components"]["schemas"]
    assert 10 <= len(document["paths"]) <= MOST_OPERATIONS
    for path, operations in document["paths"].items():
        assert list(operations) == ["get"]
        operation = operations["get"]
        assert path == f"/api/mcp/{operation['operationId']}"
        assert 0 < len(operation["summary"]) <= LONGEST_OPERATION
        assert 0 < len(operation["description"]) <= LONGEST_OPERATION
        assert "requestBody" not in operation
        for parameter in operation["parameters"]:
            assert parameter["in"] == "query"
            assert 0 < len(parameter["description"]) <= LONGEST_PARAMETER
            assert parameter["schema"]["type"] in ("string", "integer", "boolean", "array")


def test_every_tool_that_reads_the_history_is_in_the_document(cast: Cast) -> None:
    described = set(document_of(cast.base)["paths"])

    assert [tool.name for tool in OWN if f"/api/mcp/{tool.name}" not in described] == []
    assert {tool.name for tool in list_flat_tools()} == {tool.name for tool in READ}


@pytest.mark.parametrize("tool", OWN, ids=lambda tool: tool.name)
def test_an_answer_is_as_the_document_says(cast: Cast, asking: Asking, tool: Tool[Any]) -> None:
    document = document_of(cast.base)
    operation = document["paths"][f"/api/mcp/{tool.name}"]["get"]
    said = operation["responses"]["200"]["content"]["application/json"]["schema"]
    resource = DRAFT202012.create_resource(document)
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    schema = {"$ref": f"urn:document{said['$ref']}"}

    answer = asking.get(tool.name, **tool.example).json()

    faults = OAS31Validator(schema, registry=registry).iter_errors(answer)
    assert [fault.message for fault in faults] == []


def test_the_document_names_the_public_address(tmp_path: Path) -> None:
    with serve(tmp_path, public_url=PUBLIC_URL, oauth=False) as base:
        document = document_of(base)

    assert document["servers"] == [{"url": PUBLIC_URL}]
    assert list(document["components"]["securitySchemes"]) == ["key"]


def test_the_document_leads_to_the_log_in_where_there_is_one() -> None:
    document = describe_actions("1.2.3", PUBLIC_URL, has_oauth=True)
    validate(document)

    flow = document["components"]["securitySchemes"]["oauth"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == f"{PUBLIC_URL}/oauth/authorize"
    assert flow["tokenUrl"] == f"{PUBLIC_URL}/oauth/token"
    assert document["security"] == [{"key": []}, {"oauth": ["mcp"]}]


@pytest.mark.parametrize(
    ("tool", "given", "status", "parameter", "words"),
    [
        ("top", {"item": "artists", "limitt": 3}, 422, "limitt", "Did you mean 'limit'?"),
        ("top", {"item": "artists", "limit": "many"}, 422, "limit", "valid integer"),
        ("top", {"item": "artists", "limit": 101}, 422, "limit", "less than or equal to 100"),
        ("top", {}, 422, "item", "needs the argument 'item'"),
        ("top", {"item": ["artists", "tracks"]}, 422, "item", "given 2 times"),
        ("top", {"item": "artists", "range": "20x4"}, 422, "range", "20x4"),
        ("plays", {"weekday": "1.5"}, 422, "weekday", "valid integer"),
        ("nonsense", {"qery": "x"}, 422, "qery", "Did you mean 'query'?"),
        ("taste_sumary", {}, 404, None, "Did you mean 'taste_summary'?"),
        ("fetch", {"id": "artist:999"}, 404, None, "artist"),
        ("hide_plays", {"plays": "1"}, 404, None, "POST /api/mcp/call"),
    ],
)
def test_what_cannot_be_used_is_named(
    asking: Asking, tool: str, given: dict[str, Any], status: int, parameter: str | None, words: str
) -> None:
    answer = asking.get(tool, **given)

    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_TYPE)
    assert words in problem["detail"]
    named = [fault["parameter"] for fault in problem["errors"]]
    assert named == ([parameter] if parameter else [])


@pytest.mark.parametrize(
    ("body", "status", "parameter"),
    [
        ({"item": "artists"}, 422, "tool"),
        ({"tool": "top", "item": "artists", "arguments": {"limit": 1}}, 422, "item"),
        ({"tool": "top", "item": "artists", "limit": "3"}, 422, "limit"),
        ({"tool": "top", "name": "top", "item": "artists"}, 422, "name"),
        ({"tool": "top", "arguments": {"item": "artists", "lim": 3}}, 422, "lim"),
        ({"tool": "search", "query": "\ud800"}, 422, "query"),
        ({"tool": "ops.list_everything"}, 404, None),
        (["top"], 422, "body"),
    ],
)
def test_a_call_that_cannot_be_used_is_refused_by_its_status(
    cast: Cast, listener: User, body: object, status: int, parameter: str | None
) -> None:
    headers = {**cast.key(listener, [Scope.MCP]), "content-type": "application/json"}
    answer = httpx2.post(f"{cast.base}/api/mcp/call", headers=headers, content=json.dumps(body))

    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_TYPE)
    assert parameter in [fault["parameter"] for fault in answer.json()["errors"]] or not parameter


def test_the_list_of_tools_tells_what_each_takes_and_needs(cast: Cast, listener: User) -> None:
    key = cast.key(listener, [Scope.MCP])
    listed = httpx2.get(f"{cast.base}/api/mcp/tools", headers=key).raise_for_status().json()

    assert [tool["name"] for tool in listed["items"]] == list(load_tools())
    for told in listed["items"]:
        tool = load_tools()[told["name"]]
        assert told["is_writing"] is tool.is_writing
        assert told["scopes"] == (["mcp", tool.scope] if tool.is_writing else ["mcp"])
        assert told["arguments"]["additionalProperties"] is False
        assert told["answer"]["type"] == "object"
        assert told["aliases"] == list(tool.aliases)


def test_a_call_that_changes_something_needs_its_scope_and_role(cast: Cast, listener: User) -> None:
    def called(person: User, scopes: list[Scope], body: object) -> httpx2.Response:
        return Asking(cast.base, cast.key(person, scopes)).post(body)

    both = [Scope.MCP, Scope.HISTORY_WRITE]
    listed = called(listener, both, {"tool": "plays", "limit": 1}).json()
    play, total = listed["items"][0]["id"], listed["total"]
    wish = {"tool": "hide_plays", "plays": [play]}

    narrow = called(listener, [Scope.MCP], wish)
    assert (narrow.status_code, narrow.json()["code"]) == (403, "forbidden")
    assert "history:write" in narrow.json()["detail"]
    viewer = called(cast.people[Role.VIEWER], both, wish)
    assert viewer.status_code == 403
    assert called(listener, both, {"tool": "plays", "limit": 1}).json()["total"] == total

    hidden = called(listener, both, wish).json()
    assert hidden["hidden"] == [play]
    undone = called(listener, both, {"tool": "undo_hide", "correction": hidden["correction"]})
    assert undone.json()["undone"] is True


def test_a_repeated_call_with_an_idempotency_key_is_done_once(cast: Cast, listener: User) -> None:
    key = {**cast.key(listener, [Scope.MCP, Scope.HISTORY_WRITE]), "idempotency-key": "once"}
    play = httpx2.get(f"{cast.base}/api/mcp/plays", headers=key).json()["items"][1]["id"]

    def hide() -> httpx2.Response:
        wish = {"tool": "hide_plays", "plays": [play]}
        return httpx2.post(f"{cast.base}/api/mcp/call", headers=key, json=wish)

    first, second = hide(), hide()
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    undo = {"tool": "undo_hide", "correction": first.json()["correction"]}
    Asking(cast.base, cast.key(listener, [Scope.MCP, Scope.HISTORY_WRITE])).post(undo)


def test_nobody_asks_without_a_key_for_assistants(cast: Cast, listener: User) -> None:
    revoked = cast.keys.create(listener.id, "gone", [Scope.MCP])
    cast.keys.revoke(listener.id, revoked.id)
    wrong: list[dict[str, str]] = [
        {},
        {"authorization": f"Bearer {revoked.key}"},
        cast.expired_key(listener, [Scope.MCP]),
        cast.disabled_key,
    ]
    other = cast.key(listener, set(Scope) - {Scope.MCP, Scope.ADMIN})

    def answers(headers: dict[str, str]) -> list[httpx2.Response]:
        asking = Asking(cast.base, headers)
        return [asking.get("tools"), asking.get("taste_summary"), asking.post({"tool": "habits"})]

    for headers in wrong:
        for answer in answers(headers):
            assert answer.status_code == 401
            assert 'scope="mcp"' in answer.headers["www-authenticate"]
    for answer in answers(other):
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("tool", READ, ids=lambda tool: tool.name)
def test_a_key_reaches_nobody_else_s_history_whatever_it_asks_for(
    cast: Cast, asking: Asking, tool: Tool[Any]
) -> None:
    theirs = Asking(cast.base, cast.key(cast.other, [Scope.MCP]))
    plays = theirs.get("plays").json()["items"]
    numbers = {str(play["id"]) for play in plays} | {str(play["track"]["id"]) for play in plays}
    words = {"artist": ["Kapelle"], "track": ["Melodie 1"], "album": ["Kapelle's record"]}
    taken = set(tool.arguments.model_fields)
    tries: list[dict[str, Any]] = [dict(tool.example)]
    for name in {"artist", "album", "track"} & taken:
        tries += [{**tool.example, name: value} for value in (*words[name], *numbers)]
    if tool.name == "search":
        tries += [{"query": word} for word in BOBS_WORDS]
    if tool.name == "fetch":
        tries += [{"id": f"{kind}:{one}"} for kind in words for one in (*numbers, 999)]
        tries += [{"id": f"day:2024-03-1{day}"} for day in range(5)]

    for given in tries:
        answer = asking.get(tool.name, **given)
        assert answer.status_code in (200, 404, 422)
        told = answer.json()
        # A refusal repeats what was sent, and nothing else.
        told = {} if answer.status_code != 200 else told
        assert not [word for word in BOBS_WORDS if word in json.dumps(told)], given


def test_requests_are_counted_as_those_that_read(tmp_path: Path) -> None:
    with serve(tmp_path, rate_reading=6, rate_writing=1) as base, set_up(base) as ada:
        made = ada.post("/api/user/keys", json={"name": "gpt", "scopes": ["mcp"]}).json()
        asking = Asking(base, {"authorization": f"Bearer {made['key']}"})

        answers = [asking.get("habits"), *(asking.post({"tool": "habits"}) for _ in range(8))]

    statuses = [answer.status_code for answer in answers]
    assert statuses[:3] == [200] * 3
    assert statuses[-1] == 429
    assert '"reading"' in answers[1].headers["ratelimit-policy"]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_an_answer_that_would_be_too_long_is_refused(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonearm.mcp.calling.MOST_CHARACTERS", 300)

    answer = asking.get("taste_summary")

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "Ask for less" in answer.json()["detail"]


def test_an_answer_that_holds_still_is_not_sent_again(cast: Cast, listener: User) -> None:
    key = cast.key(listener, [Scope.MCP])
    address = f"{cast.base}/api/mcp/top?item=artists"
    first = httpx2.get(address, headers=key)

    again = httpx2.get(address, headers={**key, "if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_a_browser_that_is_logged_in_asks_too_but_no_other_site_does(
    cast: Cast, listener: User
) -> None:
    with cast.client(listener) as browser:
        assert browser.get("/api/mcp/habits").status_code == 200
        foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
        call = browser.post("/api/mcp/call", json={"tool": "habits"}, headers=foreign)
        assert call.status_code == 403


def test_none_of_it_loads_the_protocol_s_own_library(tmp_path: Path) -> None:
    """Whoever has no assistant, or one that asks by HTTP alone, does not pay for it."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", LOADED, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
