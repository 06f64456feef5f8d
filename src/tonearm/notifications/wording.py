"""Events in words: one sentence for the person they happened to, and where to go from there."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words."""

    text: str
    link: str
    """A path of this site."""


def tell(event: Event) -> Told:
    """Put an event into words."""
    if isinstance(event, KeyExpiring):
        day = f"{event.expires_at:%Y-%m-%d}"
        return Told(f"The API key “{event.name}” ends on {day} (UTC).", "/account")
    if isinstance(event, LinkExpiring | LinkRelinkNeeded):
        return Told(_tell_link(event), "/account")
    if isinstance(event, InvitationUsed):
        return Told(f"{event.name} has joined by your invitation.", "/people")
    if isinstance(event, HistoryCleared):
        return Told("Your listening history was cleared.", "/imports")
    return Told(_tell_import(event), f"/imports/{event.import_id}")


def _tell_link(event: LinkExpiring | LinkRelinkNeeded) -> str:
    if isinstance(event, LinkRelinkNeeded):
        return f"Spotify ({event.name}) has to be linked again. {event.problem}"
    day = f"{event.relink_by:%Y-%m-%d}"
    return f"The link to Spotify ({event.name}) ends on {day} (UTC). Link again before, and nothing is missed."


def _tell_import(event: ImportFinished | ImportFailed | ImportUndone) -> str:
    files = event.name
    if event.files > 1:
        files += f" and {_counted(event.files - 1, 'more file')}"
    if isinstance(event, ImportUndone):
        return f"The import of {files} was undone."
    if isinstance(event, ImportFailed):
        return f"The import of {files} failed: {event.problem}"
    unread = f" {_counted(event.malformed, 'row')} could not be read." if event.malformed else ""
    if not event.new:
        return f"{files} brought nothing new.{unread}"
    return f"{files} came in: {_counted(event.new, 'new play')}.{unread}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
