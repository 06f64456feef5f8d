"""Metrics, put together: what is counted, what is looked up when somebody asks, and where a worker answers."""

import threading
import time
from typing import TYPE_CHECKING, Final

import structlog

import tonearm
from tonearm.jobs.standing import Standing, standings
from tonearm.ops import metric_families as families
from tonearm.ops.metric_families import Family
from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.ops.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from http.server import ThreadingHTTPServer

    from prometheus_client import Metric

    from tonearm.bootstrap import Tonearm
    from tonearm.ops.prometheus import Exposition

_FRESH_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 1.0
_Values = list[tuple[tuple[str, ...], float]]
_Facts = dict[Family, _Values]
_log = structlog.get_logger()


def count(settings: Settings) -> Metrics:
    """Give what counts the work of this process, if the settings ask for it."""
    if not settings.metrics_token.get_secret_value():
        return UNCOUNTED
    from tonearm.ops.prometheus import CountingMetrics  # noqa: PLC0415 - it takes memory: see there

    database = "postgresql" if settings.database_url else "sqlite"
    return CountingMetrics(tonearm.__version__, database)


def expose(built: "Tonearm") -> "Exposition | None":
    """Give what tells of a Tonearm, if it counts; once for each."""
    token = built.settings.metrics_token.get_secret_value()
    if not token:
        return None
    from tonearm.ops.prometheus import CountingMetrics, Exposition  # noqa: PLC0415 - as above

    if not isinstance(built.metrics, CountingMetrics):
        return None
    return Exposition(built.metrics, token, (_Here(built), _InDatabase(built)))


def answer_beside(built: "Tonearm") -> "ThreadingHTTPServer | None":
    """Answer `/metrics` at the port of the settings for a process without a server, if they name one.

    Raises:
        UnavailableError: the port is taken.
    """
    settings, exposition = built.settings, expose(built)
    if exposition is None or not settings.metrics_port:
        return None
    from tonearm.bootstrap.metrics_server import serve_metrics  # noqa: PLC0415 - hardly anybody needs it

    return serve_metrics(exposition, settings.host, settings.metrics_port)


class _Here:
    """Tells what can be read off this process."""

    def __init__(self, built: "Tonearm") -> None:
        self._insights = built.insights
        self._database = built.database

    def collect(self) -> "Iterator[Metric]":
        """Tell it now."""
        keeping = self._insights.keeping
        for family, part in (
            (families.CACHE_BYTES, "nbytes"),
            (families.CACHE_HITS, "hits"),
            (families.CACHE_MISSES, "misses"),
            (families.CACHE_EVICTIONS, "evictions"),
        ):
            yield _metric(family, [((name,), getattr(keeping[name], part)) for name in keeping])
        yield _metric(families.CONNECTIONS, [((), self._database.connections_in_use)])

    def describe(self) -> "Iterable[Metric]":
        """Name what is told, without looking."""
        return [
            _metric(family, [])
            for family in families.LOOKED_UP_HERE
            if family is not families.DATABASE_UP
        ]


class _InDatabase:
    """Tells what stands in the database, looked up at most every five seconds, and waited for a second at most."""

    def __init__(self, built: "Tonearm") -> None:
        self._built = built
        self._lock = threading.Lock()
        self._looking: threading.Thread | None = None
        self._facts: _Facts | None = None
        self._fresh_until = 0.0

    def collect(self) -> "Iterator[Metric]":
        """Tell it, and whether the database answers."""
        facts = self._look()
        yield _metric(families.DATABASE_UP, [((), float(facts is not None))])
        for family, values in (facts or {}).items():
            yield _metric(family, values)

    def describe(self) -> "Iterable[Metric]":
        """Name what is told, without looking."""
        told = (families.DATABASE_UP, *families.LOOKED_UP_IN_DATABASE)
        return [_metric(family, []) for family in told]

    def _look(self) -> _Facts | None:
        with self._lock:
            if time.monotonic() < self._fresh_until:
                return self._facts
            # One that has not come back yet is not joined by another: a database that hangs holds one thread.
            if self._looking is None or not self._looking.is_alive():
                self._looking = threading.Thread(target=self._ask, name="metrics", daemon=True)
                self._looking.start()
            self._looking.join(_PATIENCE_SECONDS)
            return None if self._looking.is_alive() else self._facts

    def _ask(self) -> None:
        try:
            self._facts = _facts(self._built)
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest is told, and this by a metric
            _log.warning("metrics.no_database", reason=type(error).__name__)
            self._facts = None
        self._fresh_until = time.monotonic() + _FRESH_SECONDS


def _facts(built: "Tonearm") -> _Facts:
    now = built.clock()
    found = standings(built.database, now)
    queues = {name: Standing(0, 0, 0, 0.0) for name in built.jobs.known} | found
    blocked = [app.blocked_until for app in built.spotify.list_statuses() if app.blocked_until]
    ends = [until.timestamp() for until in blocked]
    return {
        families.JOBS: [
            ((name, state), float(getattr(queue, state)))
            for name, queue in queues.items()
            for state in ("due", "later", "running")
        ],
        families.OLDEST_JOB: [((name,), queue.oldest_seconds) for name, queue in queues.items()],
        families.LINKS: [
            ((state.value,), float(links)) for state, links in built.links.count_states().items()
        ],
        families.BLOCKED_APPS: [((), float(len(ends)))],
        families.BLOCKED_UNTIL: [((), max(ends, default=0.0))],
    }


def _metric(family: Family, values: _Values) -> "Metric":
    from prometheus_client.core import (  # noqa: PLC0415 - see `count`
        CounterMetricFamily,
        GaugeMetricFamily,
    )

    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.meaning, labels=family.labels)
    for labels, value in values:
        metric.add_metric(labels, value)
    return metric
