"""Correct a history: hide, delete, exclude, merge, split, rename, and take each of it back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from tonearm.accounts.audit import Action, record
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.domain.periods import find_zone
from tonearm.domain.platforms import FAMILIES
from tonearm.domain.text import clean, normalise
from tonearm.domain.vocabulary import CorrectionKind, ItemKind
from tonearm.history.corrections.amendment import Amendment, load_amendment
from tonearm.history.corrections.choosing import choose_plays, choose_wordings, hidden_already
from tonearm.history.corrections.items import find_item, find_number, item_keys
from tonearm.history.corrections.marks import Mark, insert_mark, marked_by
from tonearm.history.corrections.records import (
    Correction,
    Exclusion,
    ExclusionWish,
    Hiding,
    Merge,
    Rename,
    Split,
    SplitWish,
)
from tonearm.history.corrections.stored import (
    Detail,
    detail_of,
    load_in_force,
    read_correction,
)
from tonearm.history.countries import find_country
from tonearm.history.publication import Versions, history_versions, lock_history
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import corrections, histories

_HOURS = 24
_DAYS = 7
_YEARS = range(1970, 2201)
_LONGEST_NAME = 200


class Corrections:
    """The corrections of all listeners; each is a record, holds at once, and can be undone."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(
        self, user_id: int, *, before: int | None = None, limit: int | None = None
    ) -> list[Correction]:
        """Give a listener's corrections, newest first, undone ones included; only those before one's id, if asked."""
        query = (
            select(corrections)
            .where(corrections.c.user_id == user_id)
            .order_by(corrections.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(corrections.c.id < before)
        with self._database.read() as connection:
            return [read_correction(row) for row in connection.execute(query)]

    def get(self, user_id: int, correction_id: int) -> Correction:
        """Give one correction; raises NotFoundError."""
        with self._database.read() as connection:
            return read_correction(_get(connection, user_id, correction_id))

    def hide(self, user_id: int, plays: Sequence[int]) -> Hiding:
        """Hide plays by their ids: measures leave them out unless they are asked for.

        What earlier corrections hide stays theirs, so that each play is shown again by one undo.
        Raises InvalidInputError: a play is not there, or is deleted.
        """
        while True:
            # Evidence is read apart, so that a long history locks no one out.
            with self._database.read() as connection:
                versions = history_versions(connection, user_id)
                before = hidden_already(connection, user_id, plays)
                fresh = [play for play in dict.fromkeys(plays) if play not in before]
                if before and not fresh:
                    number = max(number for hiders in before.values() for number in hiders)
                    return Hiding(read_correction(_get(connection, user_id, number)), (), before)
                mark, choice = choose_plays(connection, user_id, CorrectionKind.HIDE, fresh)
            found = self._add_if(user_id, CorrectionKind.HIDE, choice, mark, versions)
            if found is not None:
                return Hiding(found, tuple(fresh), before)

    def delete(self, user_id: int, plays: Sequence[int]) -> Correction:
        """Delete plays by their ids: no measure knows them, and no import brings them back."""
        while True:
            with self._database.read() as connection:
                versions = history_versions(connection, user_id)
                mark, choice = choose_plays(connection, user_id, CorrectionKind.DELETE, plays)
            found = self._add_if(user_id, CorrectionKind.DELETE, choice, mark, versions)
            if found is not None:
                return found

    def exclude(self, user_id: int, wish: ExclusionWish) -> Correction:
        """Exclude the plays that fit every part of a rule, now and later; raises InvalidInputError."""
        checked = _checked(wish)
        with self._database.write() as connection:
            lock_history(connection, user_id, self._clock())
            amendment = _amendment(connection, user_id)
            named: dict[str, Any] = {}
            if checked.country is not None:
                named["country"] = find_country(lambda: connection, user_id, checked.country)
            for item in ItemKind:
                text = getattr(wish, item.value)
                if text is not None:
                    named[item.value] = find_item(
                        connection, user_id, amendment, item, text, parameter=item.value
                    )
            rule = replace(checked, **named)
            return self._add(connection, user_id, CorrectionKind.EXCLUDE, rule)

    def merge(self, user_id: int, item: ItemKind, into: str, items: Sequence[str]) -> Correction:
        """Make items, each by number or name, part of one that gives them its name.

        Raises:
            InvalidInputError: an item is not there, is not of the same kind, or is that one already.
            ConflictError: an earlier merge stands in the way.
        """
        with self._database.write() as connection:
            lock_history(connection, user_id, self._clock())
            amendment = _amendment(connection, user_id)
            whole = find_item(connection, user_id, amendment, item, into, parameter="into")
            parts = [
                find_item(connection, user_id, amendment, item, text, parameter="items")
                for text in items
            ]
            merge = Merge(item, whole, tuple(dict.fromkeys(parts)))
            _check_merge(merge, load_in_force(connection, user_id).merges)
            return self._add(connection, user_id, CorrectionKind.MERGE, merge)

    def split(self, user_id: int, wish: SplitWish) -> Correction:
        """Move tracks to another artist or album, or make some wordings of one a track of their own.

        Raises:
            InvalidInputError: a track or wording is not there, or it is not said what to do.
        """
        wish = replace(wish, artist=_name(wish.artist, "artist"), album=_name(wish.album, "album"))
        if (wish.wording is None) == (wish.artist is None and wish.album is None):
            raise InvalidInputError(
                "Give either `wording`, or the `artist` or `album` that the tracks belong to.",
                parameter="artist" if wish.wording is None else "wording",
            )
        while True:
            with self._database.read() as connection:
                versions = history_versions(connection, user_id)
                split, mark = _prepared(connection, user_id, wish)
            found = self._add_if(user_id, CorrectionKind.SPLIT, split, mark, versions)
            if found is not None:
                return found

    def rename(self, user_id: int, item: ItemKind, of: str, name: str) -> Correction:
        """Call an item, by number or name, otherwise than its evidence does; its plays stay as they are.

        Raises:
            InvalidInputError: it is not there, is called so already, or the name cannot be one.
        """
        wanted = _name(name, "name")
        with self._database.write() as connection:
            lock_history(connection, user_id, self._clock())
            amendment = _amendment(connection, user_id)
            found = find_item(connection, user_id, amendment, item, of, parameter="of")
            if wanted is None or wanted == found.name:
                raise InvalidInputError(f"It is called '{found.name}' already.", parameter="name")
            rename = Rename(item, found, wanted)
            return self._add(connection, user_id, CorrectionKind.RENAME, rename)

    def undo(self, user_id: int, correction_id: int) -> Correction:
        """Make the history what it would be without a correction; raises NotFoundError, ConflictError."""
        now = self._clock()
        with self._database.write() as connection:
            lock_history(connection, user_id, now)
            row = _get(connection, user_id, correction_id)
            if row.undone_at is not None:
                raise ConflictError("This correction is undone already. Make a new one instead.")
            connection.execute(
                update(corrections)
                .where(corrections.c.user_id == user_id, corrections.c.id == correction_id)
                .values(undone_at=now)
            )
            _count_up(connection, user_id)
            record(
                connection,
                now,
                Action.CORRECTION_UNDONE,
                subject_id=user_id,
                correction_id=correction_id,
            )
            return read_correction(_get(connection, user_id, correction_id))

    def plays_of(self, user_id: int, correction_id: int) -> tuple[int, ...]:
        """Give the plays that a correction hides, deletes or splits off, or did until it was undone."""
        with self._database.read() as connection:
            return marked_by(connection, user_id, correction_id)

    def _add_if(
        self,
        user_id: int,
        kind: CorrectionKind,
        detail: Detail,
        mark: Mark | None,
        versions: Versions,
    ) -> Correction | None:
        """Add a correction that was prepared on some versions; None where they are not those any more."""
        with self._database.write() as connection:
            lock_history(connection, user_id, self._clock())
            if history_versions(connection, user_id) != versions:
                return None
            correction = self._add(connection, user_id, kind, detail)
            if mark is not None:
                insert_mark(connection, user_id, replace(mark, correction_id=correction.id))
            return correction

    def _add(
        self, connection: Connection, user_id: int, kind: CorrectionKind, detail: Detail
    ) -> Correction:
        place = corrections.c.user_id == user_id
        latest = connection.scalar(select(func.max(corrections.c.id)).where(place))
        number, now = (latest or 0) + 1, self._clock()
        connection.execute(
            insert(corrections).values(
                user_id=user_id, id=number, kind=kind, created_at=now, detail=detail_of(detail)
            )
        )
        _count_up(connection, user_id)
        # What was chosen is private, and the correction itself tells it: the log names only its number.
        record(
            connection,
            now,
            Action.HISTORY_CORRECTED,
            subject_id=user_id,
            correction_id=number,
            kind=kind,
        )
        return read_correction(_get(connection, user_id, number))


def _amendment(connection: Connection, user_id: int) -> Amendment:
    return load_amendment(connection, user_id, load_in_force(connection, user_id))[0]


def _prepared(connection: Connection, user_id: int, wish: SplitWish) -> tuple[Split, Mark | None]:
    amendment = _amendment(connection, user_id)
    found = [
        find_number(connection, user_id, amendment, ItemKind.TRACK, text, parameter="tracks")
        for text in wish.tracks
    ]
    if not found:
        raise InvalidInputError("Name at least one track.", parameter="tracks")
    numbers = list(dict.fromkeys(found))
    tracks = tuple(item_keys(connection, user_id, amendment, ItemKind.TRACK, numbers))
    if wish.wording is None:
        return Split(tracks, wish.artist, wish.album), None
    if len(numbers) != 1:
        raise InvalidInputError("Wordings are split off one track at a time.", parameter="tracks")
    mark, wordings = choose_wordings(connection, user_id, numbers[0], wish.wording)
    return Split(tracks, wordings=wordings), mark


def _get(connection: Connection, user_id: int, correction_id: int) -> Row[Any]:
    row = connection.execute(
        select(corrections).where(
            corrections.c.user_id == user_id, corrections.c.id == correction_id
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no correction {correction_id}.")
    return row


def _count_up(connection: Connection, user_id: int) -> None:
    connection.execute(
        update(histories)
        .where(histories.c.user_id == user_id)
        .values(corrected=histories.c.corrected + 1)
    )


def _check_merge(merge: Merge, known: Sequence[tuple[int, Merge]]) -> None:
    item, into = merge.item, merge.into
    if not merge.items:
        raise InvalidInputError("Name at least one item that is part of it.", parameter="items")
    for part in merge.items:
        if part.identity(item) == into.identity(item):
            raise InvalidInputError(f"'{part.name}' is '{into.name}' already.", parameter="items")
        if part.kind != into.kind:
            raise InvalidInputError(
                f"'{part.name}' is {part.kind} and '{into.name}' is {into.kind}: only items of "
                "one kind can be one.",
                parameter="items",
            )
    # What is shown as another item is that one here. So a part that has a merge has lost what it went into.
    merged = {
        one.identity(item): number
        for number, earlier in known
        if earlier.item is item
        for one in earlier.items
    }
    for part in merge.items:
        number = merged.get(part.identity(item))
        if number is not None:
            raise ConflictError(
                f"Correction {number} merges '{part.name}' with an item that is not there now. "
                "Undo it first."
            )


def _checked(wish: ExclusionWish) -> Exclusion:
    """Check what a rule says apart from the items it names; raises InvalidInputError."""
    find_zone(wish.zone)
    given = (
        wish.from_day, wish.to_day, wish.artist, wish.album, wish.track, wish.platform,
        wish.country, wish.from_hour, wish.to_hour, wish.weekdays,
    )  # fmt: skip
    if all(part is None for part in given):
        raise InvalidInputError(
            "A rule has at least one part: days, hours, weekdays, artist, album, track, platform "
            "or country. This one would exclude everything.",
            parameter="exclude",
        )
    _check_days(wish.from_day, wish.to_day)
    _check_hours(wish)
    if wish.platform is not None and wish.platform not in FAMILIES:
        raise InvalidInputError(
            f"'{wish.platform[:40]}' is no platform. Use one of {', '.join(FAMILIES)}.",
            parameter="platform",
        )
    country = wish.country
    if country is not None and not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004 - letters of ISO 3166
        raise InvalidInputError("A country has two letters, such as DE.", parameter="country")
    return Exclusion(
        zone=wish.zone,
        from_day=wish.from_day,
        to_day=wish.to_day,
        platform=wish.platform,
        country=country,
        from_hour=wish.from_hour,
        to_hour=wish.to_hour,
        weekdays=None if wish.weekdays is None else tuple(sorted(set(wish.weekdays))),
    )


def _check_days(first: date | None, end: date | None) -> None:
    for name, day in (("from_day", first), ("to_day", end)):
        if day is not None and day.year not in _YEARS:
            raise InvalidInputError("A day lies between 1970 and 2200.", parameter=name)
    if first is not None and end is not None and first >= end:
        raise InvalidInputError(
            "`to_day` is the first day after the span, so it is later than `from_day`.",
            parameter="to_day",
        )


def _check_hours(wish: ExclusionWish) -> None:
    first, end = wish.from_hour, wish.to_hour
    if (first is None) != (end is None):
        missing = "from_hour" if first is None else "to_hour"
        raise InvalidInputError("Give both `from_hour` and `to_hour`.", parameter=missing)
    if first is not None and end is not None:
        if not 0 <= first < _HOURS:
            raise InvalidInputError("`from_hour` is 0 to 23.", parameter="from_hour")
        if not 0 <= end <= _HOURS or (end - first) % _HOURS == 0:
            raise InvalidInputError(
                "`to_hour` is 0 to 24, and another hour than `from_hour`; for whole days leave "
                "both out.",
                parameter="to_hour",
            )
    days = wish.weekdays
    if days is not None and not (days and all(0 <= day < _DAYS for day in days)):
        raise InvalidInputError("`weekdays` are 0 (Monday) to 6.", parameter="weekdays")


def _name(text: str | None, parameter: str) -> str | None:
    if text is None:
        return None
    name = clean(text)
    if name is None or not normalise(name) or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInputError(
            f"A name has 1 to {_LONGEST_NAME} printable characters.", parameter=parameter
        )
    return name
