"""What the page of an artist, album or track says of it, in words."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.skips import Skips
from tonearm.insights.plays import PlayedItem
from tonearm.insights.portrait import Portrait
from tonearm.ui import formats

_WORDS = {
    ("artist", "podcast"): "Podcast",
    ("artist", "audiobook"): "Audiobook",
    ("album", "podcast"): "Podcast",
    ("album", "audiobook"): "Audiobook",
    ("track", "podcast"): "Episode",
    ("track", "audiobook"): "Chapter",
}
_FEW = 5
_JUST_NOW = 1
_PLAYED_OUT_DAYS = 14
_WORTH_SAYING = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a portrait shows."""

    item: ItemKind
    id: int
    name: str
    word: str
    """What it is: "Artist", "Episode"."""
    artist: PlayedItem | None
    """Of an album or track."""
    album: PlayedItem | None
    """Of a track."""
    uri: str | None
    """Of a track, where one is known."""

    @property
    def place(self) -> str:
        """Where pages of its kind are."""
        return f"{self.item.value}s"


def subject_of(portrait: Portrait, item: ItemKind) -> Subject:
    """Tell whom a portrait shows, by its newest play, which carries every name."""
    play = portrait.newest
    own = {ItemKind.ARTIST: play.artist, ItemKind.ALBUM: play.album}.get(item, play.track)
    if own is None:
        raise ValueError(f"a play of an {item} has none")
    return Subject(
        item=item,
        id=own.id,
        name=own.name or "Without a name",
        word=_WORDS.get((item.value, play.kind), item.value.capitalize()),
        artist=None if item is ItemKind.ARTIST else play.artist,
        album=play.album if item is ItemKind.TRACK else None,
        uri=play.track.uri if item is ItemKind.TRACK else None,
    )


def lede(portrait: Portrait) -> Markup:
    """Tell how it was heard over the years, in two or three sentences."""
    ever = portrait.ever
    if ever.first_play_at is None or ever.last_play_at is None:
        return Markup("Never played long enough to count.")
    zone = ever.covered.zone
    said = [
        Markup("First played on <b>{}</b>, last {}.").format(
            _day(ever.first_play_at, zone), _ago(ever.days_since_last_play or 0)
        )
    ]
    if ever.plays >= _WORTH_SAYING and ever.half_life_days is not None:
        said.append(_half_life(ever.half_life_days))
    if ever.peak_month is not None and ever.plays >= _FEW:
        best = max(month.plays for month in ever.items)
        said.append(
            Markup("The most was in <b>{}</b>: {}.").format(
                formats.month(ever.peak_month), formats.counted(best, "play")
            )
        )
    return Markup(" ").join(said)


def hours_said(clock: Clock) -> Markup:
    """Tell the busiest hour of the day."""
    if not any(item.plays for item in clock.items):
        return Markup("")
    best = max(clock.items, key=lambda item: (item.plays, -item.hour))
    return Markup("Most at <b>{:02}:00</b>: {} of plays.").format(
        best.hour, formats.percent(best.share)
    )


def skips_said(skips: Skips) -> Markup:
    """Tell how often it was skipped, where enough plays say how they ended."""
    if skips.judged < _FEW:
        return Markup("")
    if not skips.skips:
        return Markup("Never skipped.")
    return Markup("Skipped <b>{}</b> of the time.").format(formats.percent(skips.share))


def _half_life(days: int) -> Markup:
    if days <= _PLAYED_OUT_DAYS:
        return Markup("Half of all plays came within the first {}.").format(
            formats.counted(max(days, 1), "day")
        )
    return Markup("It took {} until half of the plays were over.").format(
        formats.counted(days, "day")
    )


def _day(instant: datetime, zone: str) -> str:
    days = formats.local_days(instant, instant, zone)
    return formats.day(days[0]) if days else ""


def _ago(days: int) -> str:
    if not days:
        return "today"
    return "yesterday" if days == _JUST_NOW else f"{formats.counted(days, 'day')} ago"
