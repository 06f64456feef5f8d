"""`tonearm corrections`: hide, delete, exclude, merge, split and rename, and take each of it back."""

from datetime import date
from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.session import listener, opened, print_json, print_list, say
from tonearm.domain.vocabulary import ItemKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.accounts.people import User
    from tonearm.history.corrections.corrections import Corrections
    from tonearm.history.corrections.records import Choice, Correction, Exclusion

COMMAND = App(
    name="corrections",
    help="Hide, delete, exclude, merge, split and rename, and take each of it back.",
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@COMMAND.command(name="list")
def list_(*, user: str | None = None, json: bool = False) -> None:
    """List corrections, newest first, undone ones included.

    Args:
        user: Whose corrections; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        records = tonearm.corrections.list(listener(tonearm, user).id)
    print_list(records, _line, json=json, none="No corrections yet.")


@COMMAND.command
def hide(*plays: int, user: str | None = None, json: bool = False) -> None:
    """Leave plays out, unless a question asks for hidden ones.

    Args:
        plays: Their numbers, as `tonearm plays` shows them.
        user: Whose plays; the owner's unless named.
        json: Print the correction as one JSON document.
    """
    _make(
        user, lambda corrections, person: corrections.hide(person.id, plays).correction, json=json
    )


@COMMAND.command
def delete(*plays: int, user: str | None = None, json: bool = False) -> None:
    """Delete plays: no measure knows them, and no import brings them back.

    Args:
        plays: Their numbers, as `tonearm plays` shows them.
        user: Whose plays; the owner's unless named.
        json: Print the correction as one JSON document.
    """
    _make(user, lambda corrections, person: corrections.delete(person.id, plays), json=json)


@COMMAND.command
def exclude(
    *,
    from_day: date | None = None,
    to_day: date | None = None,
    artist: str | None = None,
    album: str | None = None,
    track: str | None = None,
    platform: str | None = None,
    country: str | None = None,
    from_hour: int | None = None,
    to_hour: int | None = None,
    weekday: list[int] | None = None,
    zone: str | None = None,
    user: str | None = None,
    json: bool = False,
) -> None:
    """Leave out whatever fits every part of a rule, now and later.

    Args:
        from_day: First local day, YYYY-MM-DD.
        to_day: First local day after.
        artist: An artist: a number or a name.
        album: An album: a number or a name.
        track: A track: a number, a URI or a title.
        platform: A family of platforms, such as `android`.
        country: Two letters, ISO 3166.
        from_hour: First local hour, 0 to 23.
        to_hour: The hour before which it ends, 0 to 24; an earlier one lies on the next day.
        weekday: A day of the week, 0 is Monday; may be given several times.
        zone: Time zone of days and hours; the listener's own unless named.
        user: Whose plays; the owner's unless named.
        json: Print the correction as one JSON document.
    """
    from tonearm.history.corrections.records import (  # noqa: PLC0415 - `--help` does not need it
        ExclusionWish,
    )

    def make(corrections: "Corrections", person: "User") -> "Correction":
        wish = ExclusionWish(
            zone=zone or person.zone,
            from_day=from_day,
            to_day=to_day,
            artist=artist,
            album=album,
            track=track,
            platform=platform,
            country=country,
            from_hour=from_hour,
            to_hour=to_hour,
            weekdays=None if weekday is None else tuple(weekday),
        )
        return corrections.exclude(person.id, wish)

    _make(user, make, json=json)


@COMMAND.command
def merge(
    item: ItemKind, into: str, /, *items: str, user: str | None = None, json: bool = False
) -> None:
    """Make several artists, albums or tracks one.

    Args:
        item: What they are.
        into: The one that gives its name: a number or a name.
        items: Those that are part of it.
        user: In whose history; the owner's unless named.
        json: Print the correction as one JSON document.
    """
    _make(
        user, lambda corrections, person: corrections.merge(person.id, item, into, items), json=json
    )


@COMMAND.command
def split(
    *tracks: str,
    artist: str | None = None,
    album: str | None = None,
    wording_uri: str | None = None,
    wording_title: str | None = None,
    wording_artist: str | None = None,
    wording_album: str | None = None,
    user: str | None = None,
    json: bool = False,
) -> None:
    """Move tracks to another artist or album, or make some wordings of one a track of their own.

    Args:
        tracks: The tracks: numbers, URIs or titles.
        artist: The artist they are by, known or new.
        album: The album they are on, known or new.
        wording_uri: Split off what has this URI.
        wording_title: Split off what has this title, word for word.
        wording_artist: Split off what names this artist, word for word.
        wording_album: Split off what names this album, word for word.
        user: In whose history; the owner's unless named.
        json: Print the correction as one JSON document.
    """
    from tonearm.history.corrections.records import (  # noqa: PLC0415 - `--help` does not need it
        SplitWish,
        WordingWish,
    )

    wording = WordingWish(
        uri=wording_uri, title=wording_title, artist=wording_artist, album=wording_album
    )
    wish = SplitWish(
        tracks=tracks,
        artist=artist,
        album=album,
        wording=None if wording == WordingWish() else wording,
    )
    _make(user, lambda corrections, person: corrections.split(person.id, wish), json=json)


@COMMAND.command
def rename(
    item: ItemKind, of: str, name: str, /, *, user: str | None = None, json: bool = False
) -> None:
    """Call an artist, album or track otherwise; its plays stay as they are.

    Args:
        item: What it is.
        of: Which one: a number or a name.
        name: What to call it.
        user: In whose history; the owner's unless named.
        json: Print the correction as one JSON document.
    """
    _make(
        user, lambda corrections, person: corrections.rename(person.id, item, of, name), json=json
    )


@COMMAND.command
def undo(correction_id: int, /, *, user: str | None = None, json: bool = False) -> None:
    """Make the history what it would be without a correction.

    Args:
        correction_id: Its number, as `tonearm corrections list` shows it.
        user: Whose correction; the owner's unless named.
        json: Print the correction as one JSON document.
    """
    _make(user, lambda corrections, person: corrections.undo(person.id, correction_id), json=json)


def _make(
    user: str | None, make: "Callable[[Corrections, User], Correction]", *, json: bool
) -> None:
    with opened() as tonearm:
        record = make(tonearm.corrections, listener(tonearm, user))
    if json:
        print_json(record)
    else:
        say(_line(record))


def _line(record: "Correction") -> str:
    undone = "" if record.undone_at is None else f"  undone {record.undone_at:%Y-%m-%d %H:%M}"
    return f"{record.id:>4}  {record.created_at:%Y-%m-%d %H:%M}  {record.kind:<8} {_told(record)}{undone}"


def _told(record: "Correction") -> str:
    """Say in a line what a correction is about."""
    if record.exclude is not None:
        return _rule(record.exclude)
    if record.merge is not None:
        parts = ", ".join(part.name for part in record.merge.items)
        return f"{record.merge.item} {parts} into {record.merge.into.name}"
    if record.split is not None:
        tracks = ", ".join(track.name for track in record.split.tracks)
        if record.split.wordings:
            return f"{len(record.split.wordings)} wording(s) off {tracks}"
        where = {"artist": record.split.artist, "album": record.split.album}
        moved = " and ".join(f"{what} {name}" for what, name in where.items() if name)
        return f"{tracks} to {moved}"
    if record.rename is not None:
        return f"{record.rename.item} {record.rename.of.name} to {record.rename.name}"
    return "" if record.plays is None else _chosen(record.plays)


def _chosen(plays: "Choice") -> str:
    first = "; ".join(
        f"{play.title} by {play.artist}, {play.ended_at:%Y-%m-%d %H:%M}" for play in plays.first
    )
    more = plays.count - len(plays.first)
    return first + (f" and {more:,} more" if more > 0 else "")


def _rule(rule: "Exclusion") -> str:
    parts: list[str] = []
    for item in ItemKind:
        named = getattr(rule, item.value)
        if named is not None:
            parts.append(f"{item} {named.name}")
    for value, words in (
        (rule.platform, "on {}"),
        (rule.country, "in {}"),
        (rule.from_day, "from {}"),
        (rule.to_day, "to before {}"),
    ):
        if value is not None:
            parts.append(words.format(value))
    if rule.from_hour is not None:
        parts.append(f"{rule.from_hour} h to {rule.to_hour} h")
    if rule.weekdays is not None:
        parts.append(" ".join(_WEEKDAYS[day] for day in rule.weekdays))
    return ", ".join(parts) + f" ({rule.zone})"
