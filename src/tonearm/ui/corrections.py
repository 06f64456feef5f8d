"""Corrections on pages: what each says in a sentence, and the way back with an offer to undo it."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.people import User
from tonearm.domain.errors import NotFoundError
from tonearm.domain.vocabulary import CorrectionKind, ItemKind
from tonearm.history.corrections.records import Correction, Exclusion, Merge, Split
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.rendering import frame_of
from tonearm.web.redirect import wanted_path
from tonearm.web.services import Services

DONE = "done"
"""The parameter of an address that says which correction has led there."""
_NAMED = 3
_MERGED = {
    ItemKind.ARTIST: N_("{names}: part of the artist {into}"),
    ItemKind.ALBUM: N_("{names}: part of the album {into}"),
    ItemKind.TRACK: N_("{names}: part of the track {into}"),
}
_LARGEST_ID = 2_147_483_647

Done = Annotated[int, Field(ge=1, le=_LARGEST_ID)] | None
"""The number of the correction that led to a page."""


@dataclass(frozen=True, slots=True)
class Line:
    """A correction as a list or a notice shows it."""

    correction: Correction
    text: str
    examples: tuple[str, ...] = ()
    """Some of the plays it is about."""

    @property
    def is_in_force(self) -> bool:
        """Whether it can be undone."""
        return self.correction.undone_at is None


def line_of(correction: Correction) -> Line:
    """Tell a correction in a sentence."""
    if correction.plays is not None:
        is_hidden = correction.kind is CorrectionKind.HIDE
        text = _("{plays} hidden") if is_hidden else _("{plays} deleted")
        shown = (
            formats.named(play.title, _("Without a title"))
            for play in correction.plays.first[:_NAMED]
        )
        count = formats.counted(correction.plays.count, "play")
        return Line(correction, text.format(plays=count), tuple(map(_short, shown)))
    if correction.exclude is not None:
        rule = _told_rule(correction.exclude)
        return Line(correction, _("Left out: {rule}").format(rule=rule))
    if correction.merge is not None:
        return Line(correction, _told_merge(correction.merge))
    if correction.split is not None:
        return Line(correction, _told_split(correction.split))
    if correction.rename is not None:
        names = _short(correction.rename.of.name), _short(correction.rename.name)
        return Line(correction, _("{name}: called {other}").format(name=names[0], other=names[1]))
    raise ValueError(f"a correction of the kind {correction.kind} tells nothing")


def find_done(rooms: Services, user: User, number: int | None) -> Line | None:
    """Give the correction that led to a page, if it still holds."""
    if number is None:
        return None
    try:
        found = line_of(rooms.corrections.get(user.id, number))
    except NotFoundError:
        return None
    return found if found.is_in_force else None


def go_back(request: Request, back: str, usual: str, done: Correction | None = None) -> Response:
    """Lead back to the page of this site where a correction was made or undone, the usual one unless it is named."""
    parts = urlsplit(wanted_path(request, back or frame_of(request).path(usual)))
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != DONE]
    if done is not None:
        kept.append((DONE, str(done.id)))
    query = f"?{urlencode(kept, safe='.')}" if kept else ""
    return RedirectResponse(f"{parts.path}{query}", 303)


def _told_rule(rule: Exclusion) -> str:
    parts = [_("plays")]
    parts += [
        _(words).format(name=_short(item.name))
        for words, item in (
            (N_("of {name}"), rule.artist),
            (N_("on the album {name}"), rule.album),
            (N_("of the track {name}"), rule.track),
        )
        if item is not None
    ]
    if rule.platform is not None:
        parts.append(_("on {platform}").format(platform=formats.platform(rule.platform)))
    if rule.country is not None:
        parts.append(_("in {country}").format(country=formats.country(rule.country)))
    if rule.weekdays is not None:
        days = ", ".join(formats.weekday(day) for day in rule.weekdays)
        parts.append(_("on {weekdays}").format(weekdays=days))
    if rule.from_hour is not None or rule.to_hour is not None:
        end = 24 if rule.to_hour is None else rule.to_hour
        parts.append(_("from {start} to {end} h").format(start=rule.from_hour or 0, end=end))
    if rule.from_day is not None:
        parts.append(_("from {day}").format(day=formats.day(rule.from_day)))
    if rule.to_day is not None:
        parts.append(_("before {day}").format(day=formats.day(rule.to_day)))
    return " ".join(parts)


def _told_merge(merge: Merge) -> str:
    names = [_short(item.name) for item in merge.items]
    shown = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        shown = _("{names} and others").format(names=shown)
    return _(_MERGED[merge.item]).format(names=shown, into=_short(merge.into.name))


def _told_split(split: Split) -> str:
    first = _short(split.tracks[0].name)
    count = len(split.tracks)
    what = first
    if count > 1:
        others = formats.counted(count - 1, "other track")
        what = _("{track} and {others}").format(track=first, others=others)
    if split.wordings:
        return _("{tracks}: some wordings are a track of their own").format(tracks=what)
    places = [_("by {artist}").format(artist=_short(split.artist))] if split.artist else []
    places += [_("on {album}").format(album=_short(split.album))] if split.album else []
    return f"{what}: {' '.join(places)}"


def _short(name: str) -> str:
    return formats.isolated(formats.shortened(formats.named(name)))
