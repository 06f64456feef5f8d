"""Everything that the page of patterns shows, of one version of the history."""

from tonearm.insights.calendar import span_of
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.concentration import Concentration
from tonearm.insights.charts.context import Contexts
from tonearm.insights.charts.discovery import Discovery
from tonearm.insights.charts.repeat import Repeat
from tonearm.insights.charts.sessions import SessionsAnswer
from tonearm.insights.charts.skips import Skips
from tonearm.insights.charts.streaks import Streaks
from tonearm.insights.records import Heatmap, Record
from tonearm.insights.view import View

_SHOWN = 5
_MONTH_DAYS = 31


class Patterns(Record, frozen=True):
    """How somebody listens in a range: when, how long, how often again, and where."""

    heatmap: Heatmap
    clock: Clock
    streaks: Streaks
    sessions: SessionsAnswer
    repeat: Repeat
    discovery: Discovery
    artists: Concentration
    tracks: Concentration
    skips: Skips
    platforms: Contexts
    countries: Contexts


def find_patterns(view: View) -> Patterns:
    """Answer every measure of the page about one view; what was new by day where that is a month at most."""
    span = span_of(view)
    is_short = span is not None and (span[1] - span[0]).days <= _MONTH_DAYS
    return Patterns(
        heatmap=view.ask("heatmap"),
        clock=view.ask("clock"),
        streaks=view.ask("streaks", limit=_SHOWN),
        sessions=view.ask("sessions", limit=_SHOWN),
        repeat=view.ask("repeat", limit=_SHOWN),
        discovery=view.ask("discovery", unit="day" if is_short else "month", limit=_SHOWN),
        artists=view.ask("concentration", item="artists"),
        tracks=view.ask("concentration", item="tracks"),
        skips=view.ask("skips", limit=_SHOWN),
        platforms=view.ask("context", aspect="platform", unit="year"),
        countries=view.ask("context", aspect="country", unit="year"),
    )
