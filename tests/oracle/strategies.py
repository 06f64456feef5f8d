"""Strategies for raw rows, dense in what is hard: few names, few moments, many copies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from oracle.plays import OraclePlay

Row = dict[str, Any]

# Midnight in Berlin on the night its clocks change is 23:00 UTC; 01:00 UTC is the change.
MOMENTS = tuple(
    datetime(2024, 3, 30, 22, 59, 56, tzinfo=UTC) + timedelta(seconds=shift)
    for shift in (0, 1, 3, 4, 5, 63, 64, 3_600, 7_203, 7_204, 10_800, 86_400, 30 * 86_400)
)
URIS = tuple(f"spotify:track:{letter * 22}" for letter in "abc")
EPISODE_URIS = tuple(f"spotify:episode:{letter * 22}" for letter in "ab")
CHAPTER_URIS = tuple(f"spotify:episode:{letter * 22}" for letter in "bc")
TITLES = (
    "Blue Orchard",
    "blue  orchard",
    "\uff22\uff2c\uff35\uff25 Orchard",
    "Straße",
    "STRASSE",
    "夜の電車",
)
ARTISTS = ("Glass Harbour", "GLASS HARBOUR", "Noite Branca", " Noite Branca\0")
ALBUMS = ("Signals", "signals", "Signals (Deluxe)")
LENGTHS = (0, 1, 999, 1_000, 2_000, 29_999, 30_000, 61_000, 215_000)
MOSTLY_SAME = st.sampled_from((True, True, True, False))
REASONS = ("trackdone", "fwdbtn", "logout", "appload", "endplay", "", None)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(strategy, strategy, st.none())


def zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_forms(start: datetime) -> st.SearchStrategy[int | None]:
    """A start stamp in every way rows write one, absent ones included."""
    seconds = int(start.timestamp())
    return st.one_of(
        st.just(seconds),
        st.integers(0, 999).map(lambda part: seconds * 1000 + part),
        st.sampled_from((None, 0, -1, 259_200, seconds + 400 * 86_400, 10**11 - 1, 10**11)),
    )


@st.composite
def names(draw: st.DrawFn) -> Row:
    """What an extended row says was played; most often music."""
    kind = draw(st.sampled_from(("music",) * 6 + ("podcast", "audiobook", "both", "nothing")))
    row: Row = {}
    if kind in ("music", "both"):
        row["spotify_track_uri"] = draw(maybe(st.sampled_from((*URIS, "not a URI"))))
        row["master_metadata_track_name"] = draw(maybe(st.sampled_from(TITLES)))
        row["master_metadata_album_artist_name"] = draw(maybe(st.sampled_from(ARTISTS)))
        row["master_metadata_album_album_name"] = draw(maybe(st.sampled_from(ALBUMS)))
    if kind == "podcast":
        row["spotify_episode_uri"] = draw(maybe(st.sampled_from(EPISODE_URIS)))
        row["episode_name"] = draw(maybe(st.sampled_from(TITLES)))
        row["episode_show_name"] = draw(maybe(st.sampled_from(ARTISTS)))
    if kind in ("audiobook", "both"):
        row["audiobook_chapter_uri"] = draw(maybe(st.sampled_from(CHAPTER_URIS)))
        row["audiobook_uri"] = draw(maybe(st.just("spotify:show:" + "d" * 22)))
        row["audiobook_chapter_title"] = draw(maybe(st.sampled_from(TITLES)))
        row["audiobook_title"] = draw(maybe(st.sampled_from(ARTISTS)))
    return row


@st.composite
def extended_row(draw: st.DrawFn) -> Row:
    """One row of the extended history."""
    start = draw(st.sampled_from(MOMENTS))
    ms = draw(st.sampled_from(LENGTHS))
    lag = draw(st.sampled_from((0, 0, 0, 1, 59, 299, 301, 86_400, 30 * 86_400 + 1, -400)))
    ended = start + timedelta(milliseconds=ms) + timedelta(seconds=lag)
    row = {
        "ts": zulu(ended),
        "ms_played": ms,
        "offline_timestamp": draw(stamp_forms(start)),
        "platform": draw(st.sampled_from(("ios", "android", "", None))),
        "conn_country": draw(st.sampled_from(("DE", "PT", "ZZ", None))),
        "reason_start": draw(st.sampled_from(REASONS)),
        "reason_end": draw(st.sampled_from(REASONS)),
        "shuffle": draw(st.sampled_from((True, False, None))),
        "skipped": draw(st.sampled_from((True, False, None))),
        "offline": draw(st.sampled_from((True, False, False, None))),
        "incognito_mode": draw(st.sampled_from((False, True, None))),
        **draw(names()),
    }
    for key in draw(st.sets(st.sampled_from(("platform", "shuffle", "offline_timestamp")))):
        del row[key]
    return row


@st.composite
def retold(draw: st.DrawFn, row: Row) -> Row:
    """The same listen told again: word for word, re-sent, or as another export has it."""
    copy = dict(row)
    for change in draw(st.lists(st.sampled_from(range(7)), max_size=3)):
        stamp = copy.get("offline_timestamp")
        if change == 0:
            shift = draw(st.sampled_from((-3, 1, 6_540, 40 * 86_400)))
            moment = datetime.strptime(copy["ts"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            copy["ts"] = zulu(moment + timedelta(seconds=shift))
        elif change == 1 and stamp and 10**9 < stamp < 10**11:
            copy["offline_timestamp"] = stamp * 1000 + draw(st.sampled_from((0, 1, 999)))
        elif change == 2 and stamp and stamp > 10**12:
            copy["offline_timestamp"] = stamp // 1000
        elif change == 3:
            copy["offline_timestamp"] = draw(st.sampled_from((None, 0)))
        elif change == 4:
            copy.update({key: False for key in ("skipped", "shuffle") if copy.get(key) is None})
        elif change == 5:
            copy.update({key: None for key in copy if key.endswith(("_name", "_title"))})
        elif change == 6:
            copy["platform"] = draw(st.sampled_from(("ios", "android", None)))
    return copy


@st.composite
def repeated(draw: st.DrawFn, row: Row) -> Row:
    """A true repeat of the same track one to three seconds later."""
    gap = draw(st.sampled_from((1, 2, 3)))
    moment = datetime.strptime(row["ts"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    again = row | {"ts": zulu(moment + timedelta(seconds=gap))}
    stamp = again.get("offline_timestamp")
    if stamp and stamp > 10**9:
        again["offline_timestamp"] = stamp + gap * (1000 if stamp >= 10**11 else 1)
    return again


@st.composite
def account_of(draw: st.DrawFn, row: Row) -> Row:
    """The account-data row of an extended one, by either clock, sometimes a minute off."""
    ms = row["ms_played"]
    end = datetime.strptime(row["ts"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    stamp = row.get("offline_timestamp")
    if stamp and stamp > 10**9 and draw(st.booleans()):
        seconds = stamp / 1000 if stamp >= 10**11 else stamp + draw(st.sampled_from((0, 0.999)))
        end = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=ms)
    end += timedelta(minutes=draw(st.sampled_from((0, 0, 0, 1, -1))))
    told: Row = {"endTime": end.strftime("%Y-%m-%d %H:%M"), "msPlayed": ms}
    if row.get("audiobook_title") or row.get("audiobook_chapter_title"):
        told["audiobookName"] = row.get("audiobook_title")
        told["chapterName"] = row.get("audiobook_chapter_title")
    elif row.get("episode_name") and draw(st.booleans()):
        told["podcastName"] = row.get("episode_show_name")
        told["episodeName"] = row.get("episode_name")
    else:
        prefix = "episode_" if row.get("episode_name") else "master_metadata_track_"
        artist = (
            "episode_show_name" if row.get("episode_name") else "master_metadata_album_artist_name"
        )
        told["trackName"] = row.get(f"{prefix}name") or draw(st.sampled_from(TITLES))
        told["artistName"] = row.get(artist) or draw(maybe(st.sampled_from(ARTISTS)))
    return told


@st.composite
def account_row(draw: st.DrawFn) -> Row:
    """One row of the account data, placeholders among them."""
    row = draw(account_of(draw(extended_row())))
    if draw(st.integers(0, 12)) == 0:
        row |= {"trackName": "Unknown Track", "artistName": "Unknown Artist"}
    return row


def extended_rows(*, max_size: int = 12) -> st.SearchStrategy[list[Row]]:
    """Rows of the extended history, unrelated but for their small pools."""
    return st.lists(extended_row(), max_size=max_size)


def account_rows(*, max_size: int = 12) -> st.SearchStrategy[list[Row]]:
    """Rows of the account data."""
    return st.lists(account_row(), max_size=max_size)


@st.composite
def histories(draw: st.DrawFn, *, max_size: int = 8) -> list[Row]:
    """Rows of both families about the same listens, retold and repeated, in any order."""
    rows: list[Row] = list(draw(st.lists(extended_row(), min_size=1, max_size=max_size)))
    for row in list(rows):
        deeds = draw(st.lists(st.sampled_from((retold, repeated, account_of)), max_size=3))
        rows += [draw(deed(row)) for deed in deeds]
    rows += draw(st.lists(account_row(), max_size=3))
    order: list[Row] = draw(st.permutations(rows))
    return order


# What is a second, a tolerance, or a millisecond more than one away from the end of a play, in milliseconds.
SHIFTS = (
    0, 0, 0, 1, -1, 999, 20_000, -20_000, 30_000, 60_000, 90_000, -90_000, 90_001, -90_001, 120_000, -120_001,
    150_000, 180_000,
)  # fmt: skip
MOVES = (0, 1, 999, 19_999, 20_000, 29_999, 30_000, 30_001, 61_000, -25_000, -30_001)


LATEST_SECONDS = 1_760_000_000  # before any clock of these tests


def milliseconds(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@st.composite
def polled(draw: st.DrawFn, row: Row) -> Row:
    """An item of the list of recently played tracks about the listen of an extended row, or near it."""
    end = datetime.strptime(row["ts"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    stamp = row.get("offline_timestamp")
    seconds = 0 if not stamp else stamp / 1000 if stamp >= 10**11 else stamp
    if row.get("offline") and 10**9 < seconds < LATEST_SECONDS:
        end = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=row["ms_played"])
    end += timedelta(milliseconds=draw(st.sampled_from(SHIFTS)))
    artist = row.get("master_metadata_album_artist_name") or draw(st.sampled_from(ARTISTS))
    uri = row.get("spotify_track_uri") or ""
    return {
        "played_at": milliseconds(end),
        "track": {
            "uri": uri if uri.startswith("spotify:") and draw(MOSTLY_SAME) else draw(st.sampled_from(URIS)),
            "name": row.get("master_metadata_track_name") or draw(st.sampled_from(TITLES)),
            "duration_ms": draw(st.sampled_from(LENGTHS)),
            "artists": [{"name": artist}],
            "album": {
                "name": row.get("master_metadata_album_album_name") or "Signals",
                "artists": draw(st.sampled_from(([], [{"name": artist}, {"name": "Another"}]))),
            },
        },
    }  # fmt: skip


@st.composite
def delivered_again(draw: st.DrawFn, item: Row) -> Row:
    """The same listen in a later answer: word for word, with its stamp moved, or relinked."""
    moment = datetime.fromisoformat(item["played_at"])
    moved = moment + timedelta(milliseconds=draw(st.sampled_from(MOVES)))
    track = dict(item["track"])
    if draw(st.integers(0, 3)) == 0:
        track["uri"] = draw(st.sampled_from(URIS))
    return {"played_at": milliseconds(moved), "track": track}


DEVICES = (
    None,
    {"name": "Desk", "type": "Computer", "is_private_session": False},
    {"name": "Desk", "type": "Computer", "is_private_session": True},
    {"name": "", "type": "TV", "is_private_session": None},
)
CLOSE = (0, 0, 1, 999, -999, 10_000, -10_000, 29_000)


@st.composite
def spoken(draw: st.DrawFn, row: Row) -> Row:
    """What the player is at while an extended row comes about: an episode or a chapter, else a track."""
    item: Row = draw(polled(row))
    title = row.get("audiobook_chapter_title") or row.get("episode_name")
    work = row.get("audiobook_title") or row.get("episode_show_name")
    if not title or not work:
        return item
    is_book = "audiobook_title" in row
    track = {
        "type": "episode",
        "uri": draw(st.sampled_from(CHAPTER_URIS if is_book else EPISODE_URIS)),
        "name": title,
        "duration_ms": item["track"]["duration_ms"],
        ("audiobook" if is_book else "show"): {"name": work},
    }
    return item | {"track": track}


@st.composite
def sampled(draw: st.DrawFn, item: Row) -> Row:
    """A state of the player within the last ten seconds of an item, or of what is near it."""
    track = {"type": "track", **item["track"]}
    track["duration_ms"] = max(track["duration_ms"], 1)
    left = draw(st.integers(0, min(track["duration_ms"], 10_000)))
    end = datetime.fromisoformat(item["played_at"])
    end += timedelta(milliseconds=draw(st.sampled_from(CLOSE)))
    return {
        "sampled_at": milliseconds(end - timedelta(milliseconds=left)),
        "state": {
            "is_playing": True,
            "progress_ms": track["duration_ms"] - left,
            "item": track,
            "device": draw(st.sampled_from(DEVICES)),
            "shuffle_state": draw(st.sampled_from((True, False, None))),
        },
    }


@st.composite
def polled_histories(draw: st.DrawFn, *, max_size: int = 6) -> list[Row]:
    """Rows of both families, polled items and samples about the same listens, in any order."""
    rows: list[Row] = list(draw(st.lists(extended_row(), min_size=1, max_size=max_size)))
    told: list[Row] = []
    for row in rows:
        deeds = draw(st.lists(st.sampled_from((retold, repeated, account_of, polled)), max_size=3))
        told += [draw(deed(row)) for deed in deeds]
        items = draw(st.lists(polled(row), max_size=2))
        told += items
        told += [draw(delivered_again(item)) for item in items if draw(st.booleans())]
        played = [*items, *draw(st.lists(spoken(row), max_size=1))]
        told += [draw(sampled(item)) for item in played if draw(st.booleans())]
    if draw(st.booleans()):  # so that polls, or polls and account data, are all there is
        rows = []
    order: list[Row] = draw(st.permutations(rows + told))
    return order


BROKEN = (
    {"ts": None}, {"ts": "2024-02-30T10:00:00Z"}, {"ts": "2005-12-31T23:59:59Z"},
    {"ts": "2124-01-01T00:00:00Z"}, {"ts": "2024-03-30 10:00"}, {"ts": 5}, {"ms_played": -1},
    {"ms_played": 86_400_001}, {"ms_played": None}, {"ms_played": "7"}, {"ms_played": True},
    {"shuffle": "yes"}, {"platform": 7}, {"offline_timestamp": "x"},
    {"master_metadata_track_name": "x" * 4_097}, {"spotify_track_uri": ["u"]},
)  # fmt: skip


@st.composite
def dirty_histories(draw: st.DrawFn) -> list[object]:
    """Histories with malformed elements among them."""
    rows: list[object] = list(draw(histories()))
    for _ in range(draw(st.integers(0, 4))):
        broken = draw(extended_row()) | draw(st.sampled_from(BROKEN))
        rows.append(draw(st.sampled_from((broken, None, 7, "text", [], {}, [[]]))))
    order: list[object] = draw(st.permutations(rows))
    return order


# What is heard by `listens`: one spelling more of the same artist and album, and much unknown.
HEARD = (
    ("spotify:track:" + "a" * 22, "Blue Orchard", "Glass Harbour", "Signals", "music"),
    ("spotify:track:" + "b" * 22, "Straße", "GLASS  Harbour", "signals", "music"),
    ("spotify:track:" + "c" * 22, "STRASSE", "Glass Harbour", "Signals (Deluxe)", "music"),
    ("spotify:track:" + "d" * 22, "blue orchard", "Noite Branca", "Signals", "music"),
    ("spotify:track:" + "e" * 22, "夜の電車", "Noite Branca", None, "music"),
    ("local:\x1fhum", "Hum", None, None, "music"),
    ("spotify:track:" + "f" * 22, None, None, None, "music"),
    ("spotify:episode:" + "a" * 22, "Blue Orchard", "Glass Harbour", "Glass Harbour", "podcast"),
    ("spotify:episode:" + "b" * 22, "Two", "Night Talk", "Night Talk", "podcast"),
    ("spotify:episode:" + "c" * 22, "Chapter 1", "The Lamp", "The Lamp", "audiobook"),
)
# Where clocks change, days are missing or years begin, in zones that are asked for.
TURNS = tuple(
    datetime.fromisoformat(moment).astimezone(UTC)
    for moment in (
        "2024-01-14T12:00:00Z",  # nothing at all
        "2024-03-31T01:00:00Z",  # Berlin's day of 23 hours
        "2024-10-27T01:00:00Z",  # and of 25
        "2024-03-30T23:00:00Z",  # midnight before the short day in Berlin
        "2023-12-31T23:00:00Z",  # a year ends in Berlin
        "2024-02-29T12:00:00Z",
        "2010-11-07T02:31:00Z",  # St John's goes back over midnight, at 00:01
        "2018-11-04T03:00:00Z",  # Sao Paulo skips the hour after midnight
        "2024-04-06T15:00:00Z",  # Lord Howe goes back by half an hour
        "2011-12-30T10:00:00Z",  # Apia skips a day
    )
)
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
PAUSES = (
    0, SECOND, 4 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE, HOUR, 8 * HOUR, 12 * HOUR, DAY - 1, DAY,
    DAY + 1, 2 * DAY, 31 * DAY, 180 * DAY - 1, 180 * DAY, 200 * DAY, 366 * DAY,
)  # fmt: skip
HEARD_LENGTHS = (
    30_000, 60_000, 60_000, 215_000, 215_000, 0, 1, 14_999, 15_000, 29_999, 50 * MINUTE, DAY,
)  # fmt: skip
MOSTLY = (True, True, True, False)
START_REASONS = (
    "trackdone", "fwdbtn", "backbtn", "clickrow", "playbtn", "appload", "remote", "trackerror",
    "unknown", "clickside", "popup", "uriopen", None,
)  # fmt: skip
END_REASONS = (
    "trackdone", "fwdbtn", None, "backbtn", "endplay", "logout", "remote", "unexpected-exit",
    "unexpected-exit-while-paused", "trackerror", "unknown", "clickrow", "appload", "playbtn",
    "popup", "uriopen", "clickside", "none",
)  # fmt: skip
PLATFORMS = (
    None, "ios", "iOS 17.1 (iPhone15,2)", "android", "Android OS 13 API 33 (samsung, SM-G991B)",
    "windows", "Windows 10 (10.0.19045; x64; AppX)", "osx", "OS X 10.12.6 [x86 8]",
    "Linux [x86-64 0]", "web_player windows 10;chrome 103.0.0.0;desktop",
    "WebPlayer (websocket RFC6455)", "Partner google cast_tv;Chromecast;;",
    "Partner google cast;Google-Home;;", "Partner sonos_ppc Sonos;Play1;;",
    "Partner amazon_salmon Amazon;Echo_Dot;;", "Partner android_tv Sony;BRAVIA;;",
    "Partner sony_tv Sony;PS4;;", "Partner playstation Sony;PS5;;", "Partner garmin Garmin;Venu;;",
    "Android Automotive OS 12", "not_applicable",
)  # fmt: skip


def flags() -> st.SearchStrategy[bool | None]:
    return st.sampled_from((None, False, True))


def circumstances() -> st.SearchStrategy[tuple[Any, ...]]:
    """Platform, country, reason to start, shuffle, offline and private, as one stays with them."""
    return st.tuples(
        st.sampled_from(PLATFORMS), st.sampled_from((None, "DE", "PT")),
        st.sampled_from(START_REASONS), flags(), flags(), flags(),
    )  # fmt: skip


@st.composite
def listen(
    draw: st.DrawFn, ended: int, heard: tuple[Any, ...], around: tuple[Any, ...]
) -> OraclePlay:
    """One play that ended then, most often without a pause in it."""
    key, title, artist, album, kind = heard
    platform, country, reason_start, shuffle, offline, private = around
    ms = draw(st.sampled_from(HEARD_LENGTHS))
    # Paused in between; or a start stamp of a clock that was ahead.
    pause = draw(st.sampled_from((0, 0, 0, 0, 0, 0, 45 * MINUTE, 26 * HOUR, -5 * MINUTE)))
    return OraclePlay(
        ended, key, ended - ms - pause, ms, title, artist, album, kind, platform, country,
        reason_start, draw(st.sampled_from(END_REASONS)), shuffle, draw(flags()), offline, private,
    )  # fmt: skip


@st.composite
def listens(draw: st.DrawFn, *, max_size: int = 36) -> list[OraclePlay]:
    """Plays in clusters around turns of the calendar, with runs, loops, streaks and long pauses.

    They come ordered by end and track, as `plays_of` gives them.
    """
    plays: list[OraclePlay] = []
    heard = draw(st.lists(st.sampled_from(HEARD), min_size=1, max_size=5, unique=True))
    around = draw(st.lists(circumstances(), min_size=1, max_size=4))
    for _ in range(draw(st.integers(1, 3))):
        moment = draw(st.sampled_from(TURNS))
        ended = round(moment.timestamp() * 1000) + draw(st.sampled_from((0, -1, 1, -2 * HOUR)))
        usual = draw(st.sampled_from(PAUSES))
        again = draw(st.sampled_from(heard))
        for _ in range(draw(st.integers(0, max_size // 3))):
            track = again if draw(st.sampled_from(MOSTLY)) else draw(st.sampled_from(heard))
            plays.append(draw(listen(ended, track, draw(st.sampled_from(around)))))
            ended += usual if draw(st.sampled_from(MOSTLY)) else draw(st.sampled_from(PAUSES))
    return sorted(plays, key=lambda play: (play.ended_at, play.track_key, play.started_at))
