"""How a language writes numbers, days and months: English by hand, every other one by CLDR, which Babel carries."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any

from tonearm.domain.countries import country_name
from tonearm.domain.preferences import Language
from tonearm.speech import spoken

NBSP = "\u00a0"
TO = "\u2013"
"""The dash between the ends of a span."""
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = 3
# Parts of a date stay on one line; behind a comma and around a dash it may break.
_INSIDE = re.compile(rf"(?<![,{TO}]) (?!{TO})")
_MOST_REMEMBERED = 8_192
_LEAP_YEAR = 2000
_SUNDAY = 7


class Spelling(ABC):
    """What a language writes in its own way; weekdays count from Monday, which is 0, months from 1."""

    months: Sequence[str]
    """Their names, as they stand alone."""
    months_short: Sequence[str]
    months_narrow: Sequence[str]
    """One letter each."""
    weekdays: Sequence[str]
    weekdays_short: Sequence[str]

    @abstractmethod
    def country(self, code: str) -> str:
        """Name a country by its two letters; those themselves where it has no name."""

    @abstractmethod
    def number(self, value: int) -> str:
        """Spell a whole number."""

    @abstractmethod
    def decimal(self, value: float, places: int) -> str:
        """Spell a number with so many places behind the point."""

    @abstractmethod
    def day(self, value: date) -> str:
        """Spell a day."""

    @abstractmethod
    def short_day(self, value: date) -> str:
        """Spell a day without its year."""

    @abstractmethod
    def named_day(self, value: date) -> str:
        """Spell a day in full, with its weekday."""

    @abstractmethod
    def month(self, value: date) -> str:
        """Spell a month with its year."""

    @abstractmethod
    def span(self, first: date, last: date) -> str:
        """Spell the days from a first to a later last one."""

    @abstractmethod
    def short_span(self, first: date, last: date) -> str:
        """Spell such days of one year, without it."""


class _English(Spelling):
    months = _MONTHS
    months_short = tuple(name[:_SHORT] for name in _MONTHS)
    months_narrow = tuple(name[0] for name in _MONTHS)
    weekdays = _WEEKDAYS
    weekdays_short = tuple(name[:_SHORT] for name in _WEEKDAYS)

    def country(self, code: str) -> str:
        return country_name(code)

    def number(self, value: int) -> str:
        return f"{value:,}"

    def decimal(self, value: float, places: int) -> str:
        return f"{value:,.{places}f}"

    def day(self, value: date) -> str:
        return f"{self.short_day(value)}{NBSP}{value.year}"

    def short_day(self, value: date) -> str:
        return f"{value.day}{NBSP}{self.months_short[value.month - 1]}"

    def named_day(self, value: date) -> str:
        return f"{_WEEKDAYS[value.weekday()]}, {value.day}{NBSP}{self.month(value)}"

    def month(self, value: date) -> str:
        return f"{_MONTHS[value.month - 1]}{NBSP}{value.year}"

    def span(self, first: date, last: date) -> str:
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}{TO}{self.day(last)}"
        start = self.short_day(first) if first.year == last.year else self.day(first)
        return f"{start} {TO} {self.day(last)}"

    def short_span(self, first: date, last: date) -> str:
        if first.month == last.month:
            return f"{first.day}{TO}{self.short_day(last)}"
        return f"{self.short_day(first)} {TO} {self.short_day(last)}"


class _Cldr(Spelling):
    """A language as the Unicode consortium describes it."""

    def __init__(self, language: Language) -> None:
        # Whoever reads English needs none of this.
        from babel import Locale, dates, numbers  # noqa: PLC0415 - see above

        locale = self._locale = Locale.parse(language.value)
        self._dates, self._numbers = dates, numbers
        alone = locale.months["stand-alone"]
        self.months, self.months_short, self.months_narrow = (
            tuple(alone[width][number] for number in range(1, 13))
            for width in ("wide", "abbreviated", "narrow")
        )
        self.weekdays, self.weekdays_short = (
            tuple(locale.days["stand-alone"][width][number] for number in range(7))
            for width in ("wide", "abbreviated")
        )
        self._countries = locale.territories
        self._whole = locale.decimal_formats[None]
        # Tables of a life of listening spell thousands of days and numbers, most of them again and again.
        self._spell_number = lru_cache(maxsize=_MOST_REMEMBERED)(
            lambda value: str(self._whole.apply(value, locale))
        )
        self._spell = lru_cache(maxsize=_MOST_REMEMBERED)(self._spell_day)
        self._spell_span = lru_cache(maxsize=_MOST_REMEMBERED)(self._spell_days)

    def country(self, code: str) -> str:
        return str(self._countries.get(code, code))

    def number(self, value: int) -> str:
        return self._spell_number(value)

    def decimal(self, value: float, places: int) -> str:
        pattern = f"#,##0.{'0' * places}"
        return self._numbers.format_decimal(value, pattern, self._locale)

    def day(self, value: date) -> str:
        return self._spell(value, "yMMMd")

    def short_day(self, value: date) -> str:
        return self._spell(value, "MMMd")

    def named_day(self, value: date) -> str:
        return self._spell(value, "full")

    def month(self, value: date) -> str:
        return self._spell(value, "yMMMM")

    def span(self, first: date, last: date) -> str:
        return self._spell_span(first, last, "yMMMd")

    def short_span(self, first: date, last: date) -> str:
        # The days of all years are those of one that has a 29 February.
        return self._spell_span(
            first.replace(year=_LEAP_YEAR), last.replace(year=_LEAP_YEAR), "MMMd"
        )

    def _spell_day(self, value: date, form: str) -> str:
        if form == "full":
            text: Any = self._dates.format_date(value, form, self._locale)
        else:
            text = self._dates.format_skeleton(form, value, locale=self._locale)
        return _INSIDE.sub(NBSP, text)

    def _spell_days(self, first: date, last: date, form: str) -> str:
        text = self._dates.format_interval(first, last, form, locale=self._locale)
        return _INSIDE.sub(NBSP, text)


_ENGLISH = _English()


def spelling() -> Spelling:
    """Give how the language that is spoken writes numbers and dates."""
    language = spoken()
    return _ENGLISH if language is Language.ENGLISH else _cldr(language)


@cache
def _cldr(language: Language) -> Spelling:
    return _Cldr(language)


def week_start_of(tag: str) -> int:
    """Give the day with which weeks begin where a language tag such as `en-US` is spoken; Monday is 1, Sunday 7."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - asked for once an account

    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return 1
    # The language alone says nothing about the place: of English Babel would give the week of the United States.
    return locale.first_week_day % _SUNDAY + 1 if locale.territory else 1


@cache
def own_name(language: Language) -> str:
    """Give what speakers of a language call it."""
    from babel import Locale  # noqa: PLC0415 - for the one page on which it is chosen

    return str(Locale.parse(language.value).get_display_name() or language.value)
