"""Plays that a listener adds by hand: each is a sighting of its own family, which no import supports or takes along.

What it amounts to is for `derive` to say, as with all evidence (docs/explanation/plays.md, "Plays"). A play that was
added by mistake is deleted like any other, by a correction.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np
from sqlalchemy import Connection, select

from tonearm.accounts.audit import Action, record
from tonearm.catalogue.descriptions import Description
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.instants import to_ms
from tonearm.domain.text import clean, quoted
from tonearm.domain.vocabulary import Family, Kind
from tonearm.history.change import Claims, Recorded, plan_record
from tonearm.history.evidence import load_evidence
from tonearm.history.publication import HistoryMovedError, publish, stage
from tonearm.history.sightings import Context
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import albums, artists, descriptions, tracks

MOST_AT_ONCE = 1_000
LONGEST_TEXT = 4_096
_EARLIEST = datetime(2006, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(minutes=5)
_DAY_MS = 86_400_000
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class NewPlay:
    """A play as its listener tells of it: of a track of the history, or of one by its names."""

    ended_at: datetime
    ms_played: int
    track: str | None = None
    """The number or key of a track that the history has."""
    title: str | None = None
    artist: str | None = None
    """Artist, show or audiobook."""
    album: str | None = None
    kind: Kind = Kind.MUSIC


class Outcome(StrEnum):
    """What became of a play that was told of."""

    ADDED = "added"
    KNOWN_ALREADY = "known_already"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class AddedPlay:
    """What became of one play."""

    play: int
    """Number of the play."""
    outcome: Outcome
    """`added`; `known_already`, so that nothing new counts; or `deleted` by the listener, which it stays."""


class Adding:
    """Adds plays to the histories of listeners."""

    def __init__(self, database: Database, clock: Clock, *, commit_bytes: int) -> None:
        """`commit_bytes` bounds what one transaction writes."""
        self._database = database
        self._clock = clock
        self._commit_bytes = commit_bytes

    def add(self, user_id: int, plays: Sequence[NewPlay]) -> list[AddedPlay]:
        """Add plays, all or none, and say what became of each, in their order; what is known already changes nothing.

        Raises:
            InvalidInputError: one of them cannot be; the parameter says which, and what of it.
        """
        now = self._clock()
        for place, play in enumerate(plays):
            _check(play, place, now)
        while True:
            with self._database.read() as connection:
                told = [
                    _describe(connection, user_id, play, place) for place, play in enumerate(plays)
                ]
                evidence = load_evidence(connection, user_id)
            recorded = plan_record(evidence, _claims(plays, told))
            outcomes = _outcomes(recorded)
            if recorded.change is None:
                return outcomes
            revision = stage(
                self._database, recorded.change, batch_bytes=self._commit_bytes, now=now
            )
            try:
                with self._database.write() as connection:
                    publish(connection, recorded.change, revision, now=now)
                    count = len(np.unique(recorded.sighting[recorded.is_new_sighting]))
                    record(connection, now, Action.HISTORY_ADDED, subject_id=user_id, plays=count)
            except HistoryMovedError:
                continue
            return outcomes


def _check(play: NewPlay, place: int, now: datetime) -> None:
    if not _EARLIEST <= play.ended_at <= now + _CLOCKS_DIFFER:
        raise _refusal(
            place,
            "ended_at",
            f"A play cannot have ended at {play.ended_at.isoformat()}: give an instant from 2006 on "
            "that is not yet to come.",
        )
    if not 0 <= play.ms_played <= _DAY_MS:
        raise _refusal(
            place, "ms_played", f"`ms_played` is {play.ms_played} and must be 0 to {_DAY_MS:,}."
        )
    names = play.title, play.artist, play.album
    if (play.track is None) == (play.title is None) or (play.track is not None and any(names)):
        raise _refusal(
            place,
            "track",
            "Say what was played: either the `track`, or its `title` with `artist` and `album`.",
        )
    for parameter, name in zip(("title", "artist", "album"), names, strict=True):
        if len(name or "") > LONGEST_TEXT:
            raise _refusal(
                place, parameter, f"`{parameter}` must have at most {LONGEST_TEXT:,} characters."
            )
    if play.title is not None and clean(play.title) is None:
        raise _refusal(place, "title", "A title needs a character that can be seen.")


def _describe(connection: Connection, user_id: int, play: NewPlay, place: int) -> Description:
    if play.track is None:
        return Description(
            play.kind.value, None, clean(play.title), clean(play.artist), clean(play.album)
        )
    found = _find_wording(connection, user_id, clean(play.track) or "")
    if found is None:
        raise _refusal(
            place,
            "track",
            f"There is no track {quoted(play.track)} in this history. Give its number or its URI, or "
            "`title` and `artist` instead.",
        )
    return found


def _find_wording(connection: Connection, user_id: int, track: str) -> Description | None:
    """Give that wording of a track by which it is shown; None where no evidence names it."""
    is_wanted = tracks.c.id == int(track) if _NUMBER.fullmatch(track) else tracks.c.key == track
    shown = connection.execute(
        select(
            tracks.c.id,
            tracks.c.title,
            artists.c.name.label("artist"),
            albums.c.name.label("album"),
        )
        .outerjoin(
            artists, (artists.c.user_id == tracks.c.user_id) & (artists.c.id == tracks.c.artist_id)
        )
        .outerjoin(
            albums, (albums.c.user_id == tracks.c.user_id) & (albums.c.id == tracks.c.album_id)
        )
        .where(tracks.c.user_id == user_id, is_wanted)
    ).one_or_none()
    if shown is None:
        return None
    columns = [descriptions.c[name] for name in Description._fields]
    wordings = connection.execute(
        select(*columns)
        .where(descriptions.c.user_id == user_id, descriptions.c.track_id == shown.id)
        .order_by(descriptions.c.id)
    )
    names = shown.title, shown.artist, shown.album
    return max(
        (Description(*row) for row in wordings),
        key=lambda wording: [mine == its for mine, its in zip(wording[2:], names, strict=True)],
    )


def _claims(plays: Sequence[NewPlay], told: Sequence[Description]) -> Claims:
    count = len(plays)
    return Claims(
        family=np.full(count, Family.MANUAL, np.uint8),
        description=np.arange(count, dtype=np.uint32),
        clock=np.array([to_ms(play.ended_at) for play in plays], np.int64),
        ms_played=np.array([play.ms_played for play in plays], np.int32),
        stamp=np.zeros(count, np.int64),
        context=np.zeros(count, np.uint32),
        descriptions=told,
        contexts=[Context()],
    )


def _outcomes(recorded: Recorded) -> list[AddedPlay]:
    is_deleted = np.isin(recorded.sighting, recorded.deleted)
    seen: set[int] = set()
    outcomes: list[AddedPlay] = []
    for play, is_new, is_gone in zip(
        recorded.play.tolist(), recorded.is_new_play.tolist(), is_deleted.tolist(), strict=True
    ):
        outcome = Outcome.ADDED if is_new and play not in seen else Outcome.KNOWN_ALREADY
        seen.add(play)
        outcomes.append(AddedPlay(play, Outcome.DELETED if is_gone else outcome))
    return outcomes


def _refusal(place: int, parameter: str, message: str) -> InvalidInputError:
    return InvalidInputError(
        f"{message} Nothing was added.", parameter=f"plays.{place}.{parameter}"
    )
