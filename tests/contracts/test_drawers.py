"""Every file in a drawer keeps the drawer's contract."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from tonearm.domain.vocabulary import Family
from tonearm.importers import formats
from tonearm.importers.drawer import load_formats
from tonearm.importers.format import Format
from tonearm.insights import charts
from tonearm.insights.chart import Chart, load_charts
from tonearm.insights.question import Question
from tonearm.insights.records import Covered

SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
SHARED = {"range", "zone", "rule", "kind"}
"""Parameters that every measure takes."""
PRIVATE = {"ip_addr", "ip_addr_decrypted", "user_agent", "user_agent_decrypted", "username"}


def modules(drawer: ModuleType) -> list[ModuleType]:
    paths = [path for folder in drawer.__path__ for path in Path(folder).glob("*.py")]
    names = sorted(path.stem for path in paths if path.stem != "__init__")
    assert names
    return [import_module(f"{drawer.__name__}.{name}") for name in names]


@pytest.mark.parametrize("module", modules(formats), ids=lambda module: module.__name__)
def test_a_format_keeps_its_contract(module: ModuleType) -> None:
    format_ = module.FORMAT
    assert isinstance(format_, Format)
    assert SLUG.fullmatch(format_.name)
    assert isinstance(format_.family, Family)
    told = msgspec.structs.fields(format_.element)
    named = {format_.clock, format_.ms_played, *format_.description_fields}
    named |= set(format_.context_fields) | ({format_.stamp} if format_.stamp else set())
    assert named == {field.name for field in told}
    keys = {field.encode_name for field in told}
    assert format_.tell in keys
    assert not keys & PRIVATE
    # An element without any key is readable, and about nothing.
    blank = msgspec.json.decode(b"{}", type=format_.element)
    values = [getattr(blank, name) for name in format_.description_fields]
    assert format_.describe(*values) is None
    format_.circumstances(*(getattr(blank, name) for name in format_.context_fields))


def test_formats_are_told_apart() -> None:
    found = load_formats()
    assert len(found) == len(modules(formats))
    for what in ("name", "tell", "family"):
        assert len({getattr(format_, what) for format_ in found}) == len(found)


@pytest.mark.parametrize("module", modules(charts), ids=lambda module: module.__name__)
def test_a_chart_keeps_its_contract(module: ModuleType) -> None:
    assert module.CHARTS
    for chart in module.CHARTS:
        assert isinstance(chart, Chart)
        assert SLUG.fullmatch(chart.name)
        assert chart.title[0].isupper()
        assert not chart.title.endswith(".")
        assert chart.description[0].isupper()
        assert chart.description.endswith(".")
        assert isinstance(chart.answer, Callable)  # type: ignore[arg-type] # any callable
        assert is_dataclass(chart.record)
        told = {field.name: field.type for field in fields(chart.record)}
        assert told["covered"] is Covered
        assert chart.parameters <= {field.name for field in fields(Question)} - SHARED


def test_charts_have_names_of_their_own() -> None:
    found = load_charts()
    every = [chart for module in modules(charts) for chart in module.CHARTS]
    assert len(found) == len(every)
    assert {name: chart.name for name, chart in found.items()} == {name: name for name in found}
    assert len({chart.title for chart in every}) == len(every)
