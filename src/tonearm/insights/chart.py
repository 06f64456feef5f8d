"""The contract of a measure: one file in `charts/` with one constant `CHART`, or several in `CHARTS`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Generic, TypeVar

from tonearm.insights import charts
from tonearm.insights.view import View

Answer = TypeVar("Answer", covariant=True)  # noqa: PLC0105 - named for what it is


@dataclass(frozen=True)
class Chart(Generic[Answer]):
    """A measure: what it is called, what it takes, and how it is answered.

    `parameters` names the fields of a Question it looks at, besides `range`, `zone`, `rule` and `kind`, which all of
    them do. A chart reaches REST, the command line and the reference by being in the drawer.
    """

    name: str
    title: str
    description: str
    record: type[Answer]
    answer: Callable[[View], Answer]
    parameters: frozenset[str] = frozenset()


@cache
def load_charts() -> MappingProxyType[str, Chart[object]]:
    """Import every file of `charts/` and give its measures by name."""
    found: dict[str, Chart[object]] = {}
    for module in iter_modules(charts.__path__):
        for chart in import_module(f"{charts.__name__}.{module.name}").CHARTS:
            found[chart.name] = chart
    return MappingProxyType(found)
