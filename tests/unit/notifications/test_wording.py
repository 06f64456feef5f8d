"""Every event has its words, and a place on this site to go on from."""

from datetime import UTC, datetime

import pytest

from tonearm.domain.events import (
    RECORDS,
    Event,
    EventName,
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
from tonearm.notifications.wording import tell
from tonearm.speech import speaking
from tonearm.storage.outbox import decode, encode

TOLD: list[tuple[Event, str, str]] = [
    (ImportFinished(3, "a.zip", 1, 0, 0), "a.zip brought nothing new.", "/imports/3"),
    (ImportFinished(3, "a.zip", 1, 1, 0), "a.zip came in: 1 new play.", "/imports/3"),
    (
        ImportFinished(4, "a.zip", 3, 12_345, 2),
        "a.zip and 2 more files came in: 12,345 new plays. 2 rows could not be read.",
        "/imports/4",
    ),
    (
        ImportFailed(5, "a.zip", 2, "The disk is full."),
        "The import of a.zip and 1 more file failed: The disk is full.",
        "/imports/5",
    ),
    (ImportUndone(6, "a.zip", 1), "The import of a.zip was undone.", "/imports/6"),
    (HistoryCleared(7), "Your listening history was cleared.", "/imports"),
    (
        KeyExpiring(8, "watch", datetime(2026, 5, 9, 12, tzinfo=UTC)),
        "The API key “watch” ends on 2026-05-09 (UTC).",
        "/account",
    ),
    (InvitationUsed(9, "Bob"), "Bob has joined by your invitation.", "/people"),
    (
        LinkExpiring(1, "Ada L.", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        "The link to Spotify (Ada L.) ends on 2026-11-01 (UTC). Link again before, and nothing is missed.",
        "/account",
    ),
    (
        LinkRelinkNeeded(1, "Ada L.", "It has ended. Link again."),
        "Spotify (Ada L.) has to be linked again. It has ended. Link again.",
        "/account",
    ),
]


@pytest.mark.parametrize(("event", "text", "link"), TOLD)
def test_an_event_is_told_in_a_sentence(event: Event, text: str, link: str) -> None:
    told = tell(event)

    assert (told.text, told.link) == (text, link)
    assert decode(event.EVENT, encode(event)) == event


def test_there_are_words_for_all_of_them() -> None:
    assert {event.EVENT for event, _, _ in TOLD} == set(EventName) == set(RECORDS)
    assert all(event.meaning for event in EventName)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ImportFinished(3, "a.zip", 1, 0, 0), "Nichts Neues aus a.zip."),
        (ImportFinished(3, "a.zip", 1, 1, 1), "Importiert: a.zip, 1 neue Wiedergabe. Nicht lesbar: 1 Zeile."),
        (
            ImportFinished(4, "a.zip", 3, 12_345, 2),
            "Importiert: a.zip und 2 weitere Dateien, 12.345 neue Wiedergaben. Nicht lesbar: 2 Zeilen.",
        ),
        (
            ImportFailed(5, "a.zip", 1, "There is no import 7."),
            "Der Import von a.zip ist fehlgeschlagen: Es gibt keinen Import 7.",
        ),
        (ImportUndone(6, "a.zip", 1), "Der Import von a.zip wurde rückgängig gemacht."),
        (HistoryCleared(7), "Dein Hörverlauf wurde geleert."),
        (
            KeyExpiring(8, "watch", datetime(2026, 5, 9, 12, tzinfo=UTC)),
            "Der API-Schlüssel „watch“ endet am 9.\u00a0Mai\u00a02026 (UTC).",
        ),
        (InvitationUsed(9, "Bob"), "Bob ist mit deiner Einladung dazugekommen."),
    ],
)  # fmt: skip
def test_it_is_told_in_the_language_of_who_reads_it(event: Event, text: str) -> None:
    with speaking(Language.GERMAN):
        assert tell(event).text == text
