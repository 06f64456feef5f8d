"""Whatever something is called, its name can be seen, and a link of it clicked."""

import re
from html import unescape
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tonearm.domain.text import is_visible
from tonearm.ui.asking import Ask
from tonearm.ui.charts.lettering import named
from tonearm.ui.charts.monogram import initials
from tonearm.ui.formats import isolated
from tonearm.ui.rendering import Frame, make_environment

UNSEEN = (
    "\0\t\n\x1b\x7f\x85 \xa0\xad\u034f\u0301\u061c\u115f\u1160\u17b4\u180b\u180e\u2003\u200b\u200c\u200d\u200e"
    "\u2028\u202e\u2060\u2065\u2066\u20dd\u2800\u3000\u3164\ufe0f\ufeff\uffa0\ufff9\U0001d159\U000e0041\U000e0100"
)
"""Each of them shows nothing by itself: joiners, fillers, blanks, marks that need a letter, and what steers."""
SEEN = ("a", "0", "?", "·", "é", "م", "ש", "ไ", "静", "한", "🎧", "⠁", "\ufffd")
UNSEEN_NAMES = st.text(UNSEEN, max_size=12)
ENVIRONMENT = make_environment()
ITEM_LINK = ENVIRONMENT.get_template("macros.html").module.item_link  # type: ignore[attr-defined] # a macro

_LINK = r'<a class="name" href="/artists/1[^"]*"><bdi dir="auto">(.*)</bdi></a>'


def text_of_link(name: str | None) -> str:
    """Give the text of the link that pages make for an item of a name."""
    html = ITEM_LINK(Frame(), Ask(), "artists", SimpleNamespace(id=1, name=name))
    found = re.fullmatch(_LINK, html, re.DOTALL)
    assert found is not None
    return unescape(found[1])


@given(name=UNSEEN_NAMES)
@example(name="")
def test_a_name_of_nothing_visible_is_told_in_words(name: str) -> None:
    assert not is_visible(name)
    assert text_of_link(name) == "Without a name"
    assert named(name, 40) == isolated("Without a name")
    assert initials(name) == "♪"
    assert ENVIRONMENT.from_string("{{ name|named('Unknown') }}").render(name=name) == "Unknown"


@given(before=UNSEEN_NAMES, letter=st.sampled_from(SEEN), after=UNSEEN_NAMES)
def test_a_name_with_anything_to_see_stays_as_it_is(before: str, letter: str, after: str) -> None:
    name = f"{before}{letter}{after}"
    assert is_visible(name)
    assert text_of_link(name) == name
    assert letter in named(name, 40)


@given(name=st.one_of(st.none(), st.text()))
def test_whatever_the_name_the_link_has_a_text_that_can_be_seen(name: str | None) -> None:
    assert re.search(f"[^{re.escape(UNSEEN)}]", text_of_link(name))


@pytest.mark.parametrize("letter", UNSEEN)
def test_each_of_these_alone_shows_nothing(letter: str) -> None:
    assert not is_visible(letter)
