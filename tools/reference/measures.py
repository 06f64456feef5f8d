"""The page of measures."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints

from tonearm.domain.periods import NAMED_PERIODS
from tonearm.insights.chart import Chart, load_charts
from tonearm.insights.question import MOST_ITEMS
from tonearm.insights.records import Covered
from tools.reference.tables import first_paragraph, record_rows, table

_MEANINGS = {
    "covered": "What the answer speaks of.",
    "items": "Its lines, in order.",
    "plays": "Plays that the rule counts.",
    "ms_played": "Listening time of all plays, counted or not, in milliseconds.",
    "tracks": "Distinct tracks among the counted plays.",
    "albums": "Distinct albums among the counted plays.",
    "artists": "Distinct artists among the counted plays.",
    "active_days": "Local days with a counted play.",
    "ms_per_active_day": "Listening time by active day, in milliseconds.",
    "rank": "Place, from 1.",
    "id": "Number of the item here; another instance has other numbers.",
    "name": "Name of the item.",
    "first_play_at": "First counted play in the range; null where only uncounted ones are.",
    "last_play_at": "Last such play.",
    "by": "What it is ordered by.",
    "hour": "Local hour, from 0 to 23.",
    "unit": "Unit of the calendar.",
    "starts_on": "First local day of the unit.",
    "zone": "Time zone of days and hours.",
    "rule": "What counts as a play.",
    "kind": "Which lane.",
    "history_version": "Grows with every change of the history.",
}
_COVERED = {
    **_MEANINGS,
    "last_play_at": "Last play in the range, counted or not.",
}
_EXAMPLES = {"by": "time", "limit": "5", "unit": "year"}
_INTRODUCTION = f"""# Measures

A measure has one definition, whichever way it is asked: on the command line, over REST or on a page. Each answer
says what it covers: the range, the zone, the rule and the lane.

## Parameters

| parameter | value | default | meaning |
|---|---|---|---|
| `range` | see below | `all` | Whole local days. |
| `zone` | an IANA name such as `Europe/Berlin` | the listener's own | Where days and hours are counted. |
| `rule` | `30s`, `half`, `done`, `any` | `30s` | What counts as a play, see below. |
| `kind` | `music`, `podcast`, `audiobook`, `all` | `music` | The lane; they do not mix unless asked to. |
| `by` | `plays`, `time` | `plays` | What a ranking is ordered by. |
| `limit` | 1 to {MOST_ITEMS} | 10 | Most lines of a ranking. |
| `unit` | `day`, `week`, `month`, `year` | `month` | Unit of a timeline; weeks begin on Monday. |

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
"""


def measures_page() -> str:
    """Make the page.

    Raises:
        LookupError: a field of a record has no meaning.
    """
    charts = [chart for _, chart in sorted(load_charts().items())]
    records = dict.fromkeys(record for chart in charts for record in _records(chart.record))
    parts = [_INTRODUCTION, *map(_section, charts), "# Records\n"]
    parts += [_record(record, _MEANINGS) for record in records]
    return "\n".join([*parts, _record(Covered, _COVERED)])


def _record(record: Any, recurring: dict[str, str]) -> str:  # noqa: ANN401 - any dataclass
    rows = record_rows(record, recurring)
    meaning = first_paragraph(record.__doc__)
    return f"## {record.__name__}\n\n{meaning}\n\n{table(('field', 'type', 'meaning'), rows)}"


def _section(chart: Chart[Any]) -> str:
    name = chart.record.__name__
    own = sorted(chart.parameters)
    takes = ", ".join(f"`{name}`" for name in ("range", "zone", "rule", "kind", *own))
    options = "".join(f" --{name} {_example(name)}" for name in own)
    query = "".join(f"&{name}={_example(name)}" for name in own)
    parts = [
        f"## `{chart.name}`: {chart.title}\n",
        f"{chart.description}\n",
        f"Takes {takes}. Answers with [{name}](#{name.lower()}).\n",
        f"```sh\ntonearm stats {chart.name} --range 2024{options} --json\n```\n",
        f"```http\nGET /api/history/users/me/{chart.name}?range=2024{query}\n```\n",
    ]
    return "\n".join(parts)


def _example(name: str) -> str:
    return _EXAMPLES[name]


def _records(record: Any) -> Iterator[Any]:  # noqa: ANN401 - any dataclass
    """Give a record and those that its fields hold, without what is covered."""
    yield record
    for annotation in get_type_hints(record).values():
        for inner in get_args(annotation) or (annotation,):
            if is_dataclass(inner) and inner is not Covered:
                yield from _records(inner)
