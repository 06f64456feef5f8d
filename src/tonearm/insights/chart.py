"""The contract of a measure: one file in `charts/` with one constant `CHARTS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from tonearm.insights import charts
from tonearm.insights.question import Question
from tonearm.insights.view import View

Asked = TypeVar("Asked", bound=Question)
Answer = TypeVar("Answer")
Drawing = Literal["numbers", "ranking", "line", "bars", "heatmap", "table", "story"]


@dataclass(frozen=True, slots=True)
class Chart(Generic[Asked, Answer]):
    """A measure: what it is called, what it takes, how it is answered, and what it means.

    A chart reaches REST, its description, the command line and the reference by being in the drawer.
    """

    name: str
    title: str
    description: str
    """One sentence."""
    definition: str
    """How the numbers come about, for the reference, in Markdown."""
    drawing: Drawing
    """How to draw it best."""
    question: type[Asked]
    record: type[Answer]
    answer: Callable[[View, Asked], Answer]
    example: dict[str, str] = field(default_factory=dict)
    """Parameters worth trying, beside the range."""
    line_plays: str | None = None
    """The parameters that list the plays behind one line, such as `artist=%23{id}`: a template over its fields."""
    more_plays: Mapping[str, str] = field(default_factory=dict)
    """The same for other numbers than those of plays in the first list; see Covered."""


@cache
def load_charts() -> MappingProxyType[str, Chart[Any, Any]]:
    """Import every file of `charts/` and give its measures by name."""
    found: dict[str, Chart[Any, Any]] = {}
    for module in iter_modules(charts.__path__):
        for chart in import_module(f"{charts.__name__}.{module.name}").CHARTS:
            found[chart.name] = chart
    return MappingProxyType(found)
