"""Corrections as everybody sees them: frozen records for REST and the command line, and what is stored of them."""

from dataclasses import dataclass
from datetime import date, datetime

from tonearm.domain.vocabulary import CorrectionKind, ItemKind


@dataclass(frozen=True, slots=True)
class ItemKey:
    """An artist, album or track by what stays when its number changes."""

    name: str
    kind: str
    """`music`, `podcast` or `audiobook`."""
    key: str
    """The key of a track, the normalised name of an album or artist."""
    artist: str | None = None
    """The normalised name of an album's artist."""

    def identity(self, item: ItemKind) -> tuple[str, ...]:
        """Give what tells it from the others; a track keeps its key when its kind changes."""
        return (self.key,) if item is ItemKind.TRACK else (self.kind, self.artist or "", self.key)


@dataclass(frozen=True, slots=True)
class ChosenPlay:
    """A play as it read when it was hidden or deleted."""

    ended_at: datetime
    title: str | None
    artist: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The plays that were hidden or deleted."""

    count: int
    """How many were chosen; more evidence may have joined or left them since."""
    first: tuple[ChosenPlay, ...]
    """The first few of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A rule: plays that fit every part that is given count no more."""

    zone: str
    """The time zone of days and hours."""
    from_day: date | None = None
    """First local day."""
    to_day: date | None = None
    """First local day after."""
    artist: ItemKey | None = None
    album: ItemKey | None = None
    track: ItemKey | None = None
    platform: str | None = None
    """A family of platforms, such as `android`."""
    country: str | None = None
    """Two letters, ISO 3166."""
    from_hour: int | None = None
    """First local hour, 0 to 23."""
    to_hour: int | None = None
    """The hour before which it ends, 0 to 24; where that is the earlier one, it ends on the next day."""
    weekdays: tuple[int, ...] | None = None
    """Days of the week, 0 is Monday; hours after midnight belong to the day on which the span began."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Items that are one."""

    item: ItemKind
    into: ItemKey
    items: tuple[ItemKey, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """One way in which evidence names a track."""

    kind: str
    uri: str | None
    title: str | None
    artist: str | None
    album: str | None


@dataclass(frozen=True, slots=True)
class Split:
    """Tracks that belong elsewhere, or wordings of one track that are a track of their own."""

    tracks: tuple[ItemKey, ...]
    artist: str | None = None
    """The artist they are by."""
    album: str | None = None
    """The album they are on."""
    wordings: tuple[Wording, ...] = ()


@dataclass(frozen=True, slots=True)
class Rename:
    """An item that is called otherwise than its evidence calls it."""

    item: ItemKind
    of: ItemKey
    name: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction; what it says is in the field of its kind."""

    id: int
    kind: CorrectionKind
    created_at: datetime
    undone_at: datetime | None
    """When it was undone; it holds until then."""
    plays: Choice | None = None
    """The plays that are hidden or deleted."""
    exclude: Exclusion | None = None
    merge: Merge | None = None
    split: Split | None = None
    rename: Rename | None = None


@dataclass(frozen=True, slots=True)
class Hiding:
    """What came of hiding plays."""

    correction: Correction
    """The one that was made; where all plays were hidden before, the newest that hides any of them."""
    hidden: tuple[int, ...]
    """The plays that it was made for; none where it was there."""
    before: dict[int, tuple[int, ...]]
    """The others, each with the corrections that hid it already, by their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionWish:
    """A rule as a listener words it; items by number or name, the rest as in Exclusion."""

    zone: str
    from_day: date | None = None
    to_day: date | None = None
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    platform: str | None = None
    country: str | None = None
    from_hour: int | None = None
    to_hour: int | None = None
    weekdays: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingWish:
    """Which wordings of a track are meant: those that read so in every part that is given."""

    uri: str | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitWish:
    """Where tracks belong, or what is a track of its own; tracks by number, key or title."""

    tracks: tuple[str, ...]
    artist: str | None = None
    album: str | None = None
    wording: WordingWish | None = None
