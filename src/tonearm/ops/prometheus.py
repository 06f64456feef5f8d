"""Counts what rooms tell, and gives it in the format of Prometheus. Loading this costs memory: who is asked does."""

import hmac
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from tonearm.ops import metric_families as families
from tonearm.ops.metric_families import Family
from tonearm.ops.metrics import Metrics

_NONE: Final = "none"
_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))


class CountingMetrics(Metrics):
    """Counts in a registry of its own."""

    def __init__(self, version: str, database: str) -> None:
        """Begin at nothing; `database` is the kind of it."""
        # When a counter began says no more than the start of the process, in a line for each.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library's own
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._gauge(families.BUILD).labels(version, database).set(1)
        self._requests = self._counter(families.REQUESTS)
        self._request_seconds = self._histogram(families.REQUEST_SECONDS)
        self._in_flight = self._gauge(families.REQUESTS_IN_FLIGHT)
        self._tool_calls = self._counter(families.TOOL_CALLS)
        self._tool_seconds = self._histogram(families.TOOL_SECONDS)
        self._tool_bytes = self._histogram(families.TOOL_BYTES)
        self._job_runs = self._counter(families.JOB_RUNS)
        self._job_seconds = self._histogram(families.JOB_SECONDS)
        self._imports = self._counter(families.IMPORTS)
        self._import_rows = self._counter(families.IMPORT_ROWS)
        self._polls = self._counter(families.POLLS)
        self._spotify_calls = self._counter(families.SPOTIFY_CALLS)
        self._spotify_seconds = self._histogram(families.SPOTIFY_SECONDS)
        self._events = self._counter(families.EVENTS)
        self._mails = self._counter(families.MAILS)

    def request_began(self) -> None:
        """Take note that a request has come in."""
        self._in_flight.inc()

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take note that an answer has begun; `route` is as declared, and empty where there is none."""
        # Whoever asks may call a method as they like.
        labels = (method if method in _METHODS else _NONE, route or _NONE)
        self._requests.labels(*labels, f"{status // 100}xx").inc()
        self._request_seconds.labels(*labels).observe(seconds)

    def request_ended(self) -> None:
        """Take note that a request has been dealt with, answer and all."""
        self._in_flight.dec()

    def tool_called(self, tool: str, way: str, outcome: str, seconds: float, size: int) -> None:
        """Take note of an assistant's call, and how large its answer was."""
        self._tool_calls.labels(tool, way, outcome).inc()
        self._tool_seconds.labels(tool).observe(seconds)
        if size:
            self._tool_bytes.labels(tool).observe(size)

    def job_ended(self, queue: str, job: str, outcome: str, seconds: float) -> None:
        """Take note that a worker is done with a job, for this time."""
        self._job_runs.labels(queue, job, outcome).inc()
        self._job_seconds.labels(job).observe(seconds)

    def import_ended(self, outcome: str, verdicts: Mapping[str, int]) -> None:
        """Take note of an import, and of how many rows each verdict was given to."""
        self._imports.labels(outcome).inc()
        for verdict, rows in verdicts.items():
            self._import_rows.labels(verdict).inc(rows)

    def poll_ended(self, outcome: str) -> None:
        """Take note of a poll of recent plays."""
        self._polls.labels(outcome).inc()

    def spotify_called(self, purpose: str, status: int | None, seconds: float) -> None:
        """Take note of a request to Spotify; without a status there was no answer."""
        self._spotify_calls.labels(purpose, _known(status)).inc()
        self._spotify_seconds.labels(purpose).observe(seconds)

    def events_told(self, count: int) -> None:
        """Take note of events that have become notifications."""
        self._events.inc(count)

    def mail_sent(self, outcome: str) -> None:
        """Take note of a message for a mail server."""
        self._mails.labels(outcome).inc()

    def _counter(self, family: Family) -> Counter:
        return Counter(family.name, family.meaning, family.labels, registry=self.registry)

    def _gauge(self, family: Family) -> Gauge:
        return Gauge(family.name, family.meaning, family.labels, registry=self.registry)

    def _histogram(self, family: Family) -> Histogram:
        return Histogram(
            family.name,
            family.meaning,
            family.labels,
            buckets=family.buckets,
            registry=self.registry,
        )


def _known(status: int | None) -> str:
    """Give a status that HTTP knows: an answer could have any number."""
    try:
        return _NONE if status is None else str(HTTPStatus(status).value)
    except ValueError:
        return "other"


class Exposition:
    """Everything there is to tell, for whoever shows the token."""

    def __init__(
        self, metrics: CountingMetrics, token: str, collectors: Iterable[Collector] = ()
    ) -> None:
        """Tell what was counted, and what `collectors` look up each time."""
        self._registry = metrics.registry
        self._shown = f"Bearer {token}".encode()
        for collector in collectors:
            self._registry.register(collector)

    def admits(self, authorization: str | None) -> bool:
        """Tell whether a header has the token."""
        scheme, _, token = (authorization or "").partition(" ")
        shown = f"{scheme.capitalize()} {token.strip()}".encode("utf-8", "surrogateescape")
        return hmac.compare_digest(shown, self._shown)

    def render(self, accept: str | None) -> tuple[bytes, str]:
        """Give the text and its media type, in the format that a header `Accept` asks for."""
        encode, media_type = choose_encoder(accept or "")
        return encode(self._registry), media_type
