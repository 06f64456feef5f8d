"""Everything that the overview shows, of one version of the history."""

from tonearm.domain.periods import Period, find_zone, resolve_period
from tonearm.domain.vocabulary import Kind, RankBy
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.completeness import CoverageGap, longest_gaps
from tonearm.insights.charts.milestones import Milestones
from tonearm.insights.charts.streaks import Streaks
from tonearm.insights.discoveries import discovery_totals
from tonearm.insights.question import Item
from tonearm.insights.records import DiscoveryTotals, Heatmap, Record, Timeline, Top, Totals
from tonearm.insights.trends import Trend, list_trends
from tonearm.insights.view import View

_ITEMS = 7
_SHOWS = 5
_MILESTONES = 4
_GAPS = 100
_RANKED: tuple[Item, ...] = ("artists", "albums", "tracks")


class Latest(Record, frozen=True):
    """What was new of late, for whom everything was new once."""

    range: str
    """The last 30 days, or the month of the last play where they are silent."""
    totals: DiscoveryTotals


class Overview(Record, frozen=True):
    """A range at a glance, and the months and days of all the years."""

    totals: Totals
    previous: Totals | None
    """Of the period before; None for `all`."""
    artists: Top
    albums: Top
    tracks: Top
    heatmap: Heatmap
    clock: Clock
    streaks: Streaks
    discovery: DiscoveryTotals
    milestones: Milestones
    trends: dict[str, dict[int, Trend]]
    """Of what is ranked, by its number."""
    months: Timeline
    """Months of the whole history, whatever the range."""
    days: Timeline
    """Days of the whole history."""
    shows: Top | None = None
    """Podcasts, beside music; None where the overview is of what is spoken."""
    latest: Latest | None = None
    """Of `all`."""
    gaps: tuple[CoverageGap, ...] = ()
    """The longest ones of the range, in order of time."""


def draw_overview(view: View, by: RankBy) -> Overview:
    """Draw the overview of a view."""
    whole = view.shifted(Period(None, None))
    before = view.period.previous_named
    ranked = {"limit": _ITEMS, "by": by}
    tops: dict[Item, Top] = {item: view.ask(f"top-{item}", **ranked) for item in _RANKED}
    trends: dict[str, dict[int, Trend]] = {
        item: list_trends(view, item, (one.id for one in top.items)) for item, top in tops.items()
    }
    shows: Top | None = None
    if view.selection.kind in (Kind.MUSIC, "all"):
        spoken = view.of_kind(Kind.PODCAST)
        shows = spoken.ask("top-shows", limit=_SHOWS, by=by)
        trends["shows"] = list_trends(spoken, "artists", (one.id for one in shows.items))
    months: Timeline = whole.ask("timeline", unit="month")
    return Overview(
        totals=view.ask("totals"),
        previous=None if before is None else view.shifted(before).ask("totals"),
        artists=tops["artists"],
        albums=tops["albums"],
        tracks=tops["tracks"],
        heatmap=view.ask("heatmap"),
        clock=view.ask("clock"),
        streaks=view.ask("streaks", limit=1),
        discovery=discovery_totals(view),
        milestones=view.ask("milestones", limit=_MILESTONES),
        trends=trends,
        months=months,
        days=whole.ask("timeline", unit="day"),
        shows=shows,
        latest=_latest(view, months) if view.period == Period(None, None) else None,
        gaps=longest_gaps(view, _GAPS),
    )


def _latest(view: View, months: Timeline) -> Latest | None:
    """Give what was new in the last 30 days; where they are silent, in the last month that is not."""
    heard = [f"{month.starts_on:%Y-%m}" for month in months.items if month.plays]
    for named in ("last_30_days", *heard[-1:]):
        of_late = view.shifted(resolve_period(named, view.now, find_zone(view.zone)), named)
        totals = discovery_totals(of_late)
        if totals.plays:
            return Latest(named, totals)
    return None
