"""Connect an assistant: a key made on the page, used as its snippet says, and seen in use."""

import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from assisting import ERAS, ask, over_http
from browsing import check_look, open_page
from cast import Cast, gather
from serving import PASSWORD, serve, set_up
from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Role, Scope
from tonearm.ui.assistants import CLIENTS, KEYLESS

PUBLIC_URL = "https://music.example.org"
SECRET = re.compile(r'<code id="key">(tnrm_[\w-]+)</code>')
SNIPPET = re.compile(r'<pre id="copy-([\w-]+)">(.*?)</pre>', re.DOTALL)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "data") as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        client.headers["accept"] = "text/html"
        yield client


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with gather(tmp_path_factory.mktemp("data")) as cast:
        yield cast


def snippets(answer: httpx2.Response) -> dict[str, str]:
    return {name: unescape(text) for name, text in SNIPPET.findall(answer.text)}


def call(base: str, headers: dict[str, str], tool: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - any arguments
    return ask(over_http(base, headers, ERAS[0]), tool, given)


@pytest.mark.parametrize("client", [one for one in CLIENTS if one not in KEYLESS])
def test_a_key_is_made_and_stands_in_every_snippet_once(ada: httpx2.Client, client: str) -> None:
    made = ada.post("/assistants/keys", data={"client": client, "expiry": "90"})

    found = SECRET.search(made.text)
    assert found is not None
    assert made.headers["cache-control"] == "private, no-store"
    shown = snippets(made)
    with_key = {name for name, text in shown.items() if found[1] in text}
    assert with_key == {"desktop-elsewhere", "code-http", "cursor", "codex-http", "header", "curl"}
    assert f'id="{client}" open' in made.text
    key = ada.get("/api/user/keys").json()["items"][0]
    assert (key["scopes"], key["name"]) == (["mcp"], key["name"])
    assert key["expires_at"] is not None
    # Neither this page nor any other shows it again.
    assert found[1] not in ada.get("/assistants").text + ada.get("/account").text


def test_a_key_may_change_something_if_its_listener_wants(base: str, ada: httpx2.Client) -> None:
    wish = {"client": "claude-code", "scopes": ["history:write", "admin"], "expiry": ""}
    shown = snippets(ada.post("/assistants/keys", data=wish))

    # What is not offered is not given.
    assert ada.get("/api/user/keys").json()["items"][0]["scopes"] == ["history:write", "mcp"]
    name, value = shlex.split(shown["code-http"])[-1].split(": ")
    call = {"tool": "hide_plays", "plays": [1]}
    answer = httpx2.post(f"{base}/api/mcp/call", headers={name: value}, json=call)
    assert (answer.status_code, answer.json()["not_found"]) == (200, [1])


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"client": "claude-web"}, "take a key"),
        ({"client": "<script>"}, "offered assistants"),
        ({}, "offered assistants"),
        ({"client": "cursor", "expiry": "1e9"}, "offered times"),
    ],
)
def test_what_cannot_be_made_is_told(ada: httpx2.Client, wish: dict[str, str], word: str) -> None:
    answer = ada.post("/assistants/keys", data=wish)

    assert answer.status_code == 422
    assert word in answer.text
    assert "<script>" not in answer.text
    assert len(ada.get("/api/user/keys").json()["items"]) == 1


def test_another_site_makes_no_key(ada: httpx2.Client) -> None:
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    answer = ada.post("/assistants/keys", data={"client": "cursor"}, headers=foreign)

    assert answer.status_code == 403
    assert len(ada.get("/api/user/keys").json()["items"]) == 1


def test_the_page_says_what_the_address_is_good_for(tmp_path: Path, ada: httpx2.Client) -> None:
    here = ada.get("/assistants").text
    assert "which only this machine reaches" in here
    assert here.count("Not by this address") == 3

    with (
        serve(tmp_path / "public", public_url=PUBLIC_URL, oauth=False) as base,
        set_up(base) as other,
    ):
        answer = other.get("/assistants")
    assert snippets(answer)["mcp-url"] == f"{PUBLIC_URL}/mcp"
    assert snippets(answer)["document-url"] == f"{PUBLIC_URL}/api/mcp/openapi.json"
    assert "Not by this address" not in answer.text
    # No one is promised a log-in that is not there.
    assert answer.text.count("which this Tonearm does not offer") == 2


def test_where_assistants_may_log_in_the_page_says_so(ada: httpx2.Client) -> None:
    page = ada.get("/assistants")

    assert "does not offer" not in page.text
    names = [name for name, _ in SNIPPET.findall(page.text)]
    assert len(names) == len(set(names))
    assert {"claude-url", "chatgpt-url", "mcp-url"} <= set(names)
    assert "oauth" in ada.get("/api/mcp/openapi.json").json()["components"]["securitySchemes"]


def test_who_only_looks_connects_an_assistant_that_only_looks(cast: Cast) -> None:
    viewer = cast.people[Role.VIEWER]
    with cast.client(viewer) as browser:
        page = browser.get("/assistants")
        assert page.status_code == 200
        assert 'name="scopes"' not in page.text
        made = SECRET.search(browser.post("/assistants/keys", data={"client": "other"}).text)
        assert made is not None
        key = {"authorization": f"Bearer {made[1]}"}
        assert httpx2.get(f"{cast.base}/api/mcp/habits", headers=key).status_code == 200


def test_everybody_sees_their_own_calls_and_keys(cast: Cast) -> None:
    listener, other = cast.people[Role.LISTENER], cast.other
    key = cast.key(listener, [Scope.MCP])
    httpx2.get(f"{cast.base}/api/mcp/coverage", headers=key).raise_for_status()
    cast.keys.create(listener.id, "plain program", [Scope.HISTORY_READ])
    cast.keys.create(listener.id, "my helper", [Scope.MCP])

    def page(person: User) -> str:
        with cast.client(person) as browser:
            return browser.get("/assistants").text

    def use(person: User) -> list[str]:
        with cast.client(person) as browser:
            items = browser.get("/api/user/assistants/usage").raise_for_status().json()["items"]
            calls = browser.get("/api/user/assistants/calls").raise_for_status().json()["items"]
        assert {one["tool"] for one in items} == {one["tool"] for one in calls}
        return [one["tool"] for one in items]

    assert "coverage" in use(listener)
    assert use(other) == []
    assert "<code>coverage</code>" in page(listener)
    assert "<code>coverage</code>" not in page(other)
    assert "my helper" in page(listener)
    assert "plain program" not in page(listener)
    assert "my helper" not in page(other)


def test_calls_are_paged(cast: Cast) -> None:
    person = cast.people[Role.DEVELOPER]
    key = cast.key(person, [Scope.MCP, Scope.HISTORY_READ])
    for _ in range(5):
        httpx2.get(f"{cast.base}/api/mcp/habits", headers=key).raise_for_status()
    address = f"{cast.base}/api/user/assistants/calls"

    numbers: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = httpx2.get(address, headers=key, params={"limit": 2, **cursor}).json()
        numbers += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert numbers == [5, 4, 3, 2, 1]
    assert httpx2.get(address, headers=key, params={"limit": 501}).status_code == 422
    assert (
        httpx2.get(f"{cast.base}/api/user/assistants/usage?days=91", headers=key).status_code == 422
    )


def enter(page: Page, base: str, path: str) -> None:
    page.goto(f"{base}/login?next={path}")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390, 360])
def test_a_person_connects_an_assistant_and_sees_what_it_calls(
    browser: Browser, base: str, width: int
) -> None:
    with set_up(base):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        watched = open_page(context, base)
        page = watched.page
        enter(page, base, "/account")
        page.get_by_role("link", name="Connect an assistant").click()
        expect(page).to_have_url(f"{base}/assistants")
        for part in page.locator("details.client").all():
            part.locator("summary").click()
        check_look(watched, width)

        page.get_by_role("combobox", name="Assistant").select_option("Cursor")
        page.get_by_role("button", name="Make the key").click()
        snippet = page.locator("#copy-cursor")
        expect(snippet).to_be_visible()
        check_look(watched, width)
        page.locator("#cursor").get_by_role("button", name="Copy the configuration").click()
        expect(page.locator("#cursor").get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == snippet.inner_text()

        server = json.loads(copied)["mcpServers"]["tonearm"]
        call(server["url"].removesuffix("/mcp"), server["headers"], "top", item="artists")
        call(server["url"].removesuffix("/mcp"), server["headers"], "habits")
        page.goto(f"{base}/assistants")
        used = page.locator("table.usage tbody tr")
        expect(used).to_have_count(2)
        expect(page.locator("table.usage")).to_contain_text("top")
        expect(page.get_by_text("2 calls")).to_be_visible()
        row = page.locator("table.access tbody tr").filter(has_text="Cursor")
        expect(row).not_to_contain_text("Not yet")
        check_look(watched, width)
        row.get_by_role("link", name="Cursor").click()
        page.get_by_role("button", name="Revoke the key").click()
        answer = httpx2.get(f"{base}/api/mcp/habits", headers=server["headers"])
        assert answer.status_code == 401
        assert watched.complaints == []
        context.close()


@pytest.mark.slow
def test_the_page_works_without_a_script(browser: Browser, base: str) -> None:
    with set_up(base):
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        enter(page, base, "/assistants")
        page.get_by_role("combobox", name="Assistant").select_option("Codex")
        page.get_by_role("button", name="Make the key").click()

        key = page.locator("#key").inner_text()
        assert key in page.locator("#copy-codex-http").inner_text()
        expect(page.get_by_role("button", name="Copy", exact=False)).to_have_count(0)
        headers = {"authorization": f"Bearer {key}"}
        assert httpx2.get(f"{base}/api/mcp/habits", headers=headers).status_code == 200
        context.close()
