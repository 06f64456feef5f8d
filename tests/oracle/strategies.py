"""Strategies for raw rows, dense in what is hard: few names, few moments, many copies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

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
