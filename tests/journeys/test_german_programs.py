"""What is asked and warned about programs and assistants, in German as plainly as in English, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from browsing import Watched, check_look, open_page
from german import english_of, german_context
from programs import Program, register
from serving import PASSWORD, serve, set_up
from tonearm.domain.vocabulary import Scope

pytestmark = pytest.mark.slow
NARROW, WIDE = 390, 1280


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "data") as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        client.patch("/api/user/preferences", json={"language": "de"}).raise_for_status()
        yield client


def enter(context: BrowserContext, base: str) -> Watched:
    watched = open_page(context, base)
    watched.page.goto(f"{base}/login")
    watched.page.get_by_label("Name").fill("Ada")
    watched.page.get_by_label("Passwort").fill(PASSWORD)
    watched.page.get_by_role("button", name="Anmelden").click()
    expect(watched.page.get_by_role("link", name="Überblick").first).to_be_visible()
    return watched


def expect_german(watched: Watched, width: int) -> None:
    expect(watched.page.locator("html")).to_have_attribute("lang", "de")
    # What assistants call their own settings is quoted as it stands there.
    said = [text for text in english_of(watched.page) if "„" not in text]
    assert said == [], watched.page.url
    check_look(watched, width)


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_an_assistant_is_connected_in_german(browser: Browser, base: str, width: int) -> None:
    context = german_context(browser, width)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched = enter(context, base)
    page = watched.page
    page.goto(f"{base}/assistants")
    expect(page.get_by_role("heading", level=1)).to_have_text("Einen Assistenten verbinden")
    for part in page.locator("details.client").all():
        part.locator("summary").click()
    expect_german(watched, width)

    page.get_by_role("combobox", name="Assistent").select_option(
        "ChatGPT, als GPT mit einer Action"
    )
    page.get_by_label("Er darf auch Wiedergaben ausblenden").check()
    page.get_by_role("button", name="Schlüssel erstellen").click()
    expect(page.get_by_text("darf er nachsehen und ändern, was du erlaubt hast.")).to_be_visible()
    part = page.locator("#chatgpt-action")
    part.get_by_role("button", name="Kopieren (die Adresse des Dokuments)").click()
    expect(part.get_by_role("button", name="Kopiert")).to_be_visible()
    expect_german(watched, width)

    key = {"authorization": f"Bearer {page.locator('#key').inner_text()}"}
    httpx2.get(f"{base}/api/mcp/habits", headers=key).raise_for_status()
    # Programs are answered in English, whatever their person reads.
    refused = httpx2.get(f"{base}/api/mcp/top?item=nonsense", headers=key)
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert "Werkzeug" not in refused.text
    page.goto(f"{base}/assistants")
    expect(page.get_by_text("von 2 Werkzeugen, davon 1 fehlgeschlagen")).to_be_visible()
    expect(page.locator("table.access")).to_contain_text("ChatGPT")
    expect_german(watched, width)
    answer = page.request.post(
        f"{base}/assistants/keys", form={"client": "claude-web"}, headers={"origin": base}
    )
    assert "Wähle einen der angebotenen Assistenten" in answer.text()
    assert watched.complaints == []
    context.close()


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_program_is_let_in_and_locked_out_in_german(
    browser: Browser, base: str, ada: httpx2.Client, width: int
) -> None:
    context = german_context(browser, width)
    watched = enter(context, base)
    page = watched.page

    def visit(program: Program, **changed: str | None) -> None:
        page.goto(f"{base}/oauth/authorize?{urlencode(program.asks(**changed))}")
        expect_german(watched, width)

    far = register(base, client_name="Notizen")
    every = " ".join(Scope)
    visit(far, scope=every)
    expect(page.get_by_role("heading", level=1)).to_have_text("Notizen hereinlassen?")
    expect(page.get_by_role("main")).to_contain_text("Niemand hat ihn geprüft.")
    expect(page.get_by_role("main")).to_contain_text("Wenn nicht, lehn ab: Wer dort sitzt, würde")
    group = page.get_by_role("group", name="Was es in deinem Namen darf")
    for box in group.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Hereinlassen").click()
    expect(page.get_by_role("alert")).to_have_text(
        "Kreuz mindestens eine Sache an, die es darf, oder lehn ab."
    )
    watched.complaints.clear()  # of what was refused
    visit(register(base, "http://127.0.0.1:9/answer", client_name=None))
    expect(page.get_by_role("alert")).to_contain_text(
        "ein Programm auf dem Rechner vor dir. Mach nur weiter"
    )
    visit(register(base, "cursor://anysphere.cursor-mcp/oauth/callback"))
    expect(page.get_by_role("alert")).to_contain_text(
        "eine App auf dem Rechner vor dir. Mach nur weiter"
    )
    expect(page.locator(".target")).to_contain_text("die App cursor")
    assert watched.complaints == []
    for changed, told in (
        ({"scope": "everything"}, "`scope` muss etwas hiervon nennen:"),
        ({"code_challenge": None}, "PKCE ist nötig"),
        ({"resource": "https://elsewhere.example"}, "`resource` muss"),
        ({"client_id": None}, "Das Programm sagt nicht, welches es ist"),
        ({"redirect_uri": "https://elsewhere.example"}, "an einer Adresse, die es vorher nicht"),
        ({"client_id": "https://127.0.0.1/app.json"}, "von der Tonearm nicht liest"),
    ):
        visit(far, **changed)
        expect(page.get_by_role("heading", level=1)).to_have_text("So kann es nicht herein")
        expect(page.get_by_role("main")).to_contain_text(told)

    far.tokens(ada, scope=every)
    page.goto(f"{base}/account")
    part = page.get_by_role("region", name="Programme, die du hereingelassen hast")
    make_a_client(watched, part, width)
    part.get_by_role("button", name="Mein GPT entfernen").click()
    part.get_by_role("button", name="Notizen aussperren").click()
    expect(part).to_contain_text("Keine. Assistenten, die mit einer Anmeldung hier hereinwollen")
    assert ada.get("/api/user/grants").json()["items"] == []
    context.close()


def make_a_client(watched: Watched, part: Locator, width: int) -> None:
    """Make one for an address that does not do, then one that does."""
    page = watched.page
    part.get_by_text("Von Hand angelegte Clients").click()
    part.get_by_label("Unter welchem Namen").fill("Mein GPT")
    page.evaluate("document.querySelector('[name=redirect_uris]').value = 'http://evil.example'")
    part.get_by_role("button", name="Client anlegen").click()
    expect(page.get_by_role("alert")).to_contain_text("redirect_uris: Eine Adresse muss https sein")
    part.get_by_text("Von Hand angelegte Clients").click()
    part.get_by_label("Unter welchem Namen").fill("Mein GPT")
    part.get_by_role("button", name="Client anlegen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dein neuer Client")
    expect_german(watched, width)
    page.get_by_role("link", name="Zurück zum Konto").click()
    part.get_by_text("Von Hand angelegte Clients").click()
    check_look(watched, width)
    texts = part.inner_text()
    assert not {"Program", "For", "Last used", "Revoke", "Remove"} & set(texts.split()), texts
