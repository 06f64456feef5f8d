"""The page of metrics."""

from tonearm.ops.metric_families import (
    COUNTED,
    LOOKED_UP_HERE,
    LOOKED_UP_IN_DATABASE,
    Family,
)
from tools.reference.tables import table

_INTRODUCTION = """# Metrics

What `/metrics` tells, in Prometheus' text format and in OpenMetrics; [the guide](../guides/metrics.md) says how to ask.
Durations are in seconds, sizes in bytes. Labels have few values, all of them words of the code: no name, number,
address or argument of anybody.

"""
_PARTS = (
    (
        "Counted by each process",
        "From its start on. Those of several processes add up: `sum`.",
        COUNTED,
    ),
    ("Read off each process", "As they are when somebody asks.", LOOKED_UP_HERE),
    (
        "Looked up in the database",
        "At most every five seconds; every process of a database says the same: `max`. Not there while it is away.",
        LOOKED_UP_IN_DATABASE,
    ),
)
_LIBRARY = """## Of Python and the process

`process_…` (memory, processor, open files, start; on Linux), `python_gc_…` and `python_info` are those of the
[client library](https://prometheus.github.io/client_python/collector/).
"""


def metrics_page() -> str:
    """Make the page."""
    parts = [
        f"## {heading}\n\n{note}\n\n{table(('metric', 'kind', 'labels', 'meaning'), map(_row, families))}\n"
        for heading, note, families in _PARTS
    ]
    return _INTRODUCTION + "".join(parts) + _LIBRARY


def _row(family: Family) -> tuple[str, ...]:
    bounds = ", ".join(f"{bound:g}" for bound in family.buckets)
    kind = f"{family.kind}: {bounds}" if bounds else family.kind
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"`{family.name}`", kind, labels, family.meaning
