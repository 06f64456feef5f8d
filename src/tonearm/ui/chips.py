"""What the plays of a history are filtered by, as people call it."""

from collections.abc import Iterator, Sequence

from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.aspects import Aspect
from tonearm.insights.plays import Play, PlaysQuestion
from tonearm.insights.question import Item
from tonearm.insights.traits import Trait
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.asking import Ask

FILTERS = (*(item.value for item in ItemKind), "platform", "country", "weekday", "hour")
"""Filters that a rule can leave out, too."""
OTHERS = (
    "q",
    "session",
    "counted",
    "hidden",
    "private",
    "trait",
    "aspect",
    "value",
    "among",
    "places",
)
_SIDES = {
    ("counted", "in"): N_("counted"),
    ("counted", "out"): N_("not counted"),
    ("hidden", "in"): N_("hidden ones too"),
    ("private", "in"): N_("private sessions too"),
    ("private", "out"): N_("no private sessions"),
}
_WHATEVER = {"session": N_("one session")}
_TRAITS: dict[Trait, str] = {
    "judged": N_("known how they ended"),
    "skipped": N_("skipped before half"),
    "unjudged": N_("unknown how they ended"),
    "new_artist": N_("first of an artist"),
    "new_album": N_("first of an album"),
    "new_track": N_("first of a track"),
    "of_new_track": N_("of new tracks"),
    "returned": N_("back after a long pause"),
    "looping": N_("again and again within a day"),
    "longest_run": N_("longest run of one track"),
    "from_extended": N_("told by an extended history"),
    "from_account": N_("told by account data"),
    "from_poll": N_("told by polls alone"),
    "from_manual": N_("added by hand"),
}
_ASPECTS: dict[Aspect, str] = {
    "platform": N_("platform: {value}"),
    "country": N_("country: {value}"),
    "shuffle": N_("shuffled: {value}"),
    "offline": N_("offline: {value}"),
    "private": N_("private session: {value}"),
}
_FIRST: dict[Item, str] = {
    "artists": N_("of the first {count} artists"),
    "albums": N_("of the first {count} albums"),
    "tracks": N_("of the first {count} tracks"),
}
_VALUES = {"yes": N_("yes"), "no": N_("no"), "unknown": N_("unknown")}


def list_chips(
    ask: Ask, question: PlaysQuestion, plays: Sequence[Play]
) -> Iterator[tuple[str, str]]:
    """Give what each filter is called, and the address without it; names of items come from the plays listed."""
    if question.trait is not None:
        yield _(_TRAITS[question.trait]), ask.address("/history", trait="")
    if question.aspect is not None and question.value is not None:
        value = _(_VALUES.get(question.value, question.value))
        called = _(_ASPECTS[question.aspect]).format(value=value)
        yield called, ask.address("/history", aspect="", value="")
    if question.among is not None and question.places is not None:
        called = _(_FIRST[question.among]).format(count=formats.number(question.places))
        yield called, ask.address("/history", among="", places="")
    for name in (*FILTERS, *OTHERS[1:5]):
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
