"""Everything that the overview shows, of one version of the history."""

from tonearm.domain.periods import Period
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.milestones import Milestones
from tonearm.insights.charts.streaks import Streaks
from tonearm.insights.discoveries import discovery_totals
from tonearm.insights.question import Item
from tonearm.insights.records import DiscoveryTotals, Heatmap, Record, Timeline, Top, Totals
from tonearm.insights.trends import Trend, list_trends
from tonearm.insights.view import View

_ITEMS = 7
_MILESTONES = 4
_RANKED: tuple[Item, ...] = ("artists", "albums", "tracks")


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
    trends: dict[Item, dict[int, Trend]]
    """Of what is ranked, by its number."""
    months: Timeline
    """Months of the whole history, whatever the range."""
    days: Timeline
    """Days of the whole history."""


def draw_overview(view: View, by: RankBy) -> Overview:
    """Draw the overview of a view."""
    whole = view.shifted(Period(None, None))
    before = view.period.previous_named
    ranked = {"limit": _ITEMS, "by": by}
    tops: dict[Item, Top] = {item: view.ask(f"top-{item}", **ranked) for item in _RANKED}
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
        trends={
            item: list_trends(view, item, (one.id for one in top.items))
            for item, top in tops.items()
        },
        months=whole.ask("timeline", unit="month"),
        days=whole.ask("timeline", unit="day"),
    )
