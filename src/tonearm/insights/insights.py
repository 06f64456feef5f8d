"""Ask measures: the one door for REST, pages and the command line."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from hashlib import sha256
from threading import Lock
from typing import Any

import msgspec

from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.domain.periods import Period, find_zone, resolve_period
from tonearm.history.publication import history_version
from tonearm.history.store import ColumnStore
from tonearm.insights.chart import load_charts
from tonearm.insights.library import Library
from tonearm.insights.question import MOST_ITEMS, Question
from tonearm.insights.records import Overview
from tonearm.insights.view import View
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database

_MOST_ANSWERS = 4_096
_OVERVIEW_ITEMS = 7
_Key = tuple[object, ...]


class Insights:
    """Answers questions about any listener's plays."""

    def __init__(
        self, database: Database, store: ColumnStore, clock: Clock, *, most_bytes: int
    ) -> None:
        """Keep prepared libraries of at most `most_bytes` in memory."""
        self._database = database
        self._store = store
        self._clock = clock
        self._most_bytes = most_bytes
        self._libraries: OrderedDict[int, Library] = OrderedDict()
        self._answers: OrderedDict[_Key, tuple[bytes, str]] = OrderedDict()
        self._versions: dict[int, tuple[int, int]] = {}
        self._lock = Lock()

    def answer(self, chart: str, user_id: int, question: Question) -> Any:  # noqa: ANN401 - each chart has its record
        """Answer one measure; raises NotFoundError for an unknown one, InvalidInputError for a bad question."""
        with self._view(user_id, question) as view:
            return _find(chart).answer(view)

    def answer_bytes(self, chart: str, user_id: int, question: Question) -> tuple[bytes, str]:
        """Answer as JSON, with an ETag; answers are kept until the history or the day changes."""
        with self._view(user_id, question) as view:
            key = _key(chart, user_id, view.library.version, question, view.period)
            with self._lock:
                found = self._answers.get(key)
                if found is not None:
                    self._answers.move_to_end(key)
                    return found
            body = to_json(_find(chart).answer(view))
        etag = f'"{sha256(repr(key).encode()).hexdigest()[:24]}"'
        with self._lock:
            self._answers[key] = body, etag
            while len(self._answers) > _MOST_ANSWERS:
                self._answers.popitem(last=False)
        return body, etag

    def cached_bytes(
        self, chart: str, user_id: int, question: Question
    ) -> tuple[bytes, str] | None:
        """Give an answer that is there already; None where it has to be made."""
        with self._lock:
            if not self._answers:
                return None
        _check(question)
        period = resolve_period(question.range, self._clock(), find_zone(question.zone))
        version = self._version(user_id)
        with self._lock:
            return self._answers.get(_key(chart, user_id, version, question, period))

    def _version(self, user_id: int) -> int:
        """Give a listener's version without asking SQL again while nobody has committed anything."""
        stamp = self._database.stamp()
        known = self._versions.get(user_id)
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        with self._database.read() as connection:
            version = history_version(connection, user_id)
        if stamp is not None:
            self._versions[user_id] = stamp, version
        return version

    def overview(self, user_id: int, question: Question) -> Overview:
        """Answer everything the overview page shows, from one version of the history."""
        charts = load_charts()
        with self._view(user_id, replace(question, limit=_OVERVIEW_ITEMS)) as view:
            everything = resolve_period("all", self._clock(), find_zone(question.zone))

            def ask(name: str, view: View) -> Any:  # noqa: ANN401 - each chart has its record
                return charts[name].answer(view)

            def whole(unit: Any) -> View:  # noqa: ANN401 - one of the units
                asked = replace(question, range="all", unit=unit)
                return replace(view, question=asked, period=everything)

            before = view.period.previous
            return Overview(
                totals=ask("totals", view),
                previous=None if before is None else ask("totals", view.shifted(before)),
                artists=ask("top-artists", view),
                albums=ask("top-albums", view),
                tracks=ask("top-tracks", view),
                heatmap=ask("heatmap", view),
                months=ask("timeline", whole("month")),
                days=ask("timeline", whole("day")),
            )

    def has_plays(self, user_id: int) -> bool:
        """Tell whether a listener has any plays yet."""
        with self._database.read() as connection:
            version = history_version(connection, user_id)
            return bool(len(self._store.columns(connection, user_id, version).ended_at))

    @contextmanager
    def _view(self, user_id: int, question: Question) -> Iterator[View]:
        _check(question)
        period = resolve_period(question.range, self._clock(), find_zone(question.zone))
        with self._database.read() as connection:
            yield View(connection, user_id, self._library(connection, user_id), question, period)

    def _library(self, connection: Any, user_id: int) -> Library:  # noqa: ANN401 - passed through
        version = history_version(connection, user_id)
        with self._lock:
            library = self._libraries.get(user_id)
            if library is not None and library.version == version:
                self._libraries.move_to_end(user_id)
                return library
        library = Library(self._store.columns(connection, user_id, version), version)
        with self._lock:
            self._libraries[user_id] = library
            while len(self._libraries) > 1 and self._held() > self._most_bytes:
                self._libraries.popitem(last=False)
        return library

    def _held(self) -> int:
        return sum(library.nbytes for library in self._libraries.values())


def _key(chart: str, user_id: int, version: int, question: Question, period: Period) -> _Key:
    asked = tuple(getattr(question, field.name) for field in fields(question))
    return chart, user_id, version, period.first, period.end, *asked


def to_json(record: object) -> bytes:
    """Encode a record as JSON: what it covers beside its own fields, times in UTC."""
    return msgspec.json.encode(record)


def _find(chart: str) -> Any:  # noqa: ANN401 - each chart has its record
    try:
        return load_charts()[chart]
    except KeyError:
        raise NotFoundError(
            f"There is no measure '{chart[:40]}'. There are {', '.join(load_charts())}."
        ) from None


def _check(question: Question) -> None:
    if not 1 <= question.limit <= MOST_ITEMS:
        raise InvalidInputError(
            f"limit is {question.limit}; it lies between 1 and {MOST_ITEMS}.", parameter="limit"
        )
