"""The page of measures."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import urlencode

from msgspec import Meta, Struct
from msgspec.structs import FieldInfo, fields

from tonearm.domain.periods import NAMED_PERIODS
from tonearm.insights.chart import Chart, load_charts
from tonearm.insights.question import Question
from tools.reference.tables import first_paragraph, table, type_in_words

_INTRODUCTION = f"""# Measures

A measure has one definition, whichever way it is asked: on the command line, over REST or on a page. Each answer
says what it covers: the range, the zone, the rule and the lane, how complete the evidence is, and where the plays
behind it are listed.

A range is one of {", ".join(f"`{name}`" for name in NAMED_PERIODS)};
or a year `2024`, a month `2024-03`, a week `2024-W10`, a day `2024-03-31`; or two days `2024-03-01..2024-04-01`, the
second one not part of it. A play belongs to the moment it ended.

| rule | a play counts when |
|---|---|
| `30s` | it lasted 30 seconds, or the track was played to its end |
| `half` | it lasted half of the track or 4 minutes; exports tell no duration, and without one this is `30s` |
| `done` | the track was played to its end |
| `any` | it lasted at all |

Counts, distinct items and active days look at counted plays; listening time sums all plays of the range, whatever
the rule. Equal ranks are settled by more listening time, then by the earlier first play, then by name.

## Parameters

Every measure takes these; what else one takes stands with it. A value or a parameter that does not exist is refused
by name, never ignored.

"""
_HEAD = ("parameter", "value", "default", "meaning")


def measures_page() -> str:
    """Make the page.

    Raises:
        LookupError: a parameter or a field of a record says nothing of itself.
    """
    charts = [chart for _, chart in sorted(load_charts().items())]
    records = dict.fromkeys(record for chart in charts for record in records_of(chart.record))
    parts = [_INTRODUCTION + table(_HEAD, map(_parameter, fields(Question)))]
    parts += [*map(_section, charts), "# Records\n"]
    parts += [
        record_section(record) for record in sorted(records, key=lambda record: record.__name__)
    ]
    return "\n".join(parts)


def _section(chart: Chart[Any, Any]) -> str:
    shared = {field.name: (field.type, field.default) for field in fields(Question)}
    own = [
        field
        for field in fields(chart.question)
        if shared.get(field.name) != (field.type, field.default)
    ]
    options = "".join(f" --{name} {value}" for name, value in chart.example.items())
    query = "".join(f"&{urlencode({name: value})}" for name, value in chart.example.items())
    name = chart.record.__name__
    range_ = {} if chart.example.keys() & {"range", "year", "month"} else {"range": "2024"}
    first = "".join(f" --{name} {value}" for name, value in range_.items())
    parts = [
        f"## `{chart.name}`: {chart.title}\n",
        f"{chart.description} {chart.definition}\n",
        f"Answers with [{name}](#{name.lower()}).\n",
        *([table(_HEAD, map(_parameter, own))] if own else []),
        f"```sh\ntonearm stats {chart.name}{first}{options} --json\n```\n",
        f"```http\nGET /api/history/users/me/{chart.name}?{urlencode(range_)}{query}\n```\n".replace(
            "?&", "?"
        ),
    ]
    return "\n".join(parts)


def _parameter(field: FieldInfo) -> Sequence[str]:
    default = "" if field.default is None else f"`{field.default}`"
    value = _value(field.type).removesuffix(" or null")
    return f"`{field.encode_name}`", value, default, _meaning("Question", field)


def record_section(record: type[Struct]) -> str:
    """Tell a record and each of its fields."""
    rows = [
        (f"`{field.encode_name}`", _value(field.type), _meaning(record.__name__, field))
        for field in fields(record)
    ]
    meaning = first_paragraph(record.__doc__)
    return f"## {record.__name__}\n\n{meaning}\n\n{table(('field', 'type', 'meaning'), rows)}"


def _value(kind: Any) -> str:  # noqa: ANN401 - any annotation
    """Put a type into words, with its bounds."""
    words = type_in_words(plain(kind))
    for note in _notes(kind):
        if note.ge is not None or note.le is not None:
            words = f"{words} from {note.ge} to {note.le}"
    return words


def _meaning(owner: str, field: FieldInfo) -> str:
    """Give what a field says of itself; what holds a record, or lines, is told by that record."""
    said = next((note.description for note in _notes(field.type) if note.description), None)
    inner = next(iter(_structs(field.type)), None)
    if said is None and inner is not None:
        said = first_paragraph(inner.__doc__)
    if said is None:
        raise LookupError(f"{owner}.{field.name} says nothing of itself: give it a description.")
    return said


def _notes(kind: Any) -> Iterator[Meta]:  # noqa: ANN401 - any annotation
    if get_origin(kind) is Annotated:
        inner, *notes = get_args(kind)
        yield from (note for note in notes if isinstance(note, Meta))
        yield from _notes(inner)


def plain(kind: Any) -> Any:  # noqa: ANN401 - any annotation
    """Give a type without the notes on it."""
    if get_origin(kind) is Annotated:
        return plain(get_args(kind)[0])
    return kind


def _structs(kind: Any) -> Iterator[type[Struct]]:  # noqa: ANN401 - any annotation
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for inner in get_args(kind):
        yield from _structs(inner)


def records_of(record: type[Struct]) -> Iterator[type[Struct]]:
    """Give a record and those that its fields hold."""
    yield record
    for field in fields(record):
        for inner in _structs(field.type):
            yield from records_of(inner)
