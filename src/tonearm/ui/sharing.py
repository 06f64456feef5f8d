"""What visitors of a share see, and what may be chosen about it.

No link of ours stands on it, nor any number by which something could be asked for: charts lose their links, and
rankings are written anew without them.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from msgspec import structs

from tonearm.accounts.people import User
from tonearm.domain.periods import NAMED_PERIODS, Period
from tonearm.history.shared import OpenShare, Share, SharedView, Story
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.month import Month, MonthQuestion
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.charts.year import Year, YearQuestion
from tonearm.insights.glimpse import Glimpse
from tonearm.insights.insights import Insights
from tonearm.insights.question import Item, Question, make_question, period_of
from tonearm.insights.records import Covered, Heatmap, Timeline, Top
from tonearm.speech import gettext as _
from tonearm.ui import asking, formats, months, patterns, portraits, sentences, years
from tonearm.ui.charts import groove as grooves
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.hours import hours
from tonearm.ui.charts.review_picture import review_picture
from tonearm.ui.charts.timeline import timeline
from tonearm.ui.charts.unlinked import unlinked
from tonearm.ui.nouns import items_of, nouns_of
from tonearm.ui.pattern_charts import draw_patterns
from tonearm.ui.picking import today_in
from tonearm.ui.rendering import Frame, render
from tonearm.ui.share_names import RANKED, share_heading
from tonearm.web.services import Services

_WIDE, _NARROW = 1120, 380
FEW_MONTHS = 3
_PLACES = {
    SharedView.TOP_ARTISTS: 50,
    SharedView.TOP_ALBUMS: 50,
    SharedView.TOP_TRACKS: 50,
    SharedView.TOP_SHOWS: 50,
    SharedView.FIVE_ARTISTS: 5,
    SharedView.FIVE_ALBUMS: 5,
    SharedView.FIVE_TRACKS: 5,
}
_USUAL_PLACES = 7
_PANELS: Mapping[SharedView, tuple[Item, ...]] = {
    SharedView.OVERVIEW: ("artists", "tracks", "albums"),
    SharedView.ARTIST: ("tracks", "albums"),
    SharedView.ALBUM: ("tracks",),
}
"""What is ranked below the figures."""
_CHOICES: Mapping[SharedView, tuple[SharedView, ...]] = {
    SharedView.OVERVIEW: (
        SharedView.OVERVIEW,
        SharedView.GROOVE,
        SharedView.MONTHS,
        SharedView.FIVE_ARTISTS,
        SharedView.FIVE_ALBUMS,
        SharedView.FIVE_TRACKS,
    ),
    SharedView.TOP_ARTISTS: (SharedView.TOP_ARTISTS, SharedView.FIVE_ARTISTS),
    SharedView.TOP_ALBUMS: (SharedView.TOP_ALBUMS, SharedView.FIVE_ALBUMS),
    SharedView.TOP_TRACKS: (SharedView.TOP_TRACKS, SharedView.FIVE_TRACKS),
    SharedView.YEAR: (SharedView.YEAR, SharedView.YEAR_PICTURE),
    SharedView.MONTH: (SharedView.MONTH, SharedView.MONTH_PICTURE),
}


def choices_of(view: SharedView, kind: str) -> tuple[SharedView, ...]:
    """Give what can be shared from where a page or panel is, of plays of a kind: the page first, then its panels."""
    offered = next((offered for offered in _CHOICES.values() if view in offered), (view,))
    items = items_of(kind)
    return tuple(one for one in offered if one is view or RANKED.get(one, "tracks") in items)


def ranges_of(share: Share, zone: str) -> Mapping[str, str]:
    """Give the ranges to choose from: as the page has it, and the days that this is at the moment."""
    if share.view.story is not None:
        return _ranges_of_story(share, share.view.story, zone)
    if share.range not in NAMED_PERIODS:
        return {share.range: _("These days, for good")}
    is_all = share.range == "all"
    said = _("Everything, and what comes") if is_all else _moving(share, share.range, zone)
    return {share.range: said, **_fixed(_period(share, share.range, zone), today_in(zone))}


def _ranges_of_story(share: Share, story: Story, zone: str) -> Mapping[str, str]:
    """Give the year or month for good, and the names that move on from it, where it is one of the latest two."""
    period = _period(share, share.range, zone)
    if period.first is None:
        return {}
    is_year = story == "year"
    days = str(period.first.year) if is_year else formats.month(period.first)
    offered = {f"{period.first:%Y}" if is_year else f"{period.first:%Y-%m}": _for_good(days)}
    for name in (f"this_{story}", f"last_{story}"):
        if _period(share, name, zone) == period:
            offered[name] = _moving(share, name, zone)
    return offered


def _period(share: Share, text: str, zone: str) -> Period:
    return period_of(TopQuestion(range=text, zone=zone), share.created_at)


def _moving(share: Share, name: str, zone: str) -> str:
    said = asking.said_range(name, zone, share.created_at)
    return _("{range}, as time goes on").format(range=said)


def _fixed(period: Period, today: date) -> Mapping[str, str]:
    if period.first is None or period.end is None:
        return {}
    text = f"{period.first.isoformat()}..{period.end.isoformat()}"
    last = min(date.fromordinal(period.end.toordinal() - 1), today)
    return {text: _for_good(formats.span(period.first, last))}


def _for_good(days: str) -> str:
    return _("{days}, for good").format(days=days)


def render_share(
    services: Services,
    user: User,
    found: OpenShare,
    frame: Frame,
    *,
    picture: str = "",
    card: str = "",
) -> str:
    """Render what a visitor sees of a share; raises NotFoundError where it is about what is not there any more.

    `frame` has no user: who looks makes no difference. `picture` is where its picture can be had, if it is one, without
    its ending; `card` is the whole address of what stands for it where its link is shown.
    """
    covered, values = _shown(services, user, found)
    addresses = {"picture_address": picture, "card_address": card}
    lane = _lane(found)
    items = items_of(lane)
    panels = [item for item in _PANELS.get(found.share.view, ()) if item in items]
    called = {"nouns": nouns_of(lane), "panels": panels}
    return _render(found.share, frame, user, covered, {**values, **addresses, **called})


def _shown(services: Services, user: User, found: OpenShare) -> tuple[Covered, Mapping[str, Any]]:
    share = found.share
    if share.view.story is not None:
        review = shared_story(services.insights, user, share)
        return review.covered, _story_values(share, review)
    if share.view is SharedView.PATTERNS:
        told = services.insights.patterns(user.id, share_question(found), user.preferences)
        values = {"told": told, "said": patterns, "today": today_in(user.zone)}
        drawn = draw_patterns(told, dates="", hour="", ranking=lambda _item, _first: "")
        charts = {name: unlinked(chart) for name, chart in drawn.items()}
        return told.heatmap.covered, {
            **values,
            **charts,
            **_week(user, told.heatmap, told.clock),
        }
    glimpse = shared_glimpse(services.insights, user, found)
    return glimpse.totals.covered, _glimpse_values(share, user, glimpse)


def shared_glimpse(insights: Insights, user: User, found: OpenShare) -> Glimpse:
    """Give what a share tells that is about neither a story nor patterns."""
    limit = _PLACES.get(found.share.view, _USUAL_PLACES)
    return insights.glimpse(user.id, share_question(found), limit, user.preferences)


def share_picture(
    services: Services, user: User, found: OpenShare, *, is_dark: bool = False
) -> str | None:
    """Give the picture of a year or month that a share shows, in light or dark colours; None for any other share."""
    if not found.share.view.is_picture:
        return None
    story = shared_story(services.insights, user, found.share)
    return str(review_picture(story, is_dark=is_dark))


def _lane(found: OpenShare) -> str:
    """Give the kind of the plays of a share; one about a show is asked of every kind, and has only its own."""
    return found.item.kind if found.item else found.share.kind


def share_question(found: OpenShare) -> TopQuestion:
    """Give what a share asks; no plays but those that visitors may know of are behind its answer."""
    share = found.share
    item = share.view.item
    about = {} if item is None else {item.value: f"#{found.number}"}
    asked: dict[str, object] = {
        "range": share.range,
        "kind": share.kind,
        "rule": share.rule.value,
        "by": share.by.value,
        "private": "in" if share.has_private else "out",
        "hidden": "out",
        "limit": _PLACES.get(share.view, _USUAL_PLACES),
    }
    return make_question(TopQuestion, asked | about)


def share_days(share: Share, covered: Covered) -> str:
    """Name the days of a share; a story that is over by the calendar, even if another one takes its place in time."""
    is_over = share.view.story is not None and share.range.startswith("last_")
    return asking.range_name(covered.range if is_over else share.range, covered)


def shared_story(insights: Insights, user: User, share: Share) -> Year | Month:
    """Give the year or the month of a share, without what was before it."""
    today = today_in(user.zone)
    asked: dict[str, object] = {
        "kind": share.kind,
        "rule": share.rule.value,
        "private": "in" if share.has_private else "out",
        "hidden": "out",
    }
    question: Question
    if share.view.story == "month":
        question = make_question(MonthQuestion, asked | {"month": _month_of(share.range, today)})
    else:
        question = make_question(YearQuestion, asked | {"year": _year_of(share.range, today)})
    review: Year | Month = insights.answer(
        share.view.story or "year", user.id, question, user.preferences
    )
    # What was heard before it is not part of what is shared.
    first = {
        name: tuple(structs.replace(item, is_new=False) for item in getattr(review, name))
        for name in ("artists", "albums", "tracks")
    }
    return structs.replace(review, previous=None, change=None, ratio=None, **first)


def _year_of(text: str, today: date) -> int:
    return int(text) if text.isdecimal() else today.year - (text == "last_year")


def _month_of(text: str, today: date) -> str:
    first = today.replace(day=1)
    named = {"this_month": first, "last_month": first - timedelta(days=1)}
    return f"{named[text]:%Y-%m}" if text in named else text


def story_timeline(review: Year | Month) -> Timeline:
    """Give the months of a year, or the days of a month."""
    if isinstance(review, Month):
        return Timeline(review.covered, "day", review.days)
    return Timeline(review.covered, "month", review.months)


def _story_values(share: Share, review: Year | Month) -> Mapping[str, Any]:
    values = {"review": review, "name": review.covered.range}
    if share.view.is_picture:
        return {**values, "picture": review_picture(review)}
    said = months if isinstance(review, Month) else years
    new = years.discoveries(review)
    return {**values, "said": said, "discoveries": new, **_units(story_timeline(review))}


def _glimpse_values(share: Share, user: User, glimpse: Glimpse) -> Mapping[str, Any]:
    parts = grooves.segments(glimpse.days.items)
    summary = sentences.groove_summary(parts)
    record = unlinked(grooves.groove(parts, summary=summary))
    ranked = RANKED.get(share.view)
    return {
        "glimpse": glimpse,
        "groove": record,
        "groove_said": summary,
        "ranked": getattr(glimpse, ranked) if ranked else None,
        "ranked_one": _(nouns_of(share.kind)[ranked].one) if ranked else "",
        "artist": glimpse.tracks.items[0].artist if glimpse.tracks.items else None,
        "most": _most,
        **_units(glimpse.months),
        **_week(user, glimpse.heatmap, glimpse.clock),
    }


def _most(top: Top) -> int:
    return max(
        (item.plays if top.by == "plays" else item.ms_played for item in top.items), default=0
    )


def _units(units: Timeline) -> Mapping[str, Any]:
    """Draw months, or the days of one, where there are enough of them to see something."""
    if len(units.items) < FEW_MONTHS:
        return {"units": None}
    is_daily = units.unit == "day"
    said = sentences.days(units) if is_daily else sentences.months(units)
    wide, narrow = (
        unlinked(
            timeline(
                units.items,
                summary=sentences.plain(said) or _("Nothing was heard."),
                width=width,
                name=name,
                unit="day" if is_daily else "month",
            )
        )
        for width, name in ((_WIDE, "tl-wide"), (_NARROW, "tl-narrow"))
    )
    return {
        "units": units,
        "units_said": said,
        "timeline_wide": wide,
        "timeline_narrow": narrow,
    }


def _week(user: User, cells: Heatmap, clock: Clock) -> Mapping[str, Any]:
    start = user.presentation.week_start
    peak, said = sentences.peak(cells), portraits.hours_said(clock)
    return {
        "peak": peak,
        "heatmap": unlinked(heatmap(cells.items, summary=sentences.plain(peak), week_start=start)),
        "weekdays": formats.week(start),
        "hours_said": said,
        "hours": unlinked(hours(clock.items, summary=sentences.plain(said), link="")),
    }


def _render(
    share: Share, frame: Frame, user: User, covered: Covered, values: Mapping[str, Any]
) -> str:
    return render(
        "share.html",
        frame,
        share=share,
        covered=covered,
        range_label=share_days(share, covered),
        heading=share_heading(share),
        lanes=asking.LANES,
        rules=asking.RULES,
        zone=user.zone,
        **values,
    )
