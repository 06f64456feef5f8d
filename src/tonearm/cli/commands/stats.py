"""`tonearm stats`: every measure of the catalogue on the command line."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from tonearm.cli.session import UsageError, listener, opened, print_json, say

if TYPE_CHECKING:
    from tonearm.insights.records import Covered

_HOUR_MS = 3_600_000


def stats(
    measure: str | None = None,
    /,
    *,
    range: str = "all",
    rule: Literal["30s", "half", "done", "any"] = "30s",
    kind: Literal["music", "podcast", "audiobook", "all"] = "music",
    by: Literal["plays", "time"] | None = None,
    limit: int | None = None,
    unit: Literal["day", "week", "month", "year"] | None = None,
    zone: str | None = None,
    user: str | None = None,
    json: bool = False,
) -> None:
    """Answer a measure, or list the measures there are.

    Args:
        measure: Which one; without it they are listed.
        range: A named period such as this_year or last_30_days, YYYY, YYYY-MM, YYYY-Www, YYYY-MM-DD, or FROM..TO.
        rule: What counts as a play.
        kind: Which lane.
        by: Rank by plays (default) or by listening time.
        limit: How many items of a ranking, 10 unless said.
        unit: Unit of the timeline, month unless said.
        zone: IANA time zone; the listener's own unless named.
        user: Whose history; the owner's unless named.
        json: Print one JSON document.
    """
    from tonearm.domain.vocabulary import RankBy, Rule  # noqa: PLC0415 - `--help` does not need it
    from tonearm.insights.chart import load_charts  # noqa: PLC0415 - the same
    from tonearm.insights.question import Question  # noqa: PLC0415 - the same

    if measure is None:
        _list_measures(load_charts(), json=json)
        return
    chart = load_charts().get(measure)
    if chart is None:
        raise UsageError(f"There is no measure '{measure}'. There are {', '.join(load_charts())}.")
    chosen: dict[str, Any] = {"by": by and RankBy(by), "limit": limit, "unit": unit}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    for name in chosen:
        if name not in chart.parameters:
            raise UsageError(f"{measure} does not take --{name}.")
    with opened() as tonearm:
        person = listener(tonearm, user)
        question = Question(
            range=range, zone=zone or person.zone, rule=Rule(rule), kind=kind, **chosen
        )
        answer = tonearm.insights.answer(measure, person.id, question)
    if json:
        print_json(answer)
    else:
        _print(chart.title, answer)


def _list_measures(charts: Mapping[str, Any], *, json: bool) -> None:
    if json:
        print_json(
            {
                "items": [
                    {"name": name, "title": chart.title, "description": chart.description}
                    for name, chart in charts.items()
                ]
            }
        )
        return
    for name, chart in charts.items():
        say(f"{name:<14} {chart.description}")


def _print(title: str, answer: Any) -> None:  # noqa: ANN401 - each measure has its record
    from rich.console import Console  # noqa: PLC0415 - only people read tables
    from rich.table import Table  # noqa: PLC0415 - the same

    console = Console()
    table = Table(title=title, caption=_caption(answer.covered), box=None, header_style="bold")
    items = getattr(answer, "items", None)
    if items is None:
        table.add_column("measure")
        table.add_column("value", justify="right")
        for field in fields(answer):
            value = getattr(answer, field.name)
            if not is_dataclass(value):
                table.add_row(_label(field.name), _shown(field.name, value))
        console.print(table)
        return
    if not items:
        say("Nothing was played in this range.")
        return
    names = [
        field.name
        for field in fields(items[0])
        if field.name != "id" and any(getattr(item, field.name) is not None for item in items)
    ]
    for name in names:
        is_text = isinstance(getattr(items[0], name), str) or name in ("name", "artist")
        table.add_column(_label(name), justify="left" if is_text else "right")
    for item in items:
        table.add_row(*(_shown(name, getattr(item, name)) for name in names))
    console.print(table)


def _label(name: str) -> str:
    return (
        name.removesuffix("_at")
        .replace("ms_played", "hours")
        .replace("ms_", "hours_")
        .replace("_", " ")
    )


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    if name.startswith("ms_") and isinstance(value, int):
        return f"{value / _HOUR_MS:,.1f}"
    if name == "share" and isinstance(value, float):
        return f"{value:.1%}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _caption(covered: "Covered") -> str:
    span = "no plays"
    if covered.from_at and covered.to_at:
        span = f"{covered.from_at:%Y-%m-%d %H:%M} to {covered.to_at:%Y-%m-%d %H:%M} UTC"
    return f"{covered.range}: {span} · {covered.zone} · rule {covered.rule} · {covered.kind}"


COMMAND = stats
