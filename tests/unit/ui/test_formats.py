"""Numbers, lengths and shares, as each language writes them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.domain.preferences import Language
from tonearm.speech import speaking
from tonearm.ui import formats

HOUR = 3_600_000


def plain(text: str) -> str:
    return text.replace(formats.NBSP, " ")


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (0, "0 plays", "0 Wiedergaben"),
        (1, "1 play", "1 Wiedergabe"),
        (2, "2 plays", "2 Wiedergaben"),
        (1_000_000, "1,000,000 plays", "1.000.000 Wiedergaben"),
    ],
)
def test_things_are_counted_in_the_forms_of_the_language(
    number: int, english: str, german: str
) -> None:
    assert plain(formats.counted(number, "play")) == english
    with speaking(Language.GERMAN):
        assert plain(formats.counted(number, "play")) == german


def test_nouns_bend_with_what_they_stand_behind() -> None:
    with speaking(Language.GERMAN):
        assert plain(formats.counted(3, "day")) == "3 Tage"
        assert plain(formats.counted(3, "day", case="after")) == "3 Tagen"
    assert plain(formats.counted(3, "day", case="after")) == "3 days"


@pytest.mark.parametrize(
    ("spell", "german"),
    [
        (lambda: formats.days(2.25), "2,2"),
        (lambda: formats.figures(2.361), "2,36"),
        (lambda: formats.figures(12.0), "12"),
        (lambda: formats.figures(1234.5), "1.234"),
        (lambda: formats.percent(0.123), "12 %"),
        (lambda: formats.percent(0.001), "< 1 %"),
        (lambda: formats.change(30_000, 100), "+29.900 %"),
        (lambda: formats.change(50, 100), "\u221250 %"),
        (lambda: formats.duration(2 * HOUR + 60_000), "2 h 1 min"),
        (lambda: formats.duration(1234 * HOUR), "1.234 h"),
        (lambda: formats.long_duration(92 * HOUR), "92 Stunden"),
        (lambda: formats.long_duration(90 * 60_000), "90 Minuten"),
        (lambda: formats.long_duration(1_000), "1 Sekunde"),
        (lambda: formats.size(1_234_000_000), "1,2 GB"),
        (lambda: formats.time_left(300), "etwa 5 min"),
        (lambda: formats.platform("tv"), "Fernseher"),
        (lambda: formats.platform("ios"), "iPhone und iPad"),
        (lambda: formats.weekday(2), "Mittwoch"),
        (lambda: formats.moment(datetime(2024, 3, 4, 17, 5, tzinfo=UTC), "Europe/Berlin"),
         "4. März 2024, 18:05"),
    ],
)  # fmt: skip
def test_german_pages_spell_things_in_german(spell: Callable[[], str], german: str) -> None:
    with speaking(Language.GERMAN):
        assert plain(spell()) == german


@given(share=st.floats(0, 1))
def test_a_share_reads_the_same_in_both(share: float) -> None:
    english = formats.percent(share)
    with speaking(Language.GERMAN):
        assert formats.percent(share) == english


@given(ms=st.integers(0, 10**12))
def test_a_length_has_the_same_digits_in_both(ms: int) -> None:
    english = formats.duration(ms)
    with speaking(Language.GERMAN):
        german = formats.duration(ms)
    assert re.sub(r"\D", "", english) == re.sub(r"\D", "", german)
    assert german == english.replace(",", ".")


@given(value=st.floats(0, 10**9))
def test_figures_are_right_to_three_of_them(value: float) -> None:
    with speaking(Language.GERMAN):
        spelt = formats.figures(value)
    read = float(spelt.replace(".", "").replace(",", "."))
    assert read == pytest.approx(value, rel=0.006, abs=0.5 if value >= 1000 else 0.0051)
