"""Charts to take along: each as a table (CSV), as data (JSON), and where it is drawn, as a picture (SVG and PNG)."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import asdict, fields

from tonearm.domain.errors import InvalidInputError
from tonearm.insights.chart import load_charts
from tonearm.insights.charts.context import Contexts
from tonearm.insights.insights import to_json
from tonearm.insights.question import Item, Question, make_question
from tonearm.insights.records import Covered
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats, pattern_charts, patterns, portraits, sentences
from tonearm.ui.asking import Ask
from tonearm.ui.assets import STATIC_DIR
from tonearm.ui.charts.calendar import calendar_days, calendar_picture
from tonearm.ui.charts.groove import groove, segments
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.hours import hours
from tonearm.ui.charts.timeline import timeline
from tonearm.ui.charts.unlinked import unlinked
from tonearm.ui.charts.world import Visited, world
from tonearm.ui.nouns import items_of, nouns_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OPENING = re.compile(r'<svg class="([\w -]+)" viewBox="0 0 (\d+) (\d+)">')
_MARGIN, _CAPTION, _SMALLEST = 0.04, 0.02, 14
_LARGEST = 1200


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A chart that can be taken along."""

    title: str
    measure: str
    own: Mapping[str, str] = field(default_factory=dict)
    """What the measure is asked beside the question of the page."""
    rows: str = "items"
    """The field of the answer that holds the lines of the table."""
    draw: Callable[[Any, int], Markup] | None = None
    """Draws an answer, with the day that weeks begin with; None where there is only a table."""
    is_list: bool = False
    """Whether its lines are a list, of which measures give a part, and the file all."""
    items: tuple[str, ...] = ()
    """Which items the measure is asked about, each for itself, where it is of several; all answers are drawn in one."""
    ranks: Item | None = None
    """Of which items it is a ranking; it is called as they are among what was heard."""

    def called(self, kind: str) -> str:
        """Give its title where it tells of plays of a kind."""
        return _(nouns_of(kind)[self.ranks].many if self.ranks else self.title)

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that it comes in."""
        return ("csv", "json", "svg", "png") if self.draw else ("csv", "json")

    def questions(self, asked: Mapping[str, str]) -> list[Question]:
        """Give the questions to its measure, one unless it is of several items; raises InvalidInputError."""
        fixed = {
            *self.own,
            *(["item"] if self.items else ()),
            *(["limit", "cursor"] if self.is_list else ()),
        }
        for name in fixed & asked.keys():
            raise InvalidInputError(
                f"This file has its own `{name}`. Leave it out.", parameter=name
            )
        kind = load_charts()[self.measure].question
        own = [{"item": item} for item in self.items] or [{}]
        return [make_question(kind, {**asked, **self.own, **one}) for one in own]

    def table(self, answers: Sequence[Any]) -> str:
        """Give the lines of the answers to its questions as CSV."""
        lines = [(answer, row) for answer in answers for row in getattr(answer, self.rows)]
        about = [answer.item for answer, _row in lines] if self.items else ()
        return as_csv([row for _answer, row in lines], about)

    def data(self, answers: Sequence[Any]) -> bytes:
        """Give the answers as JSON: a list of them if it is of several items."""
        return to_json(answers if self.items else answers[0])

    def drawing(self, answers: Sequence[Any], week_start: int) -> Markup:
        """Draw the answers of a chart that is drawn; weeks begin on a day."""
        if self.draw is None:
            raise ValueError(f"{self.title} is a table")
        return self.draw(answers if self.items else answers[0], week_start)


def _heatmap(told: Any, week_start: int) -> Markup:  # noqa: ANN401 - the answer of its measure
    return heatmap(told.items, summary=sentences.plain(sentences.peak(told)), week_start=week_start)


def _hours(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    said = sentences.plain(portraits.hours_said(told))
    return hours(told.items, summary=said, link="")


def _months(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    said = sentences.plain(sentences.months(told))
    return timeline(told.items, summary=said, width=1120, name="tl-file")


def _daily(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    said = sentences.plain(sentences.days(told))
    return timeline(told.items, summary=said, width=1120, name="tl-file", unit="day")


def _record(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    parts = segments(told.items)
    return groove(parts, summary=sentences.groove_summary(parts))


def _days(told: Any, week_start: int) -> Markup:  # noqa: ANN401 - the same
    return calendar_picture(calendar_days(told.days), week_start=week_start)


def map_of(countries: Contexts, link: Callable[[str], str]) -> Markup:
    """Draw the countries of plays on a map; `link` gives where the plays of one are listed."""
    visited = [
        Visited(
            one.value,
            one.plays,
            f"{formats.country(one.value)}: {formats.counted(one.plays, 'play')}",
            link(one.value),
        )
        for one in countries.values
        if one.value is not None and one.plays
    ]
    return world(visited, summary=sentences.plain(patterns.context_said(countries)))


def _map(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the answer of its measure
    return map_of(told, lambda _country: "")


def _session_hours(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    return pattern_charts.draw_session_hours(told)


def _new_artists(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    return pattern_charts.draw_new_artists(told, width=1120, name="tl-file")


def _skip_hours(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    return pattern_charts.draw_skip_hours(told)


def _streaks(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    return pattern_charts.draw_streaks(told)


def _repeat(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    return pattern_charts.draw_repeat(told)


def _platforms(told: Any, _start: int) -> Markup:  # noqa: ANN401 - the same
    return pattern_charts.draw_platforms(told)


def _held(told: Any, _start: int) -> Markup:  # noqa: ANN401 - an answer for each kind of item
    return pattern_charts.draw_held(told)


CHART_FILES: Mapping[str, ChartFile] = {
    "record": ChartFile(N_("The record"), "timeline", {"unit": "day"}, draw=_record),
    "months": ChartFile(N_("Month by month"), "timeline", {"unit": "month"}, draw=_months),
    "daily": ChartFile(N_("Time by day"), "timeline", {"unit": "day"}, draw=_daily),
    "heatmap": ChartFile(N_("Hours of the week"), "heatmap", draw=_heatmap),
    "clock": ChartFile(N_("Hours of the day"), "clock", draw=_hours),
    "artists": ChartFile(N_("Artists"), "top-artists", is_list=True, ranks="artists"),
    "albums": ChartFile(N_("Albums"), "top-albums", is_list=True, ranks="albums"),
    "tracks": ChartFile(N_("Tracks"), "top-tracks", is_list=True, ranks="tracks"),
    "shows": ChartFile(N_("Shows"), "top-shows", is_list=True),
    "streaks": ChartFile(N_("Days in a row"), "streaks", draw=_streaks, is_list=True),
    "sessions": ChartFile(N_("The longest sessions"), "sessions", rows="longest", is_list=True),
    "session-hours": ChartFile(
        N_("When sessions begin"), "sessions", rows="hours", draw=_session_hours
    ),
    "discovery": ChartFile(
        N_("What was new, by month"), "discovery", {"unit": "month"}, draw=_new_artists
    ),
    "discovery-daily": ChartFile(
        N_("What was new, by day"), "discovery", {"unit": "day"}, draw=_new_artists
    ),
    "rediscovered": ChartFile(N_("What came back"), "discovery", rows="rediscovered", is_list=True),
    "repeat": ChartFile(N_("Played most"), "repeat", draw=_repeat, is_list=True),
    "concentration": ChartFile(
        N_("How much the first ones hold"), "concentration", items=("artists", "tracks"), draw=_held
    ),
    "skips": ChartFile(N_("Skips by hour"), "skips", draw=_skip_hours),
    "skipped": ChartFile(N_("Skipped most"), "skips", rows="artists", is_list=True),
    "platforms": ChartFile(
        N_("On what"), "context", {"aspect": "platform"}, rows="values", draw=_platforms
    ),
    "days": ChartFile(N_("Day by day"), "completeness", {"days": "in"}, rows="days", draw=_days),
    "countries": ChartFile(N_("Where"), "context", {"aspect": "country"}, rows="values", draw=_map),
}
"""The charts of all pages, by the name in their address."""
_OVERVIEW = ("record", "months", "heatmap", "clock", "artists", "albums", "tracks")
_PATTERNS = (
    "heatmap", "clock", "session-hours", "sessions", "discovery", "discovery-daily", "rediscovered", "concentration",
    "skips", "skipped", "streaks", "repeat", "platforms", "countries",
)  # fmt: skip
_OF_ITEMS = {
    "artists": ("months", "heatmap", "clock", "tracks", "albums"),
    "albums": ("months", "heatmap", "clock", "tracks"),
    "tracks": ("months", "heatmap", "clock"),
}
# Of all the years, whatever the range of the page.
_WHOLE = frozenset({"record", "months"})


def files_here(here: str, ask: Ask, kind: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give the charts of the page at a path, as it is asked: the title of each, its forms and their paths.

    `kind` is that of the plays that it tells of, even if it is asked of all of them.
    """
    place, _slash, last = here.removeprefix("/").partition("/")
    asked = {"range": ask.range, "kind": ask.kind, "rule": ask.rule}
    names: Sequence[str] = _PATTERNS if place == "patterns" else _OVERVIEW
    if place == "top":
        names = (last,)
    elif place == "years":
        names = ("daily" if "/" in last else "months", "artists", "albums", "tracks")
    elif place in _OF_ITEMS:
        names, asked = _OF_ITEMS[place], asked | {place.removesuffix("s"): f"#{last}"}
    for name in names:
        if name == "albums" and place != "top" and name not in items_of(kind):
            continue
        own = {"range": "all"} if name in _WHOLE and place != "years" else {}
        by = {"by": ask.by} if name in ("artists", "albums", "tracks", "shows") else {}
        yield CHART_FILES[name].called(kind), list(_forms(name, asked | own | by))


def files_line(name: str, covered: Covered, base: str) -> Markup:
    """Write the links below a chart that shows what `covered` says; `base` is the prefix that a proxy puts in front."""
    asked = dict(parse_qsl(covered.plays.partition("?")[2]))
    asked.pop("counted", None)
    links = Markup(", ").join(
        Markup('<a href="{}{}" download>{}</a>').format(base, path, form.upper())
        for form, path in _forms(name, asked)
    )
    title = CHART_FILES[name].called(covered.kind)
    return Markup(
        '<p class="note files"><span class="visually-hidden">{}: </span>{} {}</p>'
    ).format(title, _("Take it along:"), links)


def _forms(name: str, asked: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    query = urlencode(asked, safe=".")
    for form in CHART_FILES[name].forms:
        yield form, f"/charts/{name}.{form}?{query}"


def as_csv(rows: Sequence[Struct], items: Sequence[str] = ()) -> str:
    """Give lines as comma-separated values with a header; times in ISO 8601, UTC. Lists inside a line are left out.

    Where `items` says of each line what it is about, that is its first column.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if rows:
        plain = [
            one.encode_name
            for one in fields(rows[0])
            if not isinstance(getattr(rows[0], one.name), tuple | Struct)
        ]
        about = [[item] for item in items] or [[]] * len(rows)
        writer.writerow([*(["item"] if items else []), *plain])
        writer.writerows(
            [*item, *(_cell(asdict(row)[name]) for name in plain)]
            for item, row in zip(about, rows, strict=True)
        )
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    # A spreadsheet would run a name that begins like a formula; the apostrophe makes it text.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def as_picture(drawing: Markup, caption: str, *, is_dark: bool = False) -> str:
    """Give a chart as a file that needs nothing else: without links, in the colours of a theme, with its caption."""
    name, width, height, inside = opened(drawing)
    margin, size = round(width * _MARGIN), max(round(width * _CAPTION), _SMALLEST)
    line = round(size * 2.4)
    whole = width + 2 * margin, height + 2 * margin + line
    scale = min(_LARGEST / max(whole), 2)
    opening = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="{}" viewBox="{} {} {} {}" width="{}" height="{}" '
        'preserveAspectRatio="none">'
        '<style>{}svg text.caption{{font-size:{}px}}</style><rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>'
        '<text class="caption" x="0" y="{}">{}</text>'
    ).format(
        name,
        -margin,
        -margin,
        *whole,
        round(whole[0] * scale),
        round(whole[1] * scale),
        picture_style(is_dark=is_dark),
        size,
        -margin,
        -margin,
        *whole,
        picture_colours(is_dark=is_dark)["bg"],
        height + line,
        caption,
    )
    return opening + inside


def opened(drawing: Markup) -> tuple[str, int, int, Markup]:
    """Give of a chart its name, its width and height, and what is drawn after its opening tag, without links."""
    found = _OPENING.match(drawing)
    if found is None:
        raise ValueError("a chart does not begin as charts do")
    return found[1], int(found[2]), int(found[3]), unlinked(drawing[found.end() :])


@cache
def picture_colours(*, is_dark: bool = False) -> Mapping[str, str]:
    """Give the tokens of the style sheet in the colours of paper, or of night."""
    style = _sheet()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\);", style)
    found = {name: dark if is_dark else light for name, light, dark in pairs}
    return found | dict(re.findall(r"--(serif|sans): ([^;]+);", style))


@cache
def picture_style(*, is_dark: bool = False) -> Markup:
    """Give the rules of the style sheet for charts, with every token put in."""
    tokens = picture_colours(is_dark=is_dark)
    layer = _sheet().partition("@layer charts {")[2].partition("@media")[0]
    rules = [
        rule.strip() for rule in re.findall(r"[^{}]+\{[^{}]*\}", layer) if ":hover" not in rule
    ]
    text = "".join(rule for rule in rules if not rule.startswith(".tl-narrow"))
    text = re.sub(r"light-dark\((#\w+), (#\w+)\)", r"\2" if is_dark else r"\1", text)
    text = re.sub(r"var\(--([\w-]+)\)", lambda found: tokens[found[1]], text)
    text += f"svg text.caption{{font-family:{tokens['sans']};fill:{tokens['ink2']}}}"
    return Markup(text)  # noqa: S704 # nosec B704 - of a file of ours


def _sheet() -> str:
    return (STATIC_DIR / "style.css").read_text(encoding="utf-8")
