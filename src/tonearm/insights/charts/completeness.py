"""How much of a range imports and polls vouch for, and what would close the gaps."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

import numpy as np
from msgspec import Meta

from tonearm.domain.instants import from_ms
from tonearm.domain.periods import find_zone, start_of_day
from tonearm.domain.vocabulary import Family, GapReason, Rule
from tonearm.history.coverage import FileSet, load_file_sets
from tonearm.history.gaps import Noticed, load_reasons
from tonearm.history.sources import account_plays, manual_plays
from tonearm.insights.axis import Axis
from tonearm.insights.chart import Chart
from tonearm.insights.known_days import KnownDays, Vouchers, known_days
from tonearm.insights.paging import ListQuestion
from tonearm.insights.question import Limit, Side
from tonearm.insights.records import Covered, MsPlayed, Plays, Record
from tonearm.insights.view import View

_DAY_MS = 86_400_000
SOURCES = tuple(family.name.lower() for family in Family)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class CompletenessQuestion(ListQuestion, frozen=True, kw_only=True):
    """What completeness is asked."""

    limit: Limit = 100
    days: Annotated[
        Side, Meta(description="What is known of each local day in or out of the answer.")
    ] = "out"


class CoverageGap(Record, frozen=True):
    """A span that nothing vouches for."""

    from_at: Annotated[datetime, Meta(description="First instant of the gap.")]
    to_at: Annotated[datetime, Meta(description="First instant after it.")]
    days: Annotated[float, Meta(description="Its length in days of 24 hours.")]
    reason: Annotated[str, Meta(description="Why nothing vouches for it, in words.")]
    remedy: Annotated[str, Meta(description="What would close it, in words.")]


class SourcePlays(Record, frozen=True):
    """The plays of one source."""

    source: Annotated[
        str,
        Meta(
            description="Best source: `extended` history, `account` data, a `poll` alone, or `manual`: by hand."
        ),
    ]
    plays: Plays
    ms_played: MsPlayed


class Completeness(Record, frozen=True):
    """What imports and polls vouch for."""

    covered: Covered
    coverage: Annotated[
        float | None,
        Meta(
            description=(
                "Share of the range that imports and polls vouch for; null where nothing of it lies "
                "between the first play of all and now."
            )
        ),
    ]
    partial_share: Annotated[
        float | None,
        Meta(description="The part of that share which is vouched for in part only."),
    ]
    estimated_share: Annotated[
        float, Meta(description="Share of the listening time whose length is estimated.")
    ]
    first_play_at: Annotated[
        datetime | None, Meta(description="First play of all; nothing is missed before it.")
    ]
    last_play_at: Annotated[datetime | None, Meta(description="Last play of all.")]
    gaps: Annotated[int, Meta(description="How many gaps there are.")]
    sources: tuple[SourcePlays, ...]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of shorter gaps; null after the shortest.")
    ]
    items: tuple[CoverageGap, ...]
    days: Annotated[
        tuple[KnownDays, ...] | None,
        Meta(
            description=(
                "The days between the first play of all and now, in order of time, as runs of days of which the "
                "same is known; null unless asked for."
            )
        ),
    ] = None


def _answer(view: View, asked: CompletenessQuestion) -> Completeness:
    covered = view.covered()
    span = view.vouchable()
    partial_share: float | None = None
    if span is not None:
        coverage = view.coverage()
        partial = coverage.every.length_within(*span) - coverage.complete.length_within(*span)
        partial_share = round(partial / (span[1] - span[0]), 6)
    ended_at = view.library.columns.ended_at
    gaps, items, noticed = _longest(view, asked.begin, asked.end)
    return Completeness(
        covered=covered,
        coverage=covered.coverage,
        partial_share=partial_share,
        estimated_share=covered.estimated_share,
        first_play_at=from_ms(int(ended_at[0])) if len(ended_at) else None,
        last_play_at=from_ms(int(ended_at[-1])) if len(ended_at) else None,
        gaps=gaps,
        sources=_sources(view),
        next_cursor=asked.next_cursor(gaps),
        items=items,
        days=_days(view, span, noticed) if asked.days == "in" else None,
    )


def longest_gaps(view: View, limit: int) -> tuple[CoverageGap, ...]:
    """Give the longest gaps of the range of a view, in order of time."""
    return _longest(view, 0, limit)[1]


def _longest(
    view: View, begin: int, end: int
) -> tuple[int, tuple[CoverageGap, ...], list[Noticed]]:
    """Give how many gaps there are, some of them from the longest on, and what was noticed; nothing without a gap."""
    span = view.vouchable()
    gaps = [] if span is None else view.coverage().every.missing_within(*span)
    if not gaps:
        return 0, (), []
    longest = sorted(gaps, key=lambda gap: (gap[0] - gap[1], gap))[begin:end]
    sets = load_file_sets(view.connection, view.user_id)
    noticed = load_reasons(view.connection, view.user_id)
    items = tuple(_gap(view, sets, noticed, *gap) for gap in sorted(longest))
    return len(gaps), items, noticed


def _days(
    view: View, span: tuple[int, int] | None, noticed: Sequence[Noticed]
) -> tuple[KnownDays, ...]:
    if span is None:
        return ()
    imported, polled = view.vouchers()
    complete = view.coverage().complete
    return known_days(*span, view.zone, Vouchers(imported.every, polled, complete, noticed))


def _sources(view: View) -> tuple[SourcePlays, ...]:
    plays = by_source(view, view.rule).sums(*view.counted_rows).tolist()
    ms_played = by_source(view, None).sums(*view.rows).tolist()
    return tuple(map(SourcePlays, SOURCES, plays, ms_played))


def by_source(view: View, rule: Rule | None) -> Axis:
    """Count plays by their best source, by its place among SOURCES, or sum their time where no rule is given."""
    lane = view.lane

    def make() -> Axis:
        ids = lane.id[lane.chosen(rule)]
        alone = lane.once(("account plays",), lambda: account_plays(view.connection, view.user_id))
        labels = np.zeros(len(ids), np.uint8)
        labels[np.isin(ids, alone)] = Family.ACCOUNT
        labels[np.isin(ids, view.estimated())] = Family.POLL
        by_hand = lane.once(("manual plays",), lambda: manual_plays(view.connection, view.user_id))
        labels[np.isin(ids, by_hand)] = Family.MANUAL
        return Axis(labels, len(SOURCES), None if rule else lane.ms_played)

    return lane.once(("sources", rule), make)


def _gap(
    view: View,
    sets: list[FileSet],
    noticed: Sequence[Noticed],
    begin: int,
    end: int,
) -> CoverageGap:
    here = [
        found
        for found in sets
        if found.flaw is not None and found.first_at < end and found.last_at >= begin
    ]
    later = any(found.last_at >= end for found in sets)
    reasons = [
        why for first, last, why in noticed if first < end and (last is None or last > begin)
    ]
    reason = f"No export covers {_spelled(view, begin, end)}"
    # That a page was full says less than what kept the collector from asking earlier.
    reasons.sort(key=lambda why: why is GapReason.PAGE_FULL)
    reason += f", and {reasons[0].meaning}." if reasons else "."
    remedy = "Import a newer extended history."
    if here:
        found = here[-1]
        reason += f" Import {found.import_id} has nothing there, but {found.flaw}."
        if not found.is_account:
            remedy = "Import the whole ZIP of that export again, or a newer extended history."
    elif later:
        remedy = "Import an extended history: it reaches back to the first play."
    return CoverageGap(
        from_at=from_ms(begin),
        to_at=from_ms(end),
        days=round((end - begin) / _DAY_MS, 2),
        reason=reason,
        remedy=remedy,
    )


def _spelled(view: View, begin: int, end: int) -> str:
    """Write a span as people do: whole days without, part of one with the time."""
    zone = find_zone(view.zone)
    start, stop = (from_ms(instant).astimezone(zone) for instant in (begin, end))
    first, last = start.date(), from_ms(end - 1).astimezone(zone).date()
    if first != last:
        is_one_year = first.year == last.year
        return f"{_day(first, has_year=not is_one_year)} to {_day(last)}"
    is_whole = (
        start_of_day(first, zone) == start and start_of_day(first + timedelta(1), zone) == stop
    )
    return _day(first) if is_whole else f"{start:%H:%M} to {stop:%H:%M} on {_day(first)}"


def _day(day: date, *, has_year: bool = True) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}" + (f" {day.year}" if has_year else "")


CHARTS = (
    Chart(
        name="completeness",
        title="Completeness",
        description=(
            "How much of a range imports and polls vouch for, its gaps with what would close them, and plays "
            "by source."
        ),
        definition=(
            "A complete set of extended files (numbered without a hole, none cut off) vouches from its first "
            "valid row to its last. Any other history file vouches, in part, for the local days that have "
            "rows of it, by the clock of the row. Polls vouch for the time from the oldest play of a page to "
            "the moment it was fetched, and since the page before where the two meet: wholly for music, in "
            "part for `all`, for nothing spoken. The coverage is the share of the range that is vouched "
            "for, wholly or in part. Time before the first play of all does not count, nor does the future, nor "
            "what came since Spotify was asked within the hour. "
            "The gaps are listed in order of time; of many, the longest `limit`, and `next_cursor` leads to the "
            "shorter ones. With `days=in` each local day is told of, as far as it lies between the first play of all "
            "and now: what vouches for all of it, that a part is missing, or that it is a gap. The best source of a "
            "play is `extended` where an extended history tells of it. Lengths in exports are measured; those of plays "
            "that polls alone tell of are estimated."
        ),
        drawing="table",
        more_plays={"sources.plays": "trait=from_{source}"},
        question=CompletenessQuestion,
        record=Completeness,
        answer=_answer,
        example={"range": "last_365_days"},
    ),
)
