"""Events in words: one sentence for the person they happened to, and where to go from there."""

from dataclasses import dataclass
from datetime import datetime

from tonearm.domain.events import (
    Event,
    HistoryCleared,
    ImportFailed,
    ImportFinished,
    ImportUndone,
    InvitationUsed,
    KeyExpiring,
    LinkExpiring,
    LinkRelinkNeeded,
)
from tonearm.domain.preferences import Language
from tonearm.speech import from_below, ngettext, spoken
from tonearm.speech import gettext as _
from tonearm.speech.spelling import spelling


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words."""

    text: str
    link: str
    """A path of this site."""


def tell(event: Event) -> Told:
    """Put an event into words, in the language that is spoken."""
    if isinstance(event, KeyExpiring):
        text = _("The API key “{name}” ends on {day} (UTC).")
        return Told(text.format(name=event.name, day=_day(event.expires_at)), "/account")
    if isinstance(event, LinkExpiring | LinkRelinkNeeded):
        return Told(_tell_link(event), "/account")
    if isinstance(event, InvitationUsed):
        text = _("{name} has joined by your invitation.")
        return Told(text.format(name=event.name), "/people")
    if isinstance(event, HistoryCleared):
        return Told(_("Your listening history was cleared."), "/imports")
    return Told(_tell_import(event), f"/imports/{event.import_id}")


def _tell_link(event: LinkExpiring | LinkRelinkNeeded) -> str:
    if isinstance(event, LinkRelinkNeeded):
        text = _("Spotify ({name}) has to be linked again. {problem}")
        return text.format(name=event.name, problem=from_below(event.problem))
    text = _(
        "The link to Spotify ({name}) ends on {day} (UTC). Link again before, and nothing is missed."
    )
    return text.format(name=event.name, day=_day(event.relink_by))


def _tell_import(event: ImportFinished | ImportFailed | ImportUndone) -> str:
    files = event.name
    if event.files > 1:
        more = counted(event.files - 1, "more file", "more files")
        files = _("{file} and {more}").format(file=files, more=more)
    if isinstance(event, ImportUndone):
        return _("The import of {files} was undone.").format(files=files)
    if isinstance(event, ImportFailed):
        text = _("The import of {files} failed: {problem}")
        return text.format(files=files, problem=from_below(event.problem))
    if event.new:
        plays = counted(event.new, "new play", "new plays")
        said = _("{files} came in: {plays}.").format(files=files, plays=plays)
    else:
        said = _("{files} brought nothing new.").format(files=files)
    if not event.malformed:
        return said
    rows = counted(event.malformed, "row", "rows")
    return f"{said} {_('{rows} could not be read.').format(rows=rows)}"


def counted(number: int, one: str, many: str) -> str:
    """Spell a number with its noun."""
    return f"{spelling().number(number)} {ngettext(one, many, number)}"


def _day(moment: datetime) -> str:
    """Spell the day of an instant in UTC; in English by its digits, which nobody there reads the wrong way around."""
    is_english = spoken() is Language.ENGLISH
    return f"{moment:%Y-%m-%d}" if is_english else spelling().day(moment.date())
