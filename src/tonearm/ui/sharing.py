"""What visitors of a share see, and what may be chosen about it.

No link of ours stands on it, nor any number by which something could be asked for: charts lose their links, and
rankings are written anew without them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import structs

from tonearm.accounts.people import User
from tonearm.domain.periods import Period
from tonearm.history.shared import OpenShare, Share, SharedView
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.charts.year import Year, YearQuestion
from tonearm.insights.glimpse import Glimpse
from tonearm.insights.insights import Insights
from tonearm.insights.question import make_question, period_of
from tonearm.insights.records import Covered, Heatmap, Timeline, Top
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import asking, formats, patterns, portraits, sentences, years
from tonearm.ui.charts import groove as grooves
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.hours import hours
from tonearm.ui.charts.review_picture import year_picture
from tonearm.ui.charts.timeline import timeline
from tonearm.ui.charts.unlinked import unlinked
from tonearm.ui.picking import today_in
from tonearm.ui.rendering import Frame, render
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
RANKED: Mapping[SharedView, tuple[str, str]] = {
    SharedView.TOP_ARTISTS: ("artists", N_("Artist")),
    SharedView.TOP_ALBUMS: ("albums", N_("Album")),
    SharedView.TOP_TRACKS: ("tracks", N_("Track")),
    SharedView.TOP_SHOWS: ("artists", N_("Show")),
    SharedView.FIVE_ARTISTS: ("artists", N_("Artist")),
    SharedView.FIVE_ALBUMS: ("albums", N_("Album")),
    SharedView.FIVE_TRACKS: ("tracks", N_("Track")),
}
_HEADINGS: Mapping[SharedView, str] = {
    SharedView.OVERVIEW: N_("Listening"),
    SharedView.TOP_ARTISTS: N_("Artists"),
    SharedView.TOP_ALBUMS: N_("Albums"),
    SharedView.TOP_TRACKS: N_("Tracks"),
    SharedView.TOP_SHOWS: N_("Shows"),
    SharedView.YEAR: N_("A year in review"),
    SharedView.PATTERNS: N_("Patterns"),
    SharedView.GROOVE: N_("The record"),
    SharedView.MONTHS: N_("Month by month"),
    SharedView.FIVE_ARTISTS: N_("First five artists"),
    SharedView.FIVE_ALBUMS: N_("First five albums"),
    SharedView.FIVE_TRACKS: N_("First five tracks"),
    SharedView.YEAR_PICTURE: N_("A year in music"),
}
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
}


def choices_of(view: SharedView) -> tuple[SharedView, ...]:
    """Give what can be shared from where a page or panel is: the page first, then its panels."""
    return next((offered for offered in _CHOICES.values() if view in offered), (view,))


def ranges_of(share: Share, zone: str) -> Mapping[str, str]:
    """Give the ranges to choose from: as the page has it, and the days that this is at the moment."""
    moving = asking.NAMED_RANGES.get(share.range)
    if moving is None:
        return {share.range: _("These days, for good")}
    period = period_of(TopQuestion(range=share.range, zone=zone), share.created_at)
    fixed = _fixed(period, today_in(zone), is_year=share.view.is_of_year)
    said = (
        _("Everything, and what comes")
        if share.range == "all"
        else _("{range}, as time goes on").format(range=_(moving))
    )
    return {share.range: said, **fixed}


def _fixed(period: Period, today: date, *, is_year: bool) -> Mapping[str, str]:
    if period.first is None or period.end is None:
        return {}
    if is_year:
        return {str(period.first.year): _("{days}, for good").format(days=period.first.year)}
    text = f"{period.first.isoformat()}..{period.end.isoformat()}"
    last = min(date.fromordinal(period.end.toordinal() - 1), today)
    return {text: _("{days}, for good").format(days=formats.span(period.first, last))}


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
    return _render(found.share, frame, user, covered, {**values, **addresses})


def _shown(services: Services, user: User, found: OpenShare) -> tuple[Covered, Mapping[str, Any]]:
    share = found.share
    if share.view.is_of_year:
        year = shared_year(services.insights, user, share)
        return year.covered, _year_values(share, year)
    if share.view is SharedView.PATTERNS:
        told = services.insights.patterns(user.id, share_question(found), user.preferences)
        values = {"told": told, "said": patterns, "today": today_in(user.zone)}
        return told.heatmap.covered, {**values, **_week(user, told.heatmap, told.clock)}
    glimpse = shared_glimpse(services.insights, user, found)
    return glimpse.totals.covered, _glimpse_values(share, user, glimpse)


def shared_glimpse(insights: Insights, user: User, found: OpenShare) -> Glimpse:
    """Give what a share tells that is about neither a year nor patterns."""
    limit = _PLACES.get(found.share.view, _USUAL_PLACES)
    return insights.glimpse(user.id, share_question(found), limit, user.preferences)


def share_picture(services: Services, user: User, found: OpenShare) -> str | None:
    """Give the picture of a year that a share shows; None for any other share."""
    if found.share.view is not SharedView.YEAR_PICTURE:
        return None
    year = shared_year(services.insights, user, found.share)
    return str(year_picture(year, year.months[0].starts_on.year))


def share_heading(share: Share) -> str:
    """Give what stands above a share whose listener has given it no title."""
    return share.item or _("Without a name" if share.view.item else _HEADINGS[share.view])


def share_question(found: OpenShare) -> TopQuestion:
    """Give what a share asks; no plays but those that visitors may know of are behind its answer."""
    share = found.share
    item = share.view.item
    about = {} if item is None else {item.value: str(found.number)}
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


def shared_year(insights: Insights, user: User, share: Share) -> Year:
    """Give the year of a share, without what was before it."""
    asked = {
        "year": _year_number(share.range, today_in(user.zone)),
        "kind": share.kind,
        "rule": share.rule.value,
        "private": "in" if share.has_private else "out",
        "hidden": "out",
    }
    year: Year = insights.answer(
        "year", user.id, make_question(YearQuestion, asked), user.preferences
    )
    # What was heard before the year is not part of what is shared.
    first = {
        name: tuple(structs.replace(item, is_new=False) for item in getattr(year, name))
        for name in ("artists", "albums", "tracks")
    }
    return structs.replace(year, previous=None, change=None, ratio=None, **first)


def _year_number(text: str, today: date) -> int:
    return int(text) if text.isdecimal() else today.year - (text == "last_year")


def _year_values(share: Share, year: Year) -> Mapping[str, Any]:
    number = year.months[0].starts_on.year
    if share.view is SharedView.YEAR_PICTURE:
        return {"year": year, "number": number, "picture": year_picture(year, number)}
    months = Timeline(year.covered, "month", year.months)
    return {"year": year, "number": number, "said": years, **_months(months)}


def _glimpse_values(share: Share, user: User, glimpse: Glimpse) -> Mapping[str, Any]:
    parts = grooves.segments(glimpse.days.items)
    summary = sentences.groove_summary(parts)
    record = unlinked(grooves.groove(parts, summary=summary))
    ranked, one = RANKED.get(share.view, ("", ""))
    return {
        "glimpse": glimpse,
        "groove": record,
        "groove_said": summary,
        "ranked": getattr(glimpse, ranked) if ranked else None,
        "ranked_one": _(one) if one else "",
        "artist": glimpse.tracks.items[0].artist if glimpse.tracks.items else None,
        "most": _most,
        **_months(glimpse.months),
        **_week(user, glimpse.heatmap, glimpse.clock),
    }


def _most(top: Top) -> int:
    return max(
        (item.plays if top.by == "plays" else item.ms_played for item in top.items), default=0
    )


def _months(months: Timeline) -> Mapping[str, Any]:
    """Draw the months, where there are enough of them to see something."""
    if len(months.items) < FEW_MONTHS:
        return {"months": None}
    said = sentences.months(months)
    wide, narrow = (
        unlinked(
            timeline(
                months.items,
                summary=sentences.plain(said) or _("Nothing was heard."),
                width=width,
                name=name,
            )
        )
        for width, name in ((_WIDE, "tl-wide"), (_NARROW, "tl-narrow"))
    )
    return {
        "months": months,
        "months_said": said,
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
    label = asking.range_name(share.range, covered)
    return render(
        "share.html",
        frame,
        share=share,
        covered=covered,
        range_label=label,
        heading=share_heading(share),
        lanes=asking.LANES,
        rules=asking.RULES,
        zone=user.zone,
        **values,
    )
