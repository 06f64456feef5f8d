"""What shares are called."""

from collections.abc import Mapping

from tonearm.history.shared import Share, SharedView
from tonearm.insights.question import Item
from tonearm.speech import N_, from_below
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.nouns import nouns_of

_FIVE: Mapping[SharedView, Item] = {
    SharedView.FIVE_ARTISTS: "artists",
    SharedView.FIVE_ALBUMS: "albums",
    SharedView.FIVE_TRACKS: "tracks",
}
RANKED: Mapping[SharedView, Item] = {
    SharedView.TOP_ARTISTS: "artists",
    SharedView.TOP_ALBUMS: "albums",
    SharedView.TOP_TRACKS: "tracks",
    SharedView.TOP_SHOWS: "artists",
    **_FIVE,
}
_HEADINGS: Mapping[SharedView, str] = {
    SharedView.OVERVIEW: N_("Listening"),
    SharedView.YEAR: N_("A year in review"),
    SharedView.PATTERNS: N_("Patterns"),
    SharedView.GROOVE: N_("The record"),
    SharedView.MONTHS: N_("Month by month"),
    SharedView.YEAR_PICTURE: N_("A year in review"),
    SharedView.MONTH: N_("A month in review"),
    SharedView.MONTH_PICTURE: N_("A month in review"),
}


def share_heading(share: Share) -> str:
    """Give what stands above a share whose listener has given it no title."""
    if share.view.item:
        return formats.named(share.item)
    return _ranking(share.view, share.kind) or _(_HEADINGS[share.view])


def view_name(view: SharedView, kind: str) -> str:
    """Name what can be shared of plays of a kind."""
    own = "" if kind == "music" else _ranking(view, kind)
    return own or from_below(view.meaning)


def _ranking(view: SharedView, kind: str) -> str:
    if view not in RANKED:
        return ""
    noun = nouns_of(kind)[RANKED[view]]
    return _(noun.first_five if view in _FIVE else noun.many)
