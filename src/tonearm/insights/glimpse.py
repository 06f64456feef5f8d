"""A range for somebody who shall see no more than that: nothing here looks beyond it, except for what is new."""

from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.clock import Clock
from tonearm.insights.records import Heatmap, Record, Timeline, Top, Totals
from tonearm.insights.view import View


class Glimpse(Record, frozen=True):
    """What was heard in a range, and when; every part of it is of the range alone."""

    totals: Totals
    artists: Top
    albums: Top
    tracks: Top
    heatmap: Heatmap
    clock: Clock
    months: Timeline
    days: Timeline


def catch_glimpse(view: View, by: RankBy, limit: int) -> Glimpse:
    """Answer every measure about the range of a view, each ranking with at most `limit` places."""
    ranked = {"limit": limit, "by": by}
    return Glimpse(
        totals=view.ask("totals"),
        artists=view.ask("top-artists", **ranked),
        albums=view.ask("top-albums", **ranked),
        tracks=view.ask("top-tracks", **ranked),
        heatmap=view.ask("heatmap"),
        clock=view.ask("clock"),
        months=view.ask("timeline", unit="month"),
        days=view.ask("timeline", unit="day"),
    )
