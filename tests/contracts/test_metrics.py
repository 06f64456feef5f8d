"""What is told, and what the table of metrics says: the same, named as Prometheus names things."""

import re
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from tonearm.bootstrap import build
from tonearm.bootstrap.metrics import count, expose
from tonearm.ops.metric_families import FAMILIES
from tonearm.ops.settings import Settings

TOKEN = "a-token-for-metrics-and-for-nothing-else"
NAME = re.compile(r"tonearm_[a-z]+(_[a-z]+)*")
OWN = "tonearm_"
KEPT_BY_PROMETHEUS = {"le", "job", "instance", "quantile"}


def told(folder: Path) -> dict[str, Metric]:
    """Give what a Tonearm tells to which everything has happened once."""
    settings = Settings(data_dir=folder, database_url="", metrics_token=SecretStr(TOKEN))
    built = build(settings, metrics=count(settings))
    exposition = expose(built)
    assert exposition is not None
    metrics = built.metrics
    metrics.request_began()
    metrics.request_answered("GET", "/", 200, 0.1)
    metrics.tool_called("top", "mcp", "answered", 0.1, 100)
    metrics.job_ended("imports", "importers.run", "succeeded", 1.0)
    metrics.import_ended("published", {"new": 1})
    metrics.poll_ended("new")
    metrics.spotify_called("poll", 200, 0.1)
    metrics.events_told(1)
    metrics.mail_sent("sent")
    body, _ = exposition.render(None)
    built.close()
    return {metric.name: metric for metric in text_string_to_metric_families(body.decode())}


def test_what_is_told_is_what_the_table_has(tmp_path: Path) -> None:
    found = {name: metric for name, metric in told(tmp_path).items() if name.startswith(OWN)}

    assert {family.name.removesuffix("_total") for family in FAMILIES} == set(found)
    for family in FAMILIES:
        metric = found[family.name.removesuffix("_total")]
        assert metric.type == family.kind
        assert metric.documentation == family.meaning
        labels = {name for sample in metric.samples for name in sample.labels} - {"le"}
        assert labels == set(family.labels)


def test_names_and_labels_are_those_that_prometheus_wants() -> None:
    for family in FAMILIES:
        assert NAME.fullmatch(family.name)
        assert family.name.endswith("_total") is (family.kind == "counter")
        assert (family.kind == "histogram") is bool(family.buckets)
        assert KEPT_BY_PROMETHEUS.isdisjoint(family.labels), family.name
        if family.kind == "histogram":
            assert family.name.endswith(("_seconds", "_bytes"))


def test_no_metric_is_told_twice() -> None:
    names = [family.name for family in FAMILIES]

    assert len(names) == len(set(names))
