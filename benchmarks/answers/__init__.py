"""The yardstick and oracle of measures: DuckDB on two threads answers the same questions by SQL.

Its table is in memory and has every column that Tonearm's column store has, and more than that: artist, album, kind,
local day and local hours stand ready in each row, where Tonearm derives them. Names are joined.
"""

from benchmarks.answers import company, habits, portraits, rankings, stories
from benchmarks.answers.asking import Asked, Measure, Part, ask, connect, midnight_ms
from benchmarks.synthetic import History

__all__ = ["Asked", "Measure", "Part", "ask", "connect", "measures_of", "midnight_ms"]


def measures_of(history: History) -> tuple[Measure, ...]:
    """Give every measure to compare over a history."""
    return (
        *rankings.MEASURES,
        *habits.MEASURES,
        *stories.measures_of(history),
        *company.measures_of(history),
        *portraits.MEASURES,
    )
