"""Names are compared as people see them, and cleaned of what no name holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle import plays as oracle
from tonearm.domain.text import clean, fold, normalise

TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("\0 \t\u3000\ud83d\ude00\udfff")), max_size=12
)
"""Lone surrogates and U+0000 among them."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Blue Orchard", "blue  ORCHARD"),
        ("\uff22\uff4c\uff55\uff45", "blue"),
        ("Straße", "STRASSE"),
        ("ﬁve", "FIVE"),
        ("e\u0301t\u00e9", "\u00c9TE\u0301"),
        (" a\t\n b\u00a0c\u3000", "A B C"),
        ("ϔ", "ϋ"),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), [("a b", "ab"), ("resume", "résumé"), ("", "x")])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(text=TEXTS)
def test_what_is_normal_stays_as_it_is(text: str) -> None:
    once = normalise(clean(text))
    assert normalise(once) == once
    assert once == once.strip()
    assert "  " not in once


@given(text=st.one_of(st.none(), TEXTS))
def test_text_is_cleaned_as_the_rules_say(text: str | None) -> None:
    found = clean(text)
    assert found == oracle.clean(text)
    if found is not None:
        assert found.encode()  # no lone surrogate is left
        assert "\0" not in found


def test_absent_names_are_empty() -> None:
    assert normalise(None) == normalise("") == normalise(" \t") == ""
    assert clean(None) is clean("") is clean(" \0 ") is None
    assert clean("\ud83d!") == "\ufffd!"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("zurich", "Zürich"), ("STRASSENKOTER", "Straßenköter"), ("sigur ros", "Sigur  Rós"),
        ("björk", "BJORK"), ("", None), ("東京", "東京"),
    ],
)  # fmt: skip
def test_a_search_finds_names_without_their_accents(typed: str, name: str | None) -> None:
    assert fold(typed) == fold(name)
