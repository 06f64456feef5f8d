"""Ask measures: the one door for REST, pages and the command line."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from msgspec import structs
from sqlalchemy import Connection

from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.domain.periods import find_zone
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import ItemKind, RankBy, Rule
from tonearm.history.corrections.items import by_number
from tonearm.history.publication import Versions, history_versions
from tonearm.history.store import ColumnStore, has_plays
from tonearm.insights.answers import Answers
from tonearm.insights.chart import Chart, load_charts
from tonearm.insights.evidence import PlayEvidence, get_play
from tonearm.insights.glimpse import Glimpse, catch_glimpse
from tonearm.insights.keeping import Keeping
from tonearm.insights.library import Library
from tonearm.insights.overview import Overview, draw_overview
from tonearm.insights.patterns import Patterns, find_patterns
from tonearm.insights.plays import Play, PlayList, PlaysQuestion, list_plays, plays_numbered
from tonearm.insights.portrait import Portrait, draw_portrait
from tonearm.insights.question import Item, Question, check_question, period_of, settled
from tonearm.insights.searching import Found, find_items
from tonearm.insights.selection import select_plays
from tonearm.insights.shelf import Shelf
from tonearm.insights.trends import Ranking, draw_ranking
from tonearm.insights.view import View
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database

_ANSWERS_PART = 16
_EVERY_LINE = 1_000_000_000
_USUAL = Preferences()
_Key = tuple[object, ...]
_Answer = TypeVar("_Answer")


class _MovedError(Exception):
    """The history is in another version than it was when an answer was begun."""


class Insights:
    """Answers questions about any listener's plays."""

    def __init__(
        self, database: Database, store: ColumnStore, clock: Clock, *, most_bytes: int
    ) -> None:
        """Keep prepared libraries and answers of at most `most_bytes` in memory."""
        self._database = database
        self._clock = clock
        self._shelf = Shelf(store, most_bytes - most_bytes // _ANSWERS_PART)
        self._answers = Answers(most_bytes // _ANSWERS_PART)
        self._versions: dict[int, tuple[int, Versions]] = {}

    def answer(
        self, chart: str, user_id: int, question: Question, preferences: Preferences = _USUAL
    ) -> Any:  # noqa: ANN401 - each chart has its record
        """Answer one measure; raises NotFoundError for an unknown one, InvalidInputError for a bad question."""
        found = _find(chart)
        return self._look(
            user_id,
            question,
            preferences,
            lambda view: found.answer(_leading(view, found), question),
        )

    def answer_whole(
        self, chart: str, user_id: int, question: Question, preferences: Preferences = _USUAL
    ) -> Any:  # noqa: ANN401 - each chart has its record
        """Do the same for a measure of a list, with every line of it: nobody but a file asks for so many."""
        found, every = _find(chart), structs.replace(question, limit=_EVERY_LINE)
        return self._look(
            user_id,
            question,
            preferences,
            lambda view: found.answer(_leading(view, found), every),
        )

    def answer_bytes(
        self, chart: str, user_id: int, question: Question, preferences: Preferences = _USUAL
    ) -> tuple[bytes, str]:
        """Answer as JSON, with an ETag; answers are kept until the history or the day changes.

        Those about a range that goes on, of which more is known every moment, are kept for the rest of a minute.
        """
        found = _find(chart)

        def encoded(view: View) -> tuple[bytes, str]:
            key = _key(chart, user_id, view.library.versions, question, preferences, view.now)
            kept = self._answers.find(key)
            if kept is not None:
                return kept
            body = to_json(found.answer(_leading(view, found), question))
            etag = f'"{sha256(repr(key).encode()).hexdigest()[:24]}"'
            self._answers.keep(key, body, etag)
            return body, etag

        return self._look(user_id, question, preferences, encoded)

    def cached_bytes(
        self, chart: str, user_id: int, question: Question, preferences: Preferences = _USUAL
    ) -> tuple[bytes, str] | None:
        """Give an answer that is there already; None where it has to be made."""
        if not self._answers:
            return None
        versions = self._versions_of(user_id)
        key = _key(chart, user_id, versions, question, preferences, self._clock())
        return self._answers.find(key)

    def _versions_of(self, user_id: int) -> Versions:
        """Give a listener's versions without asking SQL again while nobody has committed anything."""
        stamp = self._database.stamp()
        known = self._versions.get(user_id)
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        with self._database.read() as connection:
            versions = history_versions(connection, user_id)
        if stamp is not None:
            self._versions[user_id] = stamp, versions
        return versions

    def ranking(
        self,
        chart: str,
        item: Item,
        user_id: int,
        question: Question,
        preferences: Preferences = _USUAL,
    ) -> Ranking:
        """Answer a ranking of items and how each of them went, from one version of the history."""
        found = _find(chart)

        def draw(view: View) -> Ranking:
            return draw_ranking(view, item, lambda view: found.answer(view, question))

        return self._look(user_id, question, preferences, draw)

    def overview(
        self, user_id: int, question: Question, preferences: Preferences = _USUAL
    ) -> Overview:
        """Answer everything the overview page shows, from one version of the history."""
        by = getattr(question, "by", RankBy.PLAYS)
        return self._look(user_id, question, preferences, lambda view: draw_overview(view, by))

    def plays(
        self, user_id: int, question: PlaysQuestion, preferences: Preferences = _USUAL
    ) -> PlayList:
        """List the plays that a question is about, newest first; raises InvalidInputError."""
        return self._look(user_id, question, preferences, lambda view: list_plays(view, question))

    def plays_of(
        self, user_id: int, numbers: Sequence[int], preferences: Preferences = _USUAL
    ) -> tuple[Play, ...]:
        """Give the plays of some numbers, as far as there are such, hidden ones included."""
        everything = Question(kind="all", private="in", hidden="in")
        return self._look(
            user_id, everything, preferences, lambda view: plays_numbered(view, numbers)
        )

    def hiders_of(self, user_id: int, numbers: Sequence[int]) -> dict[int, tuple[int, ...]]:
        """For those of some plays that are hidden or excluded, give the corrections that do so, by their numbers."""
        everything = Question(kind="all", private="in", hidden="in")

        def find(view: View) -> dict[int, tuple[int, ...]]:
            return view.library.overlay.hiders(view.library.columns, numbers)

        return self._look(user_id, everything, _USUAL, find)

    def play(self, user_id: int, play_id: int, preferences: Preferences = _USUAL) -> PlayEvidence:
        """Give one play with the rows of exports that tell of it; raises NotFoundError."""
        everything = Question(kind="all", private="in", hidden="in")
        return self._look(user_id, everything, preferences, lambda view: get_play(view, play_id))

    def find(self, user_id: int, text: str, limit: int, preferences: Preferences = _USUAL) -> Found:
        """Find artists, albums and tracks by what they are called, at most `limit` of each, those with most plays."""
        everything = Question(kind="all")
        return self._look(
            user_id, everything, preferences, lambda view: find_items(view, text, limit)
        )

    def patterns(
        self, user_id: int, question: Question, preferences: Preferences = _USUAL
    ) -> Patterns:
        """Answer everything the page of patterns shows, from one version of the history."""
        return self._look(user_id, question, preferences, find_patterns)

    def glimpse(
        self, user_id: int, question: Question, limit: int, preferences: Preferences = _USUAL
    ) -> Glimpse:
        """Answer everything that a share shows of a range, from one version of the history."""
        by = getattr(question, "by", RankBy.PLAYS)
        return self._look(
            user_id, question, preferences, lambda view: catch_glimpse(view, by, limit)
        )

    def portrait(
        self,
        user_id: int,
        item: ItemKind,
        number: int,
        question: Question,
        preferences: Preferences = _USUAL,
    ) -> Portrait:
        """Answer everything the page of an artist, album or track shows; raises NotFoundError."""
        asked = msgspec.structs.replace(question, **{item.value: by_number(number)})
        try:
            return self._look(
                user_id, asked, preferences, lambda view: draw_portrait(view, item, number)
            )
        except InvalidInputError as error:
            if error.parameter != item.value:
                raise
            raise NotFoundError(f"There is no {item} {number} in this history.") from None

    def numbers_of(self, user_id: int, item: ItemKind, text: str) -> tuple[int, ...]:
        """Give the numbers of the items that a text stands for, as `find_items` does; raises InvalidInputError."""
        asked = msgspec.structs.replace(Question(kind="all"), **{item.value: text})
        return self._look(
            user_id, asked, _USUAL, lambda view: getattr(view.selection, f"{item.value}s")
        )

    def has_plays(self, user_id: int) -> bool:
        """Tell whether a listener has any plays yet."""
        with self._database.read() as connection:
            return has_plays(connection, user_id)

    def holds(self, user_id: int) -> bool:
        """Tell whether a listener's plays are in memory, so that answers need no more than a few names."""
        return self._shelf.holds(user_id)

    @property
    def keeping(self) -> dict[str, Keeping]:
        """How what is kept in memory is used: `columns`, with what is prepared of them, and `answers`."""
        return {"columns": self._shelf.keeping, "answers": self._answers.keeping}

    def _look(
        self,
        user_id: int,
        question: Question,
        preferences: Preferences,
        answer: Callable[[View], _Answer],
    ) -> _Answer:
        """Answer from one version of the history: where it is in memory, without SQL as long as that is not needed."""
        check_question(question)
        asked, now = settled(question, preferences), self._clock()
        period, home = period_of(asked, now), home_of(question, preferences)

        def answered(connect: Callable[[], Connection], library: Library) -> _Answer:
            chosen = select_plays(connect, user_id, asked, library.overlay.amendment)
            view = View(
                connect=connect,
                user_id=user_id,
                library=library,
                selection=chosen if home is None else replace(chosen, home=home),
                question=asked,
                period=period,
                zone=asked.zone or preferences.zone,
                rule=asked.rule or Rule.THIRTY_SECONDS,
                now=now,
                ask_other=ask_other,
            )
            try:
                return answer(view)
            finally:
                self._shelf.weigh(user_id, library)

        if self._database.is_sqlite:
            versions = self._versions_of(user_id)
            kept = self._shelf.find(user_id, versions)
            if kept is not None:
                with suppress(_MovedError), self._when_needed(user_id, versions) as connect:
                    return answered(connect, kept)
        with self._database.read() as connection:
            versions = history_versions(connection, user_id)
            return answered(lambda: connection, self._shelf.library(connection, user_id, versions))

    @contextmanager
    def _when_needed(self, user_id: int, versions: Versions) -> Iterator[Callable[[], Connection]]:
        """Give what begins a transaction the first time; it raises _MovedError where that sees other versions."""
        with ExitStack() as stack:

            @cache
            def connect() -> Connection:
                connection = stack.enter_context(self._database.read())
                if history_versions(connection, user_id) != versions:
                    raise _MovedError
                return connection

            yield connect


def _key(
    chart: str,
    user_id: int,
    versions: Versions,
    question: Question,
    preferences: Preferences,
    now: datetime,
) -> _Key:
    """Name an answer: its day decides what named periods mean, its minute how much of what goes on is known."""
    asked, home = settled(question, preferences), home_of(question, preferences)
    zone = find_zone(asked.zone or preferences.zone)
    ends = (period.bounds(zone)[1] for period in asked.periods(now))
    goes_on = any(end is None or end > now for end in ends)
    minute = now.replace(second=0, microsecond=0) if goes_on else None
    return chart, user_id, versions, home, now.astimezone(zone).date(), minute, asked


def home_of(question: Question, preferences: Preferences) -> str | None:
    """Give the zone a listener travels from; None where one zone's clock holds for every play."""
    return preferences.zone if preferences.travels and question.zone is None else None


def ask_other(view: View, name: str, own: dict[str, object]) -> Any:  # noqa: ANN401 - each chart has its record
    """Answer another measure of a view; see View.ask."""
    chart = _find(name)
    asked = chart.question(**own)
    return chart.answer(_leading(view, chart), asked)


def _leading(view: View, chart: Chart[Any, Any]) -> View:
    """Let the answers of a view lead to the plays behind the numbers of a measure."""
    return replace(view, line_plays=chart.line_plays, more_plays=chart.more_plays)


def to_json(record: object) -> bytes:
    """Encode a record as JSON: what it covers beside its own fields, times in UTC."""
    return msgspec.json.encode(record)


def _find(chart: str) -> Chart[Any, Any]:
    try:
        return load_charts()[chart]
    except KeyError:
        raise NotFoundError(
            f"There is no measure '{chart[:40]}'. There are {', '.join(load_charts())}."
        ) from None
