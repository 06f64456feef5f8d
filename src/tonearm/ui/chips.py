"""What the plays of a history are filtered by, as people call it."""

from collections.abc import Iterator, Sequence

from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.plays import Play, PlaysQuestion
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.asking import Ask

FILTERS = (*(item.value for item in ItemKind), "platform", "country", "weekday", "hour")
"""Filters that a rule can leave out, too."""
OTHERS = ("q", "session", "counted", "hidden", "private")
_SIDES = {
    ("counted", "in"): N_("counted"),
    ("counted", "out"): N_("not counted"),
    ("hidden", "in"): N_("hidden ones too"),
    ("private", "in"): N_("private sessions too"),
    ("private", "out"): N_("no private sessions"),
}
_WHATEVER = {"session": N_("one session")}


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
            return formats.weekday(value)
        return _("{hour:02}:00 to {hour:02}:59").format(hour=value)
    if name in set(ItemKind) and plays and value.removeprefix("#").isdecimal():
        item = getattr(plays[0], name)
        return value if item is None else formats.named(item.name)
    if name == "platform":
        return formats.platform(value)
    if name == "country":
        return formats.country(value.upper())
    side = _SIDES.get((name, value)) or _WHATEVER.get(name)
    return value if side is None else _(side)
