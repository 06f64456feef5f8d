"""Record pages of Spotify's list of recently played tracks, as a collector would."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from listening import add_user, bring_in, files_of, imports_for
from moving_clock import MovingClock
from tonearm.collector.sampling import sample_of
from tonearm.domain.vocabulary import Rule
from tonearm.history.answers import PolledPlay
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.polls import Page, PollOutcome, Polls
from tonearm.history.publication import history_version
from tonearm.history.store import ColumnStore
from tonearm.importers.clearing import Clearing
from tonearm.insights.insights import Insights
from tonearm.insights.question import Question
from tonearm.jobs.queue import Jobs
from tonearm.spotify.player import read_state
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import gaps, polled, polled_spans

A, B, C = (f"spotify:track:{letter * 22}" for letter in "abc")
TEN = datetime(2026, 4, 1, 10, tzinfo=UTC)
EVERYTHING = Question(kind="all", rule=Rule.ANY)
TABLES = (polled, polled_spans, gaps)


def item_of(
    uri: str,
    played_at: str | datetime,
    *,
    title: str = "Blue Orchard",
    artist: str = "Glass Harbour",
    album: str = "Signals",
    ms: int = 215_000,
) -> dict[str, Any]:
    """Make an item as Spotify writes it."""
    moment = played_at if isinstance(played_at, str) else played_at.isoformat()
    return {
        "track": {
            "uri": uri,
            "name": title,
            "duration_ms": ms,
            "artists": [{"name": artist}],
            "album": {"name": album, "artists": [{"name": artist}]},
        },
        "played_at": moment,
        "context": None,
    }


def page_of(
    items: Sequence[dict[str, Any]], fetched_at: datetime, *, is_full: bool = False
) -> Page:
    return Page(tuple(map(_play, items)), fetched_at, is_full)


def poll(
    polls: Polls,
    items: Sequence[dict[str, Any]],
    fetched_at: datetime | None = None,
    *,
    user_id: int = 1,
    link_id: int = 1,
    is_full: bool = False,
) -> PollOutcome:
    """Record items; a minute after the last one unless a moment is given."""
    if fetched_at is None:
        fetched_at = max(_moment(item) for item in items) + timedelta(minutes=1)
    return polls.record(user_id, link_id, page_of(items, fetched_at, is_full=is_full))


def sample(polls: Polls, row: dict[str, Any], *, user_id: int = 1, link_id: int = 1) -> bool:
    """Record a state of the player and when it was seen, once it has ended; tell whether it was news."""
    state = read_state(json.dumps(row["state"]).encode())
    found = sample_of(state, datetime.fromisoformat(row["sampled_at"]))
    assert found is not None
    return polls.record_sample(user_id, link_id, found)


def state_of(
    uri: str,
    ends_at: datetime,
    *,
    title: str = "Blue Orchard",
    artist: str = "Glass Harbour",
    ms: int = 215_000,
    left: int = 8_000,
    **device: Any,  # noqa: ANN401 - what Spotify tells of it
) -> dict[str, Any]:
    """Make a state of the player that has some milliseconds to go, and when it was seen."""
    return {
        "sampled_at": (ends_at - timedelta(milliseconds=left)).isoformat(),
        "state": {
            "is_playing": True,
            "progress_ms": ms - left,
            "item": item_of(uri, ends_at, title=title, artist=artist, ms=ms)["track"],
            "device": {"name": "Desk", "type": "Computer", "is_private_session": False} | device,
            "shuffle_state": True,
        },
    }


def _play(item: dict[str, Any]) -> PolledPlay:
    track = item["track"]
    return PolledPlay(
        uri=track["uri"],
        title=track["name"],
        artists=tuple(artist["name"] for artist in track["artists"]),
        album_artists=tuple(artist["name"] for artist in track["album"]["artists"]),
        album=track["album"]["name"],
        played_at=_moment(item),
        duration_ms=track["duration_ms"],
        answer=json.dumps(item).encode(),
    )


def _moment(item: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(item["played_at"])


def row_of(uri: str, ended: datetime, ms: int = 200_000) -> dict[str, Any]:
    return {
        "ts": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ms_played": ms,
        "spotify_track_uri": uri,
        "master_metadata_track_name": "Blue Orchard",
        "master_metadata_album_artist_name": "Glass Harbour",
        "master_metadata_album_album_name": "Signals",
        "reason_end": "trackdone",
    }


class House:
    def __init__(self, database: Database, folder: Path, clock: MovingClock) -> None:
        self.database = database
        self.clock = clock
        self.imports = imports_for(database, folder, clock)
        self.polls = Polls(database, clock)
        self.corrections = Corrections(database, clock)
        store = ColumnStore(folder / "cache")
        self.insights = Insights(database, store, clock, most_bytes=1 << 26)
        jobs = Jobs(database, clock)
        self.clearing = Clearing(database, folder / "spool", clock, jobs, store.forget)
        for user in (1, 2):
            add_user(database, clock, user)

    def bring_in(self, *rows: dict[str, Any], name: str | None = None) -> int:
        """Import rows, as one file of a name where one is given; give the number of the import."""
        files = files_of(rows) if name is None else [json.dumps(rows).encode()]
        names = None if name is None else [name]
        return bring_in(self.imports, files, names=names).id

    def count(self, user: int = 1) -> int:
        return int(self.insights.answer("totals", user, EVERYTHING).plays)

    def rows(self, user: int = 1) -> list[int]:
        with self.database.read() as connection:
            return [
                connection.scalar(
                    select(func.count()).select_from(table).where(table.c.user_id == user)
                )
                or 0
                for table in TABLES
            ]

    def version(self) -> int:
        with self.database.read() as connection:
            return history_version(connection, 1)
