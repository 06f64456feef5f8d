"""Messages, numbers and dates in the languages there are."""

import re
from datetime import date, timedelta
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.domain.preferences import Language, Presentation
from tonearm.speech import (
    from_below,
    gettext,
    ngettext,
    npgettext,
    pgettext,
    remembered,
    speak,
    speaking,
    spoken,
)
from tonearm.speech.asking import asked_language, asked_presentation, asked_tags
from tonearm.speech.spelling import own_name, spelling, week_start_of

DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31))


def test_english_says_its_messages_as_they_are() -> None:
    assert gettext("Nothing here.") == "Nothing here."
    assert ngettext("play", "plays", 1) == "play"
    assert ngettext("play", "plays", 0) == "plays"
    assert pgettext("tab", "Inbox") == "Inbox"
    assert npgettext("after", "day", "days", 2) == "days"
    assert from_below("Name or password is wrong.") == "Name or password is wrong."


def test_german_says_them_as_the_catalogue_has_them() -> None:
    with speaking(Language.GERMAN):
        assert gettext("Nothing here.") == "Hier ist nichts."
        assert [ngettext("day", "days", number) for number in (0, 1, 2, 1_000_000)] == [
            "Tage", "Tag", "Tage", "Tage",
        ]  # fmt: skip
        assert npgettext("after", "day", "days", 2) == "Tagen"
        assert pgettext("tab", "Inbox") == "Post"
        assert gettext("Inbox") == "Posteingang"
        assert gettext("what nobody has translated") == "what nobody has translated"


def test_a_language_is_spoken_for_a_while_and_by_one_task_alone() -> None:
    heard: list[Language] = []
    speak(Language.ENGLISH)
    with speaking(Language.GERMAN):
        # A thread that nobody hands the context to starts with English.
        other = Thread(target=lambda: heard.append(spoken()))
        other.start()
        other.join()
        heard.append(spoken())
    heard.append(spoken())
    assert heard == [Language.ENGLISH, Language.GERMAN, Language.ENGLISH]


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Name or password is wrong.", "Name oder Passwort stimmt nicht."),
        ("There is no import 77.", "Es gibt keinen Import 77."),
        ("Too many failed log-ins. Try again in 30 s.",
         "Zu viele fehlgeschlagene Anmeldungen. Versuch es in 30\u00a0s noch einmal."),
        ("'Ada & {name}' is 'Bob' already.", "„Ada & {name}“ ist schon „Bob“."),
        # What is filled in is translated as well, where it is ours.
        ("No export covers 4 Mar to 6 Mar 2024, and collecting was paused.",
         "Kein Export deckt diese Zeit ab: das Sammeln war pausiert."),
        ("No export covers 4 Mar 2024. Import 3 has nothing there, but a.json was not read to its end.",
         "Kein Export deckt diese Zeit ab. Import 3 hat dort nichts, aber: a.json wurde nicht bis zum Ende gelesen."),
        ("A sentence of a plugin.", "A sentence of a plugin."),
    ],
)  # fmt: skip
def test_what_rooms_below_say_is_told_in_german(english: str, german: str) -> None:
    with speaking(Language.GERMAN):
        assert from_below(english) == german


def test_what_is_remembered_is_remembered_for_each_language() -> None:
    calls: list[Language] = []

    @remembered(4)
    def say(number: int) -> str:
        calls.append(spoken())
        return f"{number} {ngettext('play', 'plays', number)}"

    with speaking(Language.GERMAN):
        assert say(2) == say(2) == "2 Wiedergaben"
    assert say(2) == say(2) == "2 plays"
    assert calls == [Language.GERMAN, Language.ENGLISH]


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.GERMAN])
@given(value=st.integers(0, 10**12))
def test_a_number_is_its_digits_in_threes(language: Language, value: int) -> None:
    with speaking(language):
        spelt = spelling().number(value)
    groups = re.split(r"[.,]", spelt)
    assert int("".join(groups)) == value
    assert all(len(group) == 3 for group in groups[1:])
    assert ("." in spelt) == (language is Language.GERMAN and value >= 1000)


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.GERMAN])
@given(day=DAYS)
def test_a_day_names_its_day_its_month_and_its_year(language: Language, day: date) -> None:
    with speaking(language):
        told = spelling()
        texts = told.day(day), told.named_day(day), told.month(day), told.short_day(day)
        months = [*told.months, *told.months_short]
    assert all(str(day.year) in text for text in texts[:3])
    # Of two numbers apart from the year's the only one is the day's.
    assert [int(number) for number in re.findall(r"\d+", texts[0])] == [day.day, day.year]
    assert [int(number) for number in re.findall(r"\d+", texts[3])] == [day.day]
    named = {months.index(name) % 12 for name in months if name.rstrip(".") in texts[1]}
    assert day.month - 1 in named
    # What belongs together stays on one line.
    assert " " not in texts[0] + texts[2] + texts[3]


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.GERMAN])
@given(day=DAYS, length=st.integers(1, 800))
def test_a_span_names_both_its_ends(language: Language, day: date, length: int) -> None:
    last = day + timedelta(days=length)
    with speaking(language):
        numbers = [int(number) for number in re.findall(r"\d+", spelling().span(day, last))]
    assert numbers in (
        [day.day, last.day, last.year],
        [day.day, day.year, last.day, last.year],
    )
    assert (day.year in numbers) or day.year == last.year


def test_german_dates_and_numbers_are_those_of_the_cldr() -> None:
    day = date(2024, 3, 4)
    with speaking(Language.GERMAN):
        told = spelling()
        assert told.day(day) == "4.\u00a0März\u00a02024"
        assert told.named_day(date(2024, 10, 12)) == "Samstag, 12.\u00a0Oktober\u00a02024"
        assert told.span(day, date(2024, 3, 6)) == "4.\u20136.\u00a0März\u00a02024"
        assert (
            told.short_span(day, date(2024, 4, 1)) == "4.\u00a0März\u2009\u2013\u20091.\u00a0Apr."
        )
        assert told.decimal(1234.56, 1) == "1.234,6"
        assert (told.weekdays_short[0], told.months_short[6], told.months_narrow[0]) == (
            "Mo", "Jul", "J",
        )  # fmt: skip
        assert told.country("DE") == "Deutschland"
        assert told.country("XX") == "XX"
    assert spelling().country("DE") == "Germany"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.ENGLISH),
        ("de", Language.GERMAN),
        ("de-AT,de;q=0.9,en;q=0.8", Language.GERMAN),
        ("en-GB,de;q=0.9", Language.ENGLISH),
        ("fr,de;q=0.3,en;q=0.7", Language.ENGLISH),
        ("fr,de;q=0.3,en;q=0", Language.GERMAN),
        ("fr, es", Language.ENGLISH),
        ("*", Language.ENGLISH),
        ("de;q=loud, en", Language.ENGLISH),
        (";;;,,q=1,de;q=;\x00", Language.ENGLISH),
        ("DE-de", Language.GERMAN),
    ],
)
def test_the_language_liked_best_is_spoken(header: str, language: Language) -> None:
    assert asked_language(header) is language


@given(st.text())
def test_any_header_is_read(header: str) -> None:
    assert asked_language(header) in Language
    assert all(asked_tags(header))
    assert asked_presentation(header).week_start in range(1, 8)


@pytest.mark.parametrize(
    ("header", "language", "week_start"),
    [
        ("", Language.ENGLISH, 1),
        ("en-US,en;q=0.9", Language.ENGLISH, 7),
        ("en-GB", Language.ENGLISH, 1),
        ("en", Language.ENGLISH, 1),
        ("de-DE", Language.GERMAN, 1),
        ("de", Language.GERMAN, 1),
        ("fr-FR,de-CH;q=0.5", Language.GERMAN, 1),
    ],
)
def test_newcomers_get_the_language_and_the_weeks_of_their_browser(
    header: str, language: Language, week_start: int
) -> None:
    assert asked_presentation(header) == Presentation(language=language, week_start=week_start)


def test_weeks_begin_where_the_place_is_known() -> None:
    assert [week_start_of(tag) for tag in ("ar-EG", "pt-PT", "no such tag", "zz-ZZ")] == [
        6,
        7,
        1,
        1,
    ]


def test_a_language_is_called_as_its_speakers_call_it() -> None:
    assert own_name(Language.ENGLISH) == "English"
    assert own_name(Language.GERMAN) == "Deutsch"
