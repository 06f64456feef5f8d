"""What the plays of a history are filtered by, as people call it."""

from collections.abc import Iterator, Sequence

from tonearm.domain.countries import country_name
from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.plays import Play, PlaysQuestion
from tonearm.ui import formats
from tonearm.ui.asking import Ask

FILTERS = (*(item.value for item in ItemKind), "platform", "country", "weekday", "hour")
"""Filters that a rule can leave out, too."""
OTHERS = ("q", "counted", "hidden", "private")
_SIDES = {
    ("counted", "in"): "counted",
    ("counted", "out"): "not counted",
    ("hidden", "in"): "hidden ones too",
    ("private", "in"): "private sessions too",
    ("private", "out"): "no private sessions",
}


def list_chips(
    ask: Ask, question: PlaysQuestion, plays: Sequence[Play]
) -> Iterator[tuple[str, str]]:
    """Give what each filter is called, and the address without it; names of items come from the plays listed."""
    for name in (*FILTERS, *OTHERS[1:]):
        value = getattr(question, name)
        if value is not None and (name, value) not in {("counted", "all"), ("hidden", "out")}:
            yield _called(name, value, plays), ask.address("/history", **{name: ""})


def _called(name: str, value: str | int, plays: Sequence[Play]) -> str:
    if isinstance(value, int):
        if name == "weekday":
            return formats.WEEKDAYS[value]
        return f"{value:02}:00 to {value:02}:59"
    if name in set(ItemKind) and plays and value.isdecimal():
        item = getattr(plays[0], name)
        return value if item is None else str(item.name)
    if name == "platform":
        return formats.platform(value)
    if name == "country":
        return country_name(value.upper())
    return _SIDES.get((name, value), value)
