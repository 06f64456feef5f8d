"""A program is let in: the SDK's client finds its way by the address alone, a person agrees in a real browser."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from playwright.sync_api import Browser, Page, expect

from browsing import check_look, open_page
from certificates import certify
from programs import Program, landing, register
from scripted_server import Answer, scripted
from serving import PASSWORD, serve, set_up
from tonearm.domain.vocabulary import Scope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.slow
WAIT = 60


class Kept:
    """What a program keeps between its runs."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Assistant:
    """The SDK's client, which opens a browser when it has to."""

    def __init__(
        self,
        base: str,
        redirect_uri: str,
        answers: Queue[dict[str, str]],
        described_at: str | None = None,
    ) -> None:
        self._described_at = described_at
        self.kept = Kept()
        self.opened: Queue[str] = Queue()
        self._base = base
        self._answers = answers
        self._metadata = OAuthClientMetadata.model_validate(
            {
                "client_name": "Notes of Ada",
                "redirect_uris": [redirect_uri],
                "token_endpoint_auth_method": "none",
            }
        )

    def call(self) -> Any:  # noqa: ANN401 - what a tool answers
        """Ask for what is known of a listener's history, and log in for that where it is needed."""
        return asyncio.run(self._call())

    async def _call(self) -> Any:  # noqa: ANN401 - the same
        provider = OAuthClientProvider(
            server_url=f"{self._base}/mcp",
            client_metadata=self._metadata,
            storage=self.kept,
            redirect_handler=self._open,
            callback_handler=self._wait,
            client_metadata_url=self._described_at,
        )

        @asynccontextmanager
        async def connected() -> "AsyncIterator[Any]":
            async with (
                httpx2.AsyncClient(auth=provider, timeout=WAIT) as http,
                streamable_http_client(f"{self._base}/mcp", http_client=http) as streams,
            ):
                yield streams

        async with Client(connected(), mode="auto") as client:
            answer = await client.call_tool("coverage", {})
        return answer.structured_content

    async def _open(self, address: str) -> None:
        self.opened.put(address)

    async def _wait(self) -> AuthorizationCodeResult:
        answer = await asyncio.to_thread(self._answers.get, timeout=WAIT)
        return AuthorizationCodeResult(**answer)


def in_background(work: Callable[[], Any]) -> "Queue[Any]":
    """Begin something that waits for a person, and give where what comes of it is put."""
    done: Queue[Any] = Queue()

    def run() -> None:
        try:
            done.put(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
            done.put(error)

    threading.Thread(target=run, daemon=True).start()
    return done


def log_in(page: Page) -> None:
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


@pytest.mark.parametrize("width", [1280, 390])
def test_an_assistant_comes_in_by_the_address_alone_and_goes_when_told(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    with serve(tmp_path / "data") as base, set_up(base) as ada, landing() as (back, answers):
        assistant = Assistant(base, back, answers)
        done = in_background(assistant.call)
        page = context.new_page()
        page.goto(assistant.opened.get(timeout=WAIT))
        log_in(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Let Notes of Ada in?")
        expect(page.get_by_role("alert")).to_contain_text("on the machine in front of you")
        page.get_by_role("button", name="Let it in").click()
        expect(page.get_by_text("You are back.")).to_be_visible()

        told = done.get(timeout=WAIT)
        assert "range" in str(told), told
        first = assistant.kept.tokens
        assert first is not None
        assert first.scope == "mcp"
        # It goes on with the next tokens, and nobody is asked again.
        program = Program(
            base, str(assistant.kept.client and assistant.kept.client.client_id), back
        )
        renewed = program.refresh(str(first.refresh_token)).raise_for_status().json()
        assistant.kept.tokens = OAuthToken.model_validate(renewed)
        assert "range" in str(in_background(assistant.call).get(timeout=WAIT))
        assert assistant.opened.empty()
        (grant,) = ada.get("/api/user/grants").json()["items"]
        assert (grant["client_name"], grant["scopes"]) == ("Notes of Ada", ["mcp"])

        page.goto(f"{base}/account")
        part = page.get_by_role("region", name="Programs you have let in")
        expect(part).to_contain_text("Notes of Ada")
        part.get_by_role("button", name="Revoke Notes of Ada").click()
        expect(part).to_contain_text("None.")
        # What it has opens nothing any more, so it has to ask again; and this time it is not let in.
        done = in_background(assistant.call)
        page.goto(assistant.opened.get(timeout=WAIT))
        page.get_by_role("button", name="Deny").click()
        expect(page.get_by_text("You are back.")).to_be_visible()
        assert isinstance(done.get(timeout=WAIT), BaseException)
        assert ada.get("/api/user/grants").json()["items"] == []
        context.close()


def test_an_assistant_that_is_described_by_a_document_registers_nowhere(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certify(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with scripted(context) as far, landing() as (back, answers):
        address = f"{far.origin}/apps/notes.json"
        document = {"client_id": address, "client_name": "Notes", "redirect_uris": [back]}
        headers = {"content-type": "application/json"}
        far.say(Answer(json.dumps(document).encode(), headers=headers))
        known = [urlsplit(far.origin).netloc]
        with (
            serve(tmp_path / "data", oauth_private_hosts=known, oauth_registration=False) as base,
            set_up(base) as ada,
        ):
            assistant = Assistant(base, back, answers, address)
            done = in_background(assistant.call)
            page = browser.new_page()
            page.goto(assistant.opened.get(timeout=WAIT))
            # Nothing is read in the name of nobody.
            assert far.asked == []
            log_in(page)
            expect(page.get_by_role("heading", level=1)).to_have_text("Let Notes in?")
            expect(page.get_by_role("main")).to_contain_text("where it is described: localhost.")
            page.get_by_role("button", name="Let it in").click()
            expect(page.get_by_text("You are back.")).to_be_visible()
            assert "range" in str(done.get(timeout=WAIT))
            (grant,) = ada.get("/api/user/grants").json()["items"]
            assert (grant["client_id"], grant["client_kind"]) == (address, "document")
            # It was read once, and nothing else over there.
            assert [asked.path for asked in far.asked] == ["/apps/notes.json"]
            page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_can_be_read_by_everybody(browser: Browser, tmp_path: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    with serve(tmp_path / "data") as base, set_up(base) as ada:
        watched = open_page(context, base)
        page = watched.page
        page.goto(f"{base}/login")
        log_in(page)
        expect(page).to_have_url(f"{base}/")

        def visit(program: Program, **changed: str | None) -> None:
            page.goto(f"{base}/oauth/authorize?{urlencode(program.asks(**changed))}")
            check_look(watched, width)

        long_name = "A program with a name that is as long as any can be " + "W" * 40
        far = register(base, client_name=long_name)
        every = " ".join(Scope)
        visit(far, scope=every)
        group = page.get_by_role("group", name="What it may do in your name")
        expect(group.get_by_role("checkbox")).to_have_count(9)
        for box in group.get_by_role("checkbox").all():
            box.uncheck()
        page.get_by_role("button", name="Let it in").click()
        expect(page.get_by_role("alert")).to_contain_text("Tick at least one")
        check_look(watched, width)
        visit(register(base, "http://127.0.0.1:9/answer", client_name=None))
        expect(page.get_by_role("alert")).to_contain_text("on the machine in front of you")
        visit(register(base, "cursor://anysphere.cursor-mcp/oauth/callback"))
        expect(page.get_by_role("alert")).to_contain_text("That is an app")
        assert [one for one in watched.complaints if "Failed to load" not in one] == []
        visit(far, scope="everything")
        expect(page.get_by_role("heading", level=1)).to_have_text("It cannot be let in like this")

        far.tokens(ada, scope=every)
        page.goto(f"{base}/account")
        part = page.get_by_role("region", name="Programs you have let in")
        part.get_by_text("Clients made by hand").click()
        check_look(watched, width)
        part.get_by_label("What people are to read").fill("My GPT")
        part.get_by_role("button", name="Make the client").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your new client")
        check_look(watched, width)
        page.get_by_role("link", name="Back to the account").click()
        part.get_by_text("Clients made by hand").click()
        expect(part).to_contain_text("My GPT")
        check_look(watched, width)
        part.get_by_role("button", name="Remove My GPT").click()
        part.get_by_text("Clients made by hand").click()
        expect(part).not_to_contain_text("My GPT")
        context.close()
