"""What no Spotify should say, and what must not get out: the client against a server that says anything."""

import gzip
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from moving_clock import MovingClock
from scripted_server import Answer, Script, scripted
from tonearm.ops.logging import configure_logging
from tonearm.spotify.client import Reach, Spotify
from tonearm.spotify.errors import (
    Cause,
    SpotifyBlockedError,
    SpotifyError,
    SpotifyInvalidError,
    SpotifyNotFoundError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)
from tonearm.spotify.operation import Scope
from tonearm.spotify.pacing import Allowance, Pacer
from tonearm.spotify.session import Session
from tonearm.spotify.transport import LARGEST_ANSWER
from tonearm.storage.database import Database

TOKEN = "BQ-a-token-that-nobody-is-to-see"
LISTENER = "listener-who-is-not-to-be-named"


class Lent:
    """A token that is always the same."""

    client_id = "an-app"
    scopes = frozenset(Scope)

    def access_token(self) -> str:
        return TOKEN

    def renewed(self, refused: str) -> str:
        return refused


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as serving:
        yield serving


@pytest.fixture
def spotify(script: Script, sqlite_database: Database, clock: MovingClock) -> Iterator[Spotify]:
    pacer = Pacer(
        sqlite_database, clock, Allowance(), lambda seconds: clock.advance(seconds=seconds)
    )
    made = Spotify(pacer, Reach(f"{script.origin}/v1"), "1.2.3")
    yield made
    made.close()


@pytest.fixture
def session(spotify: Spotify) -> Session:
    return spotify.for_link(Lent())


def error_of(session: Session) -> SpotifyError:
    with pytest.raises(SpotifyError) as caught:
        session.me.get()
    return caught.value


def test_a_request_says_who_asks_over_a_connection_that_is_kept(
    script: Script, session: Session
) -> None:
    for _ in range(3):
        session.me.get()

    assert [(asked.method, asked.path) for asked in script.asked] == [("GET", "/v1/me")] * 3
    assert script.asked[0].headers["User-Agent"].startswith("Tonearm/1.2.3 ")
    assert script.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert len({asked.port for asked in script.asked}) == 1


@pytest.mark.parametrize(
    ("said", "reason", "seconds"),
    [
        ("7", None, 7),
        (" 7.9 ", None, 7),
        ("86400", "QUOTA_EXCEEDED", 86_400),
        ("999999999999", "QUOTA_EXCEEDED", 86_400),
        ("9" * 5_000, None, 30),
        (None, None, 30),
        (None, "QUOTA_EXCEEDED", 3_600),
        ("soon", None, 30),
        ("-5", None, 30),
        ("Wed, 21 Oct 2099 07:28:00 GMT", "QUOTA_EXCEEDED", 3_600),
    ],
)
def test_any_wait_is_understood_or_guessed(
    script: Script,
    session: Session,
    clock: MovingClock,
    said: str | None,
    reason: str | None,
    seconds: int,
) -> None:
    body = f'{{"error": {{"status": 429, "reason": "{reason}"}}}}'.encode()
    script.say(Answer(body, 429, {} if said is None else {"Retry-After": said}))

    error = error_of(session)

    assert isinstance(error, SpotifyBlockedError)
    assert error.not_before == clock.now + timedelta(seconds=seconds)
    assert len(script.asked) == 1


def test_short_waits_are_slept_once_a_call(
    script: Script, session: Session, clock: MovingClock
) -> None:
    begun = clock.now
    script.say(Answer(status=429, headers={"Retry-After": "0"}), Answer())
    session.me.get()
    assert clock.now == begun + timedelta(seconds=1)

    script.say(Answer(status=429, headers={"Retry-After": "3"}))
    error = error_of(session)
    assert isinstance(error, SpotifyBlockedError)
    assert clock.now == begun + timedelta(seconds=4)
    assert error.not_before == clock.now + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("status", "message", "kind", "cause"),
    [
        (403, "Active premium subscription required for the owner", None, Cause.PREMIUM),
        (403, "User not registered in the Developer Dashboard", None, Cause.USER_LIST),
        (403, "Insufficient client scope", None, Cause.SCOPE),
        (403, "Forbidden", None, Cause.WITHDRAWN),
        (403, "", None, Cause.WITHDRAWN),
        (403, "The stars stand badly", None, Cause.OTHER),
        (410, "gone", None, Cause.WITHDRAWN),
        (400, "invalid", SpotifyInvalidError, None),
        (414, "too long", SpotifyInvalidError, None),
        (404, "Resource not found", SpotifyNotFoundError, None),
        (301, "moved", SpotifyUnavailableError, None),
        (418, "a teapot", SpotifyUnavailableError, None),
    ],
)
def test_refusals_are_told_apart_in_our_own_words(
    script: Script,
    session: Session,
    status: int,
    message: str,
    kind: type[SpotifyError] | None,
    cause: Cause | None,
) -> None:
    body = f'{{"error": {{"status": {status}, "message": "{message}", "u": "{LISTENER}"}}}}'
    script.say(Answer(body.encode(), status, {"Location": "http://127.0.0.1:1/elsewhere"}))

    error = error_of(session)

    assert isinstance(error, kind or SpotifyRefusedError)
    assert getattr(error, "cause", None) is cause
    assert len(script.asked) == 1
    assert LISTENER not in repr(error)
    assert "stars" not in error.message
    assert "teapot" not in error.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"error": "text"}',
        b'{"error": {"message": 3}}',
        b"<html>",
    ],
)
def test_a_refusal_that_says_nothing_readable_is_one_all_the_same(
    script: Script, session: Session, body: bytes
) -> None:
    script.say(Answer(body, 403))

    assert isinstance(error_of(session), SpotifyRefusedError)


@pytest.mark.parametrize(
    "body", [b"[]", b"3", b'"text"', b'{"id": 7}', b'{"images": {}}', b"[" * 900 + b"]" * 900]
)
def test_an_answer_of_another_shape_is_not_understood(
    script: Script, session: Session, body: bytes
) -> None:
    script.say(Answer(body))

    error = error_of(session)
    assert isinstance(error, SpotifyUnavailableError)
    assert "cannot be understood" in error.message


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_cut_off(
    script: Script, session: Session, *, packed: bool
) -> None:
    body = b'{"id": "' + b"a" * LARGEST_ANSWER + b'"}'
    script.say(
        Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})
        if packed
        else Answer(body)
    )

    assert "far more" in error_of(session).message


def test_nulls_and_unknown_fields_do_no_harm(script: Script, session: Session) -> None:
    script.say(
        Answer(
            b'{"account_id": null, "id": "x", "images": null, "display_name": null, "new": [{}]}'
        )
    )

    profile = session.me.get()
    assert (profile.key, profile.images, profile.display_name) == ("x", (), None)


def test_an_unreadable_play_is_kept_beside_the_others(script: Script, session: Session) -> None:
    good = (
        b'{"track": {"uri": "spotify:track:1", "name": "A", "album": null}, '
        b'"played_at": "2026-05-01T11:00:00.123Z", "context": null}'
    )
    bad = [
        b'{"track": null, "played_at": "2026-05-01T11:00:00Z"}',
        b'{"track": {"uri": "spotify:track:1"}, "played_at": "2026-05-01T11:00:00"}',
        b'{"track": {"uri": "spotify:track:1"}, "played_at": 1777630000000}',
        b'{"track": {"uri": ""}, "played_at": "2026-05-01T11:00:00Z"}',
        b'{"track": {"uri": "spotify:track:1", "duration_ms": "long"}, "played_at": "2026-05-01T11:00:00Z"}',
        b"[7]",
        b"null",
    ]
    script.say(
        Answer(b'{"items": [' + b",".join([bad[0], good, *bad[1:], good]) + b'], "cursors": {}}')
    )

    page = session.recent.list_plays()

    assert [play.raw for play in page.plays] == [good, good]
    assert page.plays[0].played_at.isoformat() == "2026-05-01T11:00:00.123000+00:00"
    assert list(page.unreadable) == bad
    assert (page.after_ms, page.before_ms, page.has_more) == (None, None, False)


def test_an_unreadable_item_does_not_cost_its_page(script: Script, session: Session) -> None:
    script.say(
        Answer(
            b'{"items": [{"track": {"uri": "a"}, "added_at": null}, null, {"track": 7}, {"track": {"uri": "b"}}, '
            b'{"added_at": "2026-05-01T11:00:00Z"}], "total": 5, "next": null}'
        )
    )

    page = session.library.tracks()

    assert [row.track.uri for row in page.items] == ["a", "b"]
    assert (page.unreadable, page.total, page.following) == (2, 5, None)


def test_a_list_ends_with_an_empty_page_and_no_address_is_followed(
    script: Script, session: Session
) -> None:
    full = b'{"items": [{"track": {"uri": "a"}}], "next": "https://evil.example/v1/me/tracks"}'
    script.say(Answer(full), Answer(b'{"items": [], "next": "https://evil.example/"}'))

    assert len(list(session.library.tracks(limit=1).walk())) == 1
    assert [asked.path for asked in script.asked] == [
        "/v1/me/tracks?limit=1&offset=0",
        "/v1/me/tracks?limit=1&offset=1",
    ]


def test_artists_that_turn_in_circles_end_whatever_the_cursor(
    script: Script, session: Session
) -> None:
    script.say(
        Answer(
            b'{"artists": {"items": [{"uri": "a"}], "next": "x", "cursors": {"after": "../me?x=1&y"}}}'
        )
    )

    assert len(list(session.library.followed_artists().walk())) == 2
    assert script.asked[1].path == (
        "/v1/me/following?type=artist&limit=50&after=..%2Fme%3Fx%3D1%26y"
    )


def test_calls_go_by_way_of_the_proxy_of_the_settings_alone(
    script: Script,
    sqlite_database: Database,
    clock: MovingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    pacer = Pacer(sqlite_database, clock, Allowance())
    proxy = script.origin.replace("//", "//me:secret@")
    by_proxy = Spotify(pacer, Reach("http://127.0.0.1:9/v1", proxy), "1")
    direct = Spotify(pacer, Reach(f"{script.origin}/v1"), "1")

    by_proxy.for_link(Lent()).me.get()
    direct.for_link(Lent()).me.get()

    assert [asked.path for asked in script.asked] == ["http://127.0.0.1:9/v1/me", "/v1/me"]
    assert script.asked[0].headers["Proxy-Authorization"].startswith("Basic ")
    assert "secret" not in repr(Reach("", proxy))
    by_proxy.close()
    direct.close()


def test_a_walk_back_ends_where_spotify_turns_in_circles(script: Script, session: Session) -> None:
    page = Answer(
        b'{"items": [{}], "next": "https://evil.example/", "cursors": {"after": "x", "before": "5"}}'
    )
    script.say(page)

    assert len(list(session.recent.iter_back())) == 2
    assert script.asked[1].path == "/v1/me/player/recently-played?limit=50&before=5"


def test_nothing_private_is_logged_or_shown(
    script: Script,
    session: Session,
    spotify: Spotify,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = f'{{"id": "{LISTENER}", "display_name": "{LISTENER}", "account_id": "{LISTENER}"}}'
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging(None, "debug", console_level="debug")
    root.addHandler(caplog.handler)
    try:
        script.say(Answer(b"", 503), Answer(b"{", 200), Answer(secret.encode()))
        profile = session.me.get()
        script.say(Answer(secret.encode(), 401))
        error = error_of(session)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)

    assert profile.id == LISTENER
    shown = [repr(each) for each in (profile, error, spotify, session, session.me)]
    shown += [str(error), caplog.text, *capsys.readouterr()]
    assert "retry" in caplog.text
    for text in shown:
        assert TOKEN not in text
        assert LISTENER not in text
