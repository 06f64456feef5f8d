"""Measures about one artist, album or track: which one, and everything it stands among."""

from dataclasses import replace

from msgspec import structs

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.periods import Period
from tonearm.domain.text import quoted
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.question import Item, Question
from tonearm.insights.records import Subject
from tonearm.insights.standings import Standings
from tonearm.insights.view import View

MOST_SUBJECTS = 10
_ITEMS: dict[str, Item] = {"artist": "artists", "album": "albums", "track": "tracks"}


def item_of(question: Question) -> Item:
    """Give the kind of item that a question is about; raises InvalidInputError unless it names exactly one."""
    named = [item for name, item in _ITEMS.items() if getattr(question, name) is not None]
    if len(named) != 1:
        given = [quoted(value) for name in _ITEMS if (value := getattr(question, name)) is not None]
        raise InvalidInputError(
            "Say what this is about: give exactly one of artist, album and track, not "
            f"{' and '.join(given) or 'none'}.",
            parameter="artist",
        )
    return named[0]


def ids_of(view: View, item: Item) -> tuple[int, ...]:
    """Give the numbers of what a question is about: several where several have the name."""
    found: tuple[int, ...] | None = getattr(view.selection, item)
    return found or ()


def among_all(view: View) -> View:
    """Give the same view of everything, not only of what the question is about."""
    return replace(
        view,
        selection=replace(
            view.selection, artists=None, has_credited=False, albums=None, tracks=None
        ),
        question=structs.replace(view.question, artist=None, album=None, track=None),
    )


def subjects_of(view: View, item: Item) -> tuple[Subject, ...]:
    """Name what was asked about, whatever the range: those with most listening time first, a few at most."""
    ever = Standings(view.shifted(Period(None, None)), item, RankBy.TIME)
    if view.grouping(item) == "credited":  # whom their tracks credit as well is not asked about
        own = [label for label in ids_of(view, item) if ever.weight[label]]
        names = view.names(item, own)
        ranked = ever.arranged(own, names)[:MOST_SUBJECTS]
    else:
        ranked, names = ever.ranked(MOST_SUBJECTS)
    return tuple(Subject(label, names[label].name, names[label].artist) for label in ranked)
