"""Find things of the history, in the shape that deep research expects."""

from typing import Annotated

from msgspec import Meta
from pydantic import Field

from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.records import Record
from tonearm.insights.searching import FoundItem
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.periods import NamedPeriod, periods_in
from tonearm.mcp.telling import shown_name
from tonearm.mcp.tool import Tool

PROFILE = "profile"
_MOST_OF_EACH = 8


class SearchArguments(Arguments):
    """What to look for."""

    query: Annotated[str, Field(min_length=1, max_length=200)]
    """Words of a name, or a year, month or day such as 2024-05."""


class SearchResult(Record, frozen=True):
    """Something that was found."""

    id: Annotated[str, Meta(description="What to give to `fetch`.")]
    title: Annotated[str, Meta(description="What it is called.")]
    url: Annotated[str, Meta(description="Its page.")]


class SearchResults(Record, frozen=True):
    """What was found."""

    results: tuple[SearchResult, ...]


def _answer(desk: Desk, given: SearchArguments) -> SearchResults:
    periods, words = periods_in(given.query)
    # Albums are called by years too.
    items = desk.find(words or given.query, _MOST_OF_EACH).items
    results = [*(_period(desk, one) for one in periods), *(_item(desk, one) for one in items)]
    if not results:
        # Not a name: what is asked about may be in the whole.
        results.append(SearchResult(PROFILE, "The listener's whole history", desk.page("/")))
    return SearchResults(tuple(results))


def _period(desk: Desk, period: NamedPeriod) -> SearchResult:
    url = desk.page(period.path, range=period.range)
    return SearchResult(f"{period.unit}:{period.range}", period.title, url)


def _item(desk: Desk, item: FoundItem) -> SearchResult:
    kind = ItemKind(item.item)
    by = f" by {shown_name(item.artist)}" if item.artist else ""
    plays = "1 play" if item.plays == 1 else f"{item.plays:,} plays"
    title = f"{shown_name(item.name)} ({kind}{by}, {plays})"
    return SearchResult(f"{kind}:{item.id}", title, desk.item_page(kind, item.id))


TOOLS = (
    Tool(
        name="search",
        title="Search the history",
        description=(
            "Find artists, albums and tracks of the history by words of their names, and years, months or days "
            "by their dates. Gives ids for `fetch`, and the page of each."
        ),
        arguments=SearchArguments,
        record=SearchResults,
        answer=_answer,
        example={"query": "2024-03"},
    ),
)
