"""What tests of single measures share: questions to ask of any measure, in hard zones and ranges."""

from datetime import UTC, datetime
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tonearm.domain.vocabulary import Rule
from tonearm.insights.question import Question

ABOUT_ONE = ("loyalty", "neighbours", "ranks")
"""The measures that want to be told which artist, album or track they are about."""
NOW = datetime(2024, 4, 2, 9, 30, tzinfo=UTC)
QUICK = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ZONES = ("Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia")
BOUNDED = (
    "2010", "2011", "2023", "2024", "2011-12", "2010-11", "2024-01", "2024-03", "2024-10",
    "2024-W13", "2010-W44", "2011-12-29", "2011-12-31", "2010-11-06", "2024-03-31", "2024-10-27",
    "2010-11-06..2010-11-08", "2011-12-29..2012-01-02", "2023-12-30..2024-03-31",
    "2008-02-29..2024-03-31", "last_week", "this_year", "last_365_days",
)  # fmt: skip
_Asked = TypeVar("_Asked", bound=Question)


def questions(
    kind: type[_Asked], ranges: tuple[str, ...] = ("all", "all", *BOUNDED), **own: object
) -> st.SearchStrategy[_Asked]:
    """Draw questions of a measure; `own` are strategies for its own parameters."""
    shared = {
        "range": st.sampled_from(ranges),
        "zone": st.sampled_from(ZONES),
        "rule": st.sampled_from(Rule),
        "kind": st.sampled_from(("music", "music", "all", "podcast", "audiobook")),
    }
    return st.builds(kind, **{**shared, **own})  # type: ignore[arg-type] # strategies all


def near(found: float | None, expected: float | None) -> bool:
    """Tell whether a share is the expected one, rounded to six places."""
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) < 1e-6
