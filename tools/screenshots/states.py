"""How pages get into the state that their pictures show, where a path is not enough: each makes what it needs."""

import base64
import json
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tonearm.testing.export import write_export
from tools.screenshots.visitor import PUBLIC_URL, Visitor

_PASSWORD = "a needle on the run-out groove"  # noqa: S105 - of a Tonearm that is gone afterwards
_HISTORY = "/api/history/users/me"
_SHARES = "/api/user/shares"
_ANSWERED = "https://notes.example.org/answer"
_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
)
_CALLS = ("taste_summary", "top?item=artists", "top?item=tracks", "habits", "top?item=nonsense")
_MOST_LOOKS = 60


# A Tonearm that nobody has set up.


def fill_set_up(visitor: Visitor) -> None:
    """Fill in the form of the first visit."""
    visitor.open("/setup")
    visitor.page.fill("input[name=name]", "Ada")
    visitor.page.fill("input[name=password]", _PASSWORD)
    visitor.page.fill("input[name=again]", _PASSWORD)
    visitor.page.fill("input[name=zone]", "Europe/Berlin")


def set_up(visitor: Visitor) -> None:
    """Send that form; what comes is the key, shown once."""
    visitor.page.click("text=Begin")
    visitor.page.locator("#key").wait_for()


def preview_import(visitor: Visitor) -> None:
    """Look into an export without importing it."""
    visitor.open("/imports")
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "my_spotify_data.zip"
        write_export(export, plays=3_000, seed=7, years=3)
        visitor.page.set_input_files("input[type=file]", export)
        visitor.page.click("text=Look inside first")
        visitor.page.get_by_role("button", name="Import this").wait_for()


def fail_import(visitor: Visitor) -> None:
    """Import what is no export."""
    file: Any = {"name": "my_spotify_data.zip", "mimeType": "application/zip", "buffer": b"PK no"}
    visitor.page.request.post(f"{visitor.address}/imports", multipart={"files": file})
    visitor.open("/imports/2")
    visitor.page.get_by_role("button", name="Try again").wait_for()


# The demo: what floats above a page.


def open_picker(visitor: Visitor) -> None:
    """Open what chooses the range."""
    visitor.open("/?range=2024")
    visitor.page.click(".picker > summary")


def open_palette(visitor: Visitor) -> None:
    """Ask for the palette, and for some words in it."""
    visitor.open("/")
    visitor.page.keyboard.press("Control+k")
    visitor.page.keyboard.type("bl")
    visitor.page.locator("#palette li small").first.wait_for()


def open_keys(visitor: Visitor) -> None:
    """Ask which keys there are."""
    visitor.open("/")
    visitor.page.keyboard.press("?")
    visitor.page.locator("#shortcuts[open]").wait_for()


def open_more(visitor: Visitor) -> None:
    """Open the list of pages that phones have behind their last tab."""
    visitor.open("/")
    visitor.page.evaluate("document.getElementById('places').showPopover()")


def in_german(path: str) -> Callable[[Visitor], None]:
    """Open a page as somebody who reads German."""

    def state(visitor: Visitor) -> None:
        visitor.send("/api/user/preferences", {"language": "de"}, "PATCH")
        visitor.open(path)
        visitor.send("/api/user/preferences", {"language": "en"}, "PATCH")

    return state


# Items, plays and corrections.


def open_first(measure: str, place: str) -> Callable[[Visitor], None]:
    """Open the page of the first item of a ranking."""
    return lambda visitor: visitor.open(
        f"/{place}/{visitor.ask(f'{_HISTORY}/{measure}')['items'][0]['id']}"
    )


def tick_plays(visitor: Visitor) -> None:
    """Tick three plays of a month."""
    visitor.open("/history?range=2024-10")
    for box in visitor.page.locator("input[name=plays]").all()[:3]:
        box.check()


def correct(visitor: Visitor) -> None:
    """Rename an artist and leave another one out, both far down."""
    visitor.send(
        f"{_HISTORY}/corrections",
        {"rename": {"item": "artist", "of": 200, "name": "Renamed Choir"}},
    )
    visitor.send(f"{_HISTORY}/corrections", {"exclude": {"artist": 201}})
    visitor.open("/corrections")


# Shares.


def visit_share(view: str) -> Callable[[Visitor], None]:
    """Follow the link of a new share."""
    return lambda visitor: visitor.open(_share(visitor, view)["link"])


def make_share(visitor: Visitor) -> None:
    """Make a share by its form; what comes is the link, shown once."""
    visitor.open("/account/shares/new?view=overview&range=2024")
    visitor.page.fill("input[name=title]", "My year in records")
    visitor.page.click("text=Make the link")
    visitor.page.locator("#link").wait_for()


def look_after_share(visitor: Visitor) -> None:
    """Open what can be done with a share."""
    visitor.open(f"/account/shares/{_share(visitor, 'overview')['share']['id']}")


def list_shares(visitor: Visitor) -> None:
    """Open the list of shares."""
    for view in ("patterns", "top-artists"):
        _share(visitor, view)
    visitor.open("/account#shares")


def _share(visitor: Visitor, view: str) -> Any:  # noqa: ANN401 - as the API gives it
    titles = {"overview": "My year in records", "patterns": "When I listen"}
    wish = {"view": view, "range": "2024", "title": titles.get(view, ""), "shown_name": "Jo"}
    return visitor.send(_SHARES, wish)


# People.


def invite(visitor: Visitor) -> None:
    """Have somebody there, and somebody invited."""
    _person(visitor)
    make_invitation(visitor)
    visitor.open("/people")


def make_invitation(visitor: Visitor) -> None:
    """Invite somebody by the form; what comes is the link, shown once."""
    visitor.open("/people")
    visitor.page.click("text=Invite somebody")
    visitor.page.fill("input[name=note]", "Milan from the choir")
    visitor.page.click("text=Make the link")
    visitor.page.locator("#link").wait_for()


def accept_invitation(visitor: Visitor) -> None:
    """Follow an invitation."""
    make_invitation(visitor)
    visitor.open(visitor.page.locator("#link").inner_text())


def look_after_person(visitor: Visitor) -> None:
    """Open the page of somebody."""
    visitor.open(f"/people/{_person(visitor)}")


def follow_reset(visitor: Visitor) -> None:
    """Follow a link to a new password."""
    look_after_person(visitor)
    visitor.page.click("text=Make a link to a new password")
    visitor.open(visitor.page.locator("#link").inner_text())


def reset_password(visitor: Visitor) -> None:
    """Choose that password."""
    follow_reset(visitor)
    visitor.page.fill("input[name=password]", _PASSWORD)
    visitor.page.fill("input[name=again]", _PASSWORD)
    visitor.page.click("text=Set the password")
    visitor.page.get_by_role("link", name="Log in").wait_for()


def _person(visitor: Visitor) -> int:
    """Give the number of Ida, who is added if she is not there."""
    people = visitor.ask("/api/admin/users")["items"]
    number = next((one["id"] for one in people if one["name"] == "Ida"), None)
    wish = {"name": "Ida", "zone": "Europe/Lisbon", "role": "listener"}
    return int(number or visitor.send("/api/admin/users", wish)["id"])


# Who may come in, and with what.


def mistype_password(visitor: Visitor) -> None:
    """Log in with a wrong password."""
    visitor.open("/login")
    visitor.page.fill("input[name=name]", "demo")
    visitor.page.fill("input[name=password]", "play it agian")
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("alert").wait_for()


def make_key(visitor: Visitor) -> None:
    """Make a key by the form; what comes is the key, shown once."""
    visitor.open("/account#keys")
    visitor.page.click("text=Make a key")
    form = visitor.page.locator("form[action='/account/keys']")
    form.locator("input[name=name]").fill("Dashboard in the kitchen")
    form.locator("input[value='history:read']").check()
    form.locator("button").click()
    visitor.page.locator("#key").wait_for()


def look_after_key(visitor: Visitor) -> None:
    """Open what can be done with a key."""
    visitor.open(f"/account/keys/{_key(visitor)['id']}")


def list_keys(visitor: Visitor) -> None:
    """Open the list of keys."""
    _key(visitor)
    visitor.open("/account#keys")


def _key(visitor: Visitor) -> Any:  # noqa: ANN401 - as the API gives it
    keys = visitor.ask("/api/user/keys")["items"]
    wish = {"name": "Backup", "scopes": ["history:read", "player"]}
    known = next((one for one in keys if one["name"] == wish["name"]), None)
    return known or visitor.send("/api/user/keys", wish)


def list_sessions(visitor: Visitor) -> None:
    """Open the list of log-ins, with one of a phone."""
    wish = json.dumps({"name": "demo", "password": "play it again"}).encode()
    headers = {"content-type": "application/json", "user-agent": _PHONE}
    urlopen(Request(f"{visitor.address}/api/auth/login", wish, headers)).close()  # noqa: S310 - our own
    visitor.open("/account#sessions")


def make_assistant_key(visitor: Visitor) -> None:
    """Make a key for an assistant; what comes has it in all there is to copy."""
    visitor.open("/assistants?for=cursor")
    visitor.page.click("text=Make the key")
    visitor.page.locator("#key").wait_for()


def use_assistant(visitor: Visitor) -> None:
    """Have an assistant ask for something, and open the page that tells of it."""
    make_assistant_key(visitor)
    key = visitor.page.locator("#key").inner_text()
    for call in _CALLS:
        headers = {"authorization": f"Bearer {key}"}
        visitor.page.request.get(f"{visitor.address}/api/mcp/{call}", headers=headers)
    visitor.open("/assistants")


def ask_consent(visitor: Visitor) -> None:
    """Come from a program that asks to be let in."""
    visitor.open(f"/oauth/authorize?{urlencode(_asked(visitor))}")


def ask_wrongly(visitor: Visitor) -> None:
    """Come from a program that asks for what there is not."""
    visitor.open(f"/oauth/authorize?{urlencode({**_asked(visitor), 'scope': 'everything'})}")


def _asked(visitor: Visitor) -> dict[str, str]:
    program = {
        "client_name": "Liner Notes",
        "redirect_uris": [_ANSWERED],
        "token_endpoint_auth_method": "none",
    }
    challenge = base64.urlsafe_b64encode(sha256(_PASSWORD.encode()).digest()).rstrip(b"=").decode()
    return {
        "response_type": "code",
        "client_id": visitor.send("/oauth/register", program)["client_id"],
        "redirect_uri": _ANSWERED,
        "scope": "mcp",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": f"{PUBLIC_URL}/mcp",
    }


def open_api(visitor: Visitor) -> None:
    """Open the viewer of the API, and wait until it has drawn."""
    visitor.open("/docs")
    visitor.page.locator(".opblock").first.wait_for()


# Linked with the simulated Spotify of the demo.


def link_spotify(visitor: Visitor) -> None:
    """Link, if that is not done, and wait for the first plays."""
    if not visitor.ask("/api/auth/spotify/status")["linked"]:
        _link(visitor)
    visitor.open("/account#spotify")
    visitor.page.get_by_text("of them new").wait_for()


def _link(visitor: Visitor) -> None:
    """Go to Spotify and back as a browser does, but back to where the demo really is."""
    request = visitor.page.request
    way = f"{visitor.address}/api/auth/spotify/login"
    there = request.get(way, headers={"sec-fetch-site": "same-origin"}, max_redirects=0)
    form: Any = {"user": "listener1", "decision": "agree"}
    back = request.post(there.headers["location"], form=form, max_redirects=0)
    visitor.open(back.headers["location"])


def see_permissions(visitor: Visitor) -> None:
    """Open what else may be allowed at Spotify."""
    link_spotify(visitor)
    visitor.open("/account/spotify/permissions")


def wait_for_covers(visitor: Visitor) -> None:
    """Open the overview until what it shows has covers."""
    link_spotify(visitor)
    _open_covered(visitor, "/?range=2024")


def open_covered(visitor: Visitor) -> None:
    """Open an album that has a cover."""
    link_spotify(visitor)
    albums = visitor.ask(f"{_HISTORY}/top-albums?range=2024")["items"]
    _open_covered(visitor, f"/albums/{albums[0]['id']}")


def _open_covered(visitor: Visitor, path: str) -> None:
    for _ in range(_MOST_LOOKS):
        visitor.open(path)
        if not visitor.page.locator("main .m:not(:has(img))").count():
            return
        visitor.page.wait_for_timeout(1_000)
    if not visitor.page.locator("main .m img").count():
        raise TimeoutError("no picture has come from Spotify")
