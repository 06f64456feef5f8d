"""Linking a Spotify account: whose it becomes, and who cannot make it theirs."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Connection, func, select, update
from structlog.testing import capture_logs

from link_room import BACK, SESSION, LinkRoom, agree, decide, link_room, refuse
from moving_clock import MovingClock
from tonearm.accounts.audit import Action, Audit
from tonearm.accounts.link_records import LinkExpiredError, LinkState, LinkTakenError
from tonearm.accounts.linking import Answer, read_address
from tonearm.accounts.links import Collected
from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.simulator.faults import Fault
from tonearm.spotify.errors import (
    Cause,
    SpotifyBlockedError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)
from tonearm.spotify.login import App
from tonearm.storage.database import Database
from tonearm.storage.link_tables import link_attempts, links
from tonearm.storage.tables import metadata

OWN_APP = "0123456789abcdef"
OWN_SECRET = "fedcba98765432100123456789abcdef"


@pytest.fixture
def room(database: Database, clock: MovingClock, tmp_path: Path) -> Iterator[LinkRoom]:
    with link_room(database, clock, tmp_path) as room:
        yield room


@pytest.fixture
def plain_room(sqlite_database: Database, clock: MovingClock, tmp_path: Path) -> Iterator[LinkRoom]:
    with link_room(sqlite_database, clock, tmp_path) as room:
        yield room


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_a_link_is_made_of_what_spotify_says(room: LinkRoom) -> None:
    person = room.simulator.users["listener1"]
    assert room.links.find(room.ada.id) is None

    address = room.begin()
    asked = query_of(address)
    link = room.linking.finish(room.ada.id, SESSION, agree(address))

    assert address.startswith(f"{room.origin}/authorize?")
    assert (asked["code_challenge_method"], asked["redirect_uri"]) == ("S256", BACK)
    assert asked["scope"] == "user-read-recently-played"
    assert link == room.links.get(room.ada.id)
    assert (link.id, link.state, link.problem, link.cause) == (1, LinkState.LINKED, None, None)
    assert (link.account_id, link.display_name) == (person.account_id, person.display_name)
    assert link.scopes == ("user-read-recently-played",)
    assert link.authorised_at == link.created_at == room.clock()
    assert link.expires_at == room.clock() + timedelta(hours=1)
    assert (link.relink_by.isoformat(), link.days_left) == ("2026-11-01T12:00:00+00:00", 184)
    entry = Audit(room.database, room.clock).list()[0]
    assert (entry.action, entry.subject_id) == (Action.LINK_MADE, room.ada.id)
    assert entry.details == {"link": 1, "again": False, "client_id": "simulator-client"}
    assert room.links.list_all() == [(room.ada.id, link)]


def test_an_answer_is_good_once(room: LinkRoom) -> None:
    answer = agree(room.begin())
    room.linking.finish(room.ada.id, SESSION, answer)

    with pytest.raises(LinkExpiredError):
        room.linking.finish(room.ada.id, SESSION, answer)


def test_an_answer_is_for_whoever_began_in_the_same_session(room: LinkRoom) -> None:
    eve = room.add("Eve")
    answer = agree(room.begin())

    for user_id, session in ((room.ada.id, "another session"), (eve.id, SESSION)):
        with pytest.raises(LinkExpiredError):
            room.linking.finish(user_id, session, answer)
    for forged in ("", "forged", answer.state + "x"):
        with pytest.raises(LinkExpiredError):
            room.linking.finish(room.ada.id, SESSION, Answer(forged, answer.code))
    assert (room.links.find(eve.id), room.links.find(room.ada.id)) == (None, None)
    # Nobody else's try has used it up.
    assert room.linking.finish(room.ada.id, SESSION, answer).id == 1


def test_an_attempt_lasts_ten_minutes_and_leaves_nothing(room: LinkRoom) -> None:
    answer = agree(room.begin())
    room.clock.advance(minutes=10, seconds=1)

    with pytest.raises(LinkExpiredError):
        room.linking.finish(room.ada.id, SESSION, answer)
    room.begin()
    room.clock.advance(minutes=11)
    room.begin()
    with room.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(link_attempts)) == 1


def test_a_code_is_worth_nothing_without_the_verifier(room: LinkRoom) -> None:
    """Somebody else's code, put into an attempt of one's own: PKCE makes Spotify refuse it."""
    stolen = agree(room.begin(), "listener2")
    own = query_of(room.begin())["state"]

    with pytest.raises(SpotifyRefusedError, match="Begin again"):
        room.linking.finish(room.ada.id, SESSION, Answer(own, stolen.code))
    assert room.links.find(room.ada.id) is None


def test_who_says_no_is_not_linked(room: LinkRoom) -> None:
    with pytest.raises(SpotifyRefusedError, match="You said no") as refused:
        room.linking.finish(room.ada.id, SESSION, refuse(room.begin()))

    assert refused.value.cause is Cause.DENIED
    assert room.links.find(room.ada.id) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("server_error", SpotifyUnavailableError),
        ("invalid_scope", SpotifyRefusedError),
        ("<script>alert(1)</script>", SpotifyRefusedError),
        ("", SpotifyRefusedError),
    ],
)
def test_other_errors_are_told_in_our_words(
    plain_room: LinkRoom, error: str, kind: type[Exception]
) -> None:
    room = plain_room
    state = query_of(room.begin())["state"]

    with capture_logs() as lines, pytest.raises(kind) as caught:
        room.linking.finish(room.ada.id, SESSION, Answer(state, "", error))

    assert "script" not in str(caught.value) + repr(lines)
    assert lines[-1]["problem"] in ("spotify_refused", "spotify_unavailable")


def premium_lapses(room: LinkRoom) -> None:
    room.simulator.app.owner_premium = False


def is_off_the_list(room: LinkRoom) -> None:
    room.simulator.app.users.clear()


def quota_is_used_up(room: LinkRoom) -> None:
    room.simulator.limits.quota = 0


def app_is_gone(room: LinkRoom) -> None:
    room.simulator.accounts.apps.clear()


@pytest.mark.parametrize(
    ("happens", "cause", "words"),
    [
        (premium_lapses, Cause.PREMIUM, "has Premium, and that has lapsed"),
        (is_off_the_list, Cause.USER_LIST, "not on the app's list of users"),
        (app_is_gone, Cause.APP, "does not take the app"),
    ],
)
def test_what_is_in_the_way_is_said_in_words(
    plain_room: LinkRoom, happens: Callable[[LinkRoom], None], cause: Cause, words: str
) -> None:
    room = plain_room
    answer = agree(room.begin())
    happens(room)

    with pytest.raises(SpotifyRefusedError, match=words) as refused:
        room.linking.finish(room.ada.id, SESSION, answer)

    assert refused.value.cause is cause
    assert room.links.find(room.ada.id) is None


def test_a_quota_that_is_used_up_says_until_when(plain_room: LinkRoom) -> None:
    room = plain_room
    answer = agree(room.begin())
    quota_is_used_up(room)

    with pytest.raises(SpotifyBlockedError, match="allows this app for the day is used up") as no:
        room.linking.finish(room.ada.id, SESSION, answer)
    assert room.clock() < no.value.not_before <= room.clock() + timedelta(days=1)


@pytest.mark.parametrize("path", ["/api/token", "/v1/me"])
@pytest.mark.parametrize("kind", ["status", "cut", "malformed"])
def test_a_spotify_that_fails_links_nobody(plain_room: LinkRoom, path: str, kind: Any) -> None:  # noqa: ANN401 - a literal
    room = plain_room
    answer = agree(room.begin())
    with room.simulator.lock:
        room.simulator.faults.add(Fault(kind, path))

    with pytest.raises(SpotifyUnavailableError, match="Try again"):
        room.linking.finish(room.ada.id, SESSION, answer)
    assert room.links.find(room.ada.id) is None


def test_linking_again_keeps_the_link(room: LinkRoom) -> None:
    first = room.link()
    room.clock.advance(days=100)

    again = room.link()

    assert (again.id, again.created_at) == (first.id, first.created_at)
    assert again.authorised_at == room.clock()
    assert again.days_left == 184
    entry = Audit(room.database, room.clock).list()[0]
    assert (entry.action, entry.details["again"]) == (Action.LINK_MADE, True)


def test_another_account_is_refused_until_the_first_is_unlinked(room: LinkRoom) -> None:
    first = room.link()

    with pytest.raises(LinkTakenError, match="Unlink that first"):
        room.link("listener2")

    assert room.links.get(room.ada.id) == first
    room.links.unlink(room.ada.id)
    other = room.link("listener2")
    assert (other.id, other.account_id != first.account_id) == (2, True)


def test_an_account_is_linked_by_one_listener(room: LinkRoom) -> None:
    bob = room.add("Bob")
    room.link()

    with pytest.raises(LinkTakenError, match="counted for two people"):
        room.link(user=bob)

    assert room.links.find(bob.id) is None
    room.links.unlink(room.ada.id)
    assert room.link(user=bob).id == 1


def test_an_account_that_spotify_renames_stays_the_same(room: LinkRoom) -> None:
    """`account_id` came in 2026; a link of before knows the account by its `id`."""
    first = room.link()
    with room.database.write() as connection:
        connection.execute(update(links).values(account_id="listener1"))
    bob = room.add("Bob")

    with pytest.raises(LinkTakenError):
        room.link(user=bob)
    assert room.link() == first


def test_more_is_asked_for_beside_what_was_granted(room: LinkRoom) -> None:
    room.link()
    address = room.linking.begin(room.ada.id, SESSION, BACK, ["user-library-read"])
    link = room.linking.finish(room.ada.id, SESSION, agree(address))
    assert link.scopes == ("user-library-read", "user-read-recently-played")

    # What was granted once is asked for again, so that linking again loses nothing.
    assert query_of(room.begin())["scope"] == "user-library-read user-read-recently-played"
    with pytest.raises(InvalidInputError, match="no such scope"):
        room.linking.begin(room.ada.id, SESSION, BACK, ["everything"])


def test_without_an_app_nobody_links_until_they_bring_their_own(
    database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    with link_room(database, clock, tmp_path, app=None) as room:
        with pytest.raises(NotFoundError, match="TONEARM_SPOTIFY_CLIENT_ID"):
            room.begin()
        assert room.apps.find(room.ada.id) is None
        room.simulator.add_app(OWN_APP, users=["listener1"], secret=OWN_SECRET)

        in_use = room.apps.put(room.ada.id, f" {OWN_APP}\n", OWN_SECRET)

        assert (in_use.client_id, in_use.is_own, in_use.has_secret) == (OWN_APP, True, True)
        assert room.apps.find(room.ada.id) == in_use
        assert room.link().client_id == OWN_APP
        room.links.refresh(room.ada.id)
        # A link goes on with the app that it was made with, or not at all.
        room.apps.remove(room.ada.id)
        with pytest.raises(SpotifyRefusedError, match="not set here any more"):
            room.links.refresh(room.ada.id)
        assert room.links.get(room.ada.id).cause == "app"
        room.apps.put(room.ada.id, OWN_APP, OWN_SECRET)
        room.links.refresh(room.ada.id)
        assert room.links.get(room.ada.id).problem is None
        with pytest.raises(NotFoundError, match="no app of your own"):
            room.apps.remove(room.add("Bob").id)
    actions = [entry.action for entry in Audit(database, clock).list()]
    assert actions.count(Action.LINK_APP_SET) == 2
    assert Action.LINK_APP_REMOVED in actions


@pytest.mark.parametrize(
    ("client_id", "secret"), [("", ""), ("short", ""), ("a" * 65, ""), ("a b c d e f", ""),
                              ("ä" * 32, ""), (OWN_APP, "short"), (OWN_APP, "with blank in it")]
)  # fmt: skip
def test_an_app_that_is_none_is_refused(plain_room: LinkRoom, client_id: str, secret: str) -> None:
    with pytest.raises(InvalidInputError, match="Copy it from the app"):
        plain_room.apps.put(plain_room.ada.id, client_id, secret)


def test_unlinking_leaves_the_number_and_no_token(room: LinkRoom) -> None:
    first = room.link()
    answer = agree(room.begin())

    room.links.unlink(room.ada.id)

    assert room.links.find(room.ada.id) is None
    with room.database.read() as connection:
        row = connection.execute(select(links)).one()
    assert (row.state, row.access_token, row.refresh_token) == ("unlinked", None, None)
    with pytest.raises(NotFoundError, match="no link"):
        room.links.unlink(room.ada.id)
    with pytest.raises(NotFoundError, match="no link"):
        room.links.refresh(room.ada.id)
    with pytest.raises(NotFoundError, match="no link"):
        room.links.lend(room.ada.id, first.id)
    with pytest.raises(LinkExpiredError):  # what was on its way has ended too
        room.linking.finish(room.ada.id, SESSION, answer)
    assert room.link().id == first.id
    entry = Audit(room.database, room.clock).list()[1]
    assert (entry.action, entry.details) == (Action.LINK_ENDED, {"link": 1, "plays": "keep"})


def test_what_a_link_has_brought_is_erased_with_it(
    database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    told: list[object] = []

    def forget(connection: Connection, user_id: int, link_id: int) -> Callable[[], None]:
        told.append((user_id, link_id, connection.in_transaction()))
        return lambda: told.append("afterwards")

    with link_room(database, clock, tmp_path, forgetting=(forget,)) as room:
        first = room.link()
        room.links.unlink(room.ada.id, Collected.KEEP)
        assert told == []
        room.link()
        assert room.links.can_erase

        room.links.unlink(room.ada.id, Collected.ERASE)

        assert told == [(room.ada.id, first.id, True), "afterwards"]
        with database.read() as connection:
            row = connection.execute(select(links)).one()
        assert (row.account_id, row.display_name) == ("", None)
        assert room.link().id == first.id + 1


def test_what_cannot_be_forgotten_ends_no_link(
    database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    def fail(_connection: Connection, _user_id: int, _link_id: int) -> Callable[[], None]:
        raise RuntimeError("no")

    with link_room(database, clock, tmp_path, forgetting=(fail,)) as room:
        link = room.link()
        with pytest.raises(RuntimeError):
            room.links.unlink(room.ada.id, Collected.ERASE)
        assert room.links.get(room.ada.id) == link


def test_erasing_is_not_offered_where_nothing_was_collected(plain_room: LinkRoom) -> None:
    plain_room.link()
    assert not plain_room.links.can_erase
    with pytest.raises(InvalidInputError, match="none to erase"):
        plain_room.links.unlink(plain_room.ada.id, Collected.ERASE)
    assert plain_room.links.find(plain_room.ada.id) is not None


def test_the_address_that_the_browser_was_sent_to_can_be_pasted(room: LinkRoom) -> None:
    address = decide(room.begin(), {"user": "listener1", "decision": "agree"})

    link = room.linking.paste(room.ada.id, SESSION, f"  {address}#_=_\n", BACK)

    assert link.id == 1
    with pytest.raises(LinkExpiredError):
        room.linking.paste(room.ada.id, SESSION, address, BACK)
    denied = decide(room.begin(), {"decision": "cancel"})
    with pytest.raises(SpotifyRefusedError, match="You said no"):
        room.linking.paste(room.ada.id, SESSION, denied, BACK)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a code",
        "javascript:alert(1)",
        f"{BACK}",
        f"{BACK}?code=c",
        f"{BACK}?state=s",
        f"{BACK}?state=s&code=",
        f"{BACK}?state=s&code=c&error=access_denied",
        f"{BACK}?state=s&state=t&code=c",
        f"{BACK}?state=s&code=c&code=d",
        f"{BACK}?state=s&code=%FF",
        f"{BACK}/?state=s&code=c",
        f"{BACK}/../callback?state=s&code=c",
        "https://evil.example/api/auth/spotify/callback?state=s&code=c",
        "http://127.0.0.1:8420@evil.example/api/auth/spotify/callback?state=s&code=c",
        "http://127.0.0.1:8421/api/auth/spotify/callback?state=s&code=c",
        "http://127.0.0.1/api/auth/spotify/callback?state=s&code=c",
        "https://127.0.0.1:8420/api/auth/spotify/callback?state=s&code=c",
        "http://localhost:8420/api/auth/spotify/callback?state=s&code=c",
        "http://[::1/api/auth/spotify/callback?state=s&code=c",
        "//127.0.0.1:8420/api/auth/spotify/callback?state=s&code=c",
        "file:///etc/passwd?state=s&code=c",
        f"{BACK}?state=s&code=c" + "&a=b" * 20,
        f"{BACK}?state=s&code=" + "c" * 5_000,
    ],
)
def test_a_hostile_address_is_not_taken(address: str) -> None:
    with pytest.raises(InvalidInputError, match="Paste the whole address") as refused:
        read_address(address, BACK)
    assert BACK in refused.value.message
    assert "evil" not in refused.value.message


def test_nothing_that_opens_lies_in_the_database_or_is_told(
    database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    with link_room(database, clock, tmp_path, app=None) as room, capture_logs() as lines:
        room.simulator.add_app(OWN_APP, users=["listener1"], secret=OWN_SECRET)
        room.apps.put(room.ada.id, OWN_APP, OWN_SECRET)
        address = room.begin()
        answer = agree(address)
        room.begin()  # one that is still under way
        room.linking.finish(room.ada.id, SESSION, answer)
        grant = room.simulator.accounts.grants[0]
        secrets = [OWN_SECRET, grant.refresh_token, answer.code, query_of(address)["state"]]
        access = room.links.lend(room.ada.id, 1).access_token()
        secrets.append(access)
        room.simulator.accounts.revoke(grant.user)
        with pytest.raises(Exception, match="ended") as ended:
            room.links.refresh(room.ada.id)
        with database.read() as connection:
            held = [
                str(connection.execute(select(table)).all()) for table in metadata.sorted_tables
            ]
        app = App(OWN_APP, OWN_SECRET)
        told = [*held, repr(lines), repr(ended.value), repr(room.links.get(room.ada.id)), repr(app)]
        told.append(repr(room.apps.find(room.ada.id)))
        for secret in secrets:
            assert not any(secret in text for text in told), secret
        assert "gAAAA" in " ".join(held)  # what is sealed
