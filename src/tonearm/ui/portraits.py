"""What the page of an artist, album or track says of it, in words."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.neighbours import Neighbours
from tonearm.insights.charts.ranks import Ranks
from tonearm.insights.charts.skips import Skips
from tonearm.insights.plays import PlayedItem
from tonearm.insights.portrait import Again, Portrait, Sightings
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.told import told


@dataclass(frozen=True, slots=True)
class Wording:
    """How a page calls what can be done with what it shows, each for the catalogues."""

    correct: str
    leave_out: str


_ARTIST = Wording(N_("Correct this artist"), N_("Leave this artist out"))
_ALBUM = Wording(N_("Correct this album"), N_("Leave this album out"))
_TRACK = Wording(N_("Correct this track"), N_("Leave this track out"))
_PODCAST = Wording(N_("Correct this podcast"), N_("Leave this podcast out"))
_AUDIOBOOK = Wording(N_("Correct this audiobook"), N_("Leave this audiobook out"))
_EPISODE = Wording(N_("Correct this episode"), N_("Leave this episode out"))
_CHAPTER = Wording(N_("Correct this chapter"), N_("Leave this chapter out"))
_USUAL = {ItemKind.ARTIST: _ARTIST, ItemKind.ALBUM: _ALBUM, ItemKind.TRACK: _TRACK}
_SPOKEN = {
    ("artist", "podcast"): _PODCAST,
    ("artist", "audiobook"): _AUDIOBOOK,
    ("album", "podcast"): _PODCAST,
    ("album", "audiobook"): _AUDIOBOOK,
    ("track", "podcast"): _EPISODE,
    ("track", "audiobook"): _CHAPTER,
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
    wording: Wording
    artist: PlayedItem | None
    """Of an album or track."""
    album: PlayedItem | None
    """Of a track."""
    uri: str | None
    """Of a track, where one is known."""
    lane: str
    """The kind of its plays."""

    @property
    def has_parts(self) -> bool:
        """Whether some of it, rather than all, can be by another artist."""
        return self.item is ItemKind.ARTIST

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
        name=formats.named(own.name),
        wording=_SPOKEN.get((item.value, play.kind), _USUAL[item]),
        artist=None if item is ItemKind.ARTIST else play.artist,
        album=play.album if item is ItemKind.TRACK else None,
        uri=play.track.uri if item is ItemKind.TRACK else None,
        lane=play.kind,
    )


def lede(portrait: Portrait) -> Markup:
    """Tell how it was heard over the years, in two or three sentences."""
    ever = portrait.ever
    if ever.first_play_at is None or ever.last_play_at is None:
        return told("Never played long enough to count.")
    zone = ever.covered.zone
    said = [
        told(
            "First played on <b>{day}</b>, last {ago}.",
            day=_day(ever.first_play_at, zone),
            ago=_ago(ever.days_since_last_play or 0),
        )
    ]
    if ever.plays >= _WORTH_SAYING and ever.half_life_days is not None:
        said.append(_half_life(ever.half_life_days))
    if ever.peak_month is not None and ever.plays >= _FEW:
        best = max(month.plays for month in ever.items)
        said.append(
            told(
                "The most was in <b>{month}</b>: {plays}.",
                month=formats.month(ever.peak_month),
                plays=formats.counted(best, "play"),
            )
        )
    return Markup(" ").join(said)


def hours_said(clock: Clock) -> Markup:
    """Tell the busiest hour of the day."""
    if not any(item.plays for item in clock.items):
        return Markup("")
    best = max(clock.items, key=lambda item: (item.plays, -item.hour))
    return told(
        "Most at <b>{hour:02}:00</b>: {share} of plays.",
        hour=best.hour,
        share=formats.percent(best.share),
    )


def skips_said(skips: Skips) -> Markup:
    """Tell how often it was skipped, where enough plays say how they ended."""
    if skips.judged < _FEW:
        return Markup("")
    if not skips.skips:
        return told("Never skipped.")
    return told("Skipped <b>{share}</b> of the time.", share=formats.percent(skips.share))


def again_said(again: Again, item: ItemKind) -> Markup:
    """Tell the longest run, and how often a track was looped."""
    said: list[Markup] = []
    run = again.run
    if run is not None:
        sentence = (
            N_("Once <b>{times} times</b> in a row.")
            if item is ItemKind.TRACK
            else N_("The longest run: <bdi>{name}</bdi>, <b>{times} times</b> in a row.")
        )
        times = formats.number(run.length)
        said.append(told(sentence, name=formats.named(run.name), times=times))
    if again.loops:
        said.append(
            told(
                "Looped {times}, at least three plays within a day each.",
                times=formats.counted(again.loops, "time"),
            )
        )
    return Markup(" ").join(said) or told("Never twice in a row, never three times within a day.")


def sightings_said(sightings: Sightings) -> Markup:
    """Tell how many plays more than one source tells of."""
    if not sightings.several:
        return Markup("")
    return told(
        "From more than one source: <b>{plays}</b>.",
        plays=formats.counted(sightings.several, "play"),
    )


def ranks_said(ranks: Ranks) -> Markup:
    """Tell the best place it had, and when; of several years the latest."""
    best = min(
        (year for year in ranks.items if year.rank is not None),
        key=lambda year: (year.rank, -year.starts_on.year),
        default=None,
    )
    if best is None or best.rank is None:
        return Markup("")
    return told(
        "At best place <b>{rank}</b> of {ranked}, in {year}.",
        rank=formats.number(best.rank),
        ranked=formats.number(best.ranked),
        year=best.starts_on.year,
    )


def neighbours_said(neighbours: Neighbours) -> Markup:
    """Tell in how many sessions it was heard."""
    if not neighbours.items:
        return Markup("")
    return told(
        "Heard in {sessions}. These share the largest part of their sessions with it.",
        sessions=formats.counted(neighbours.sessions, "session", case="in"),
    )


def _half_life(days: int) -> Markup:
    if days <= _PLAYED_OUT_DAYS:
        return told(
            "Half of all plays came within the first {days}.",
            days=formats.counted(max(days, 1), "day", case="within the first"),
        )
    return told(
        "It took {days} until half of the plays were over.", days=formats.counted(days, "day")
    )


def _day(instant: datetime, zone: str) -> str:
    days = formats.local_days(instant, instant, zone)
    return formats.day(days[0]) if days else ""


def _ago(days: int) -> str:
    if not days:
        return _("today")
    if days == _JUST_NOW:
        return _("yesterday")
    return _("{days} ago").format(days=formats.counted(days, "day", case="after"))
