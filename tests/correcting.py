"""A listener who imports and corrects, and what the oracle makes of both."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from listening import add_user, bring_in, files_of, imports_for, loosened, stored_plays
from measuring import AnyQuestion, check_heatmap, check_totals, instant, own_question
from moving_clock import MovingClock
from oracle import corrections as told
from oracle import measures as oracle
from oracle.plays import OraclePlay, listens_of, normal
from tonearm.domain.vocabulary import ItemKind, Rule
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.corrections.records import (
    Correction,
    ExclusionWish,
    ItemKey,
    SplitWish,
    WordingWish,
)
from tonearm.history.evidence import load_evidence
from tonearm.history.store import ColumnStore
from tonearm.importers.records import ImportRecord
from tonearm.insights.insights import Insights
from tonearm.storage.database import Database

ITEMS: tuple[tuple[str, oracle.Item], ...] = (
    ("top-artists", "artists"), ("top-albums", "albums"), ("top-tracks", "tracks"),
)  # fmt: skip
EVERYTHING = AnyQuestion(kind="all", rule=Rule.ANY, limit=500, zone="UTC")


class Person:
    """A listener: what they imported, what they corrected, and what the oracle makes of both."""

    def __init__(self, house: "House", user: int) -> None:
        self.house = house
        self.id = user
        self.live: dict[int, list[Any]] = {}
        self.made: dict[int, told.Correction] = {}

    @property
    def rows(self) -> list[Any]:
        return [row for rows in self.live.values() for row in rows]

    @property
    def listens(self) -> list[told.Listen]:
        return listens_of(self.rows, now=self.house.clock())

    def bring_in(self, rows: Sequence[Any]) -> ImportRecord:
        record = bring_in(self.house.imports, files_of(rows), user_id=self.id)
        if record.state == "published":
            self.live[record.id] = list(rows)
        return record

    def undo_import(self, number: int) -> None:
        self.house.imports.undo(self.id, number)
        del self.live[number]

    def plays(self) -> list[tuple[int, OraclePlay]]:
        """Give the stored plays with their ids, deleted ones included."""
        with self.house.database.read() as connection:
            ids = load_evidence(connection, self.id).plays.id.tolist()
        return list(zip(ids, stored_plays(self.house.database, self.id), strict=True))

    def chosen(self, numbers: Sequence[int]) -> frozenset[Any]:
        """Give the evidence of plays, which have to read otherwise than all others."""
        read = {number: play for number, play in self.plays() if number in numbers}
        wanted = set(read.values())
        found = [held for play, held in self.listens if loosened(play) in wanted]
        assert len(found) == len(numbers)
        return frozenset(sighting for held in found for sighting in held)

    def hide(self, *numbers: int) -> Correction:
        made = self.house.corrections.hide(self.id, numbers)
        if not made.hidden:
            return made.correction
        return self._note(made.correction, told.Hide(self.chosen(made.hidden)))

    def delete(self, *numbers: int) -> Correction:
        evidence = self.chosen(numbers)
        return self._note(self.house.corrections.delete(self.id, numbers), told.Delete(evidence))

    def exclude(self, rule: told.Exclude, **named: str) -> Correction:
        parts = ("from_day", "to_day", "platform", "country", "from_hour", "to_hour", "weekdays")
        wish: dict[str, Any] = {part: getattr(rule, part) for part in parts} | named
        made = self.house.corrections.exclude(self.id, ExclusionWish(zone=rule.zone, **wish))
        return self._note(made, rule)

    def merge(self, item: str, into: str, *items: str) -> Correction:
        made = self.house.corrections.merge(self.id, ItemKind(item), into, items)
        merge = made.merge
        assert merge is not None
        keys = frozenset(oracle_key(merge.item, part) for part in merge.items)
        whole = oracle_key(merge.item, merge.into)
        if merge.item is ItemKind.TRACK:
            tracks = frozenset(key for (key,) in keys)
            return self._note(made, told.MergeTracks(whole[0], tracks))
        if merge.item is ItemKind.ALBUM:
            return self._note(made, told.MergeAlbums(whole, merge.into.name, keys))
        return self._note(made, told.MergeArtists(whole, merge.into.name, keys))

    def move(self, *tracks: str, artist: str | None = None, album: str | None = None) -> Correction:
        wish = SplitWish(tracks=tracks, artist=artist, album=album)
        made = self.house.corrections.split(self.id, wish)
        assert made.split is not None
        keys = frozenset(track.key for track in made.split.tracks)
        return self._note(made, told.Move(keys, artist, album))

    def split(self, track: str, wording: WordingWish) -> Correction:
        made = self.house.corrections.split(self.id, SplitWish(tracks=(track,), wording=wording))
        assert made.split is not None
        (key,) = made.split.tracks
        words = tuple(
            (one.kind, one.uri, one.title, one.artist, one.album) for one in made.split.wordings
        )
        return self._note(made, told.SplitWordings(made.id, key.key, words))

    def _note(self, made: Correction, correction: told.Correction) -> Correction:
        self.made[made.id] = correction
        return made

    def undo(self, number: int) -> Correction:
        del self.made[number]
        return self.house.corrections.undo(self.id, number)

    def ask(self, chart: str, **asked: Any) -> Any:  # noqa: ANN401 - each measure has its record
        question = replace(EVERYTHING, **asked)
        return self.house.insights.answer(chart, self.id, own_question(chart, question))

    def check(self) -> None:
        """Compare measures with those of the oracle, without and with what is hidden."""
        shown, hidden = told.corrected(self.listens, list(self.made.values()))
        for side, plays in (("out", shown), ("in", [*shown, *hidden])):
            ordered = sorted(plays, key=lambda play: play.ended_at)
            now = self.house.clock()
            asked = replace(EVERYTHING, hidden=side)
            check_totals(self.ask("totals", hidden=side), ordered, asked, now)
            check_heatmap(self.ask("heatmap", hidden=side), ordered, asked, now)
            for chart, item in ITEMS:
                check_items(self.ask(chart, hidden=side), item, ordered)


def oracle_key(item: ItemKind, key: ItemKey) -> tuple[str, ...]:
    """Give a key of the product in the words of the oracle."""
    if item is ItemKind.TRACK:
        return (key.key,)
    return tuple(part for part in (key.kind, key.artist, key.key) if part is not None)


def check_items(found: Any, item: oracle.Item, plays: Sequence[OraclePlay]) -> None:  # noqa: ANN401 - a ranking
    rows = oracle.top(plays, item, None, None, rule="any", kind="all")
    artists = {
        oracle.KEYS[item](play): "" if item == "artists" else normal(play.artist) for play in plays
    }
    lines = Counter(
        (
            normal(line.name), normal(line.artist), line.plays, line.ms_played,
            instant(line.first_play_at), instant(line.last_play_at),
        )
        for line in found.items
    )  # fmt: skip
    assert lines == Counter(
        (
            normal(row.name or row.key[0]),
            artists[row.key],
            *row[2:6],
        )
        for row in rows
    )


class House:
    """The rooms on one database; each example has a listener of its own."""

    def __init__(self, database: Database, folder: Path, clock: MovingClock) -> None:
        self.database = database
        self.clock = clock
        self.imports = imports_for(database, folder, clock)
        self.corrections = Corrections(database, clock)
        store = ColumnStore(folder / "store")
        self.insights = Insights(database, store, clock, most_bytes=1 << 30)
        self.count = 0

    def person(self) -> Person:
        self.count += 1
        return Person(self, add_user(self.database, self.clock, self.count))


def listen(
    at: str, letter: str = "a", *, artist: str = "Ada", album: str = "One", ms: int = 60_000,
    **parts: object,
) -> dict[str, Any]:  # fmt: skip
    """Give an extended row; its track is named by a letter."""
    return {
        "ts": f"{at}:00Z",
        "ms_played": ms,
        "spotify_track_uri": f"spotify:track:{letter * 22}",
        "master_metadata_track_name": f"Song {letter}",
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": album,
        **parts,
    }


def number_of(person: Person, at: str) -> int:
    """Give the id of the play that ended at a minute."""
    ended_at = int(datetime.fromisoformat(f"{at}:00+00:00").timestamp() * 1000)
    (found,) = [number for number, play in person.plays() if play.ended_at == ended_at]
    return found


def album_number(person: Person, name: str, artist: str) -> str:
    """Give the number of an album as the ranking shows it."""
    lines = person.ask("top-albums").items
    (found,) = [line.id for line in lines if (line.name, line.artist) == (name, artist)]
    return str(found)


SOME = (
    listen("2024-03-01T12:00", "a"),
    listen("2024-03-01T13:00", "b", artist="Bo", album="Two"),
    listen("2024-03-02T23:30", "a", platform="ios", conn_country="DE"),
    listen("2024-03-03T01:30", "c", artist="Cy", album="One", platform="android"),
    listen("2024-03-08T23:10", "b", artist="Bo", album="Two", conn_country="PT"),
    listen("2024-03-09T10:00", "d", album="One (Deluxe)"),
)
FIRST = "2024-03-01T12:00"
"""When the first of them ended."""
