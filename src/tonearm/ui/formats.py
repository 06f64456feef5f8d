"""Numbers, times and dates as people read them; the one place that spells them on pages."""

import unicodedata
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tonearm.domain.text import is_visible
from tonearm.speech import N_, gettext, ngettext, npgettext
from tonearm.speech import spelling as spellings
from tonearm.speech.spelling import spelling

NBSP, TO = spellings.NBSP, spellings.TO

_PLATFORMS = {
    "tv": N_("TV"), "console": N_("Console"), "cast": N_("Cast"), "speaker": N_("Speaker"), "car": N_("Car"),
    "watch": N_("Watch"), "web": N_("Web player"), "ios": N_("iPhone and iPad"), "android": "Android",
    "windows": "Windows", "macos": "Mac", "linux": "Linux", "other": N_("Something else"),
}  # fmt: skip
_SECOND = 1_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_KILO = 1_000
_FEW_HOURS = 10
_DAYS_OF_WEEK = 7
_TOO_MANY = 100


def number(value: float) -> str:
    """Spell a whole number with thousands separators."""
    return spelling().number(round(value))


def counted(value: int, one: str, many: str | None = None, case: str = "") -> str:
    """Spell a number with its noun: "1 play", "1,204 plays".

    Where other languages bend the noun by what it stands behind, `case` says so: "after" for "after 30 days".
    """
    words = one, many or f"{one}s"
    noun = npgettext(case, *words, value) if case else ngettext(*words, value)
    return f"{number(value)}{NBSP}{noun}"


def few(value: int) -> str:
    """Spell a number where there is room for two figures only."""
    return "99+" if value >= _TOO_MANY else str(value)


def week(start: int) -> tuple[int, ...]:
    """Give the days of the week, Monday is 0, in order from one on, of which Monday is 1 and Sunday 7."""
    return tuple((start - 1 + day) % _DAYS_OF_WEEK for day in range(_DAYS_OF_WEEK))


def percent(share: float) -> str:
    """Spell a share between 0 and 1; what is small but not nothing stays visible."""
    value = share * 100
    if 0 < value < 1:
        return f"<{NBSP}1{NBSP}%"
    return f"{round(value)}{NBSP}%"


def change(now: float, before: float) -> str:
    """Spell a relative change with its sign; `before` must not be zero."""
    value = _percent_more(now, before)
    sign = "+" if value > 0 else "\u2212" if value < 0 else "\u00b1"
    return f"{sign}{number(abs(value))}{NBSP}%"


def direction(now: float, before: float) -> str:
    """Give which way such a change goes as it is spelled: "up", "dn", or neither where it is told as none."""
    value = _percent_more(now, before)
    return "up" if value > 0 else "dn" if value < 0 else ""


def _percent_more(now: float, before: float) -> int:
    return round((now - before) / before * 100)


def duration(ms: float) -> str:
    """Spell a length of time by its two largest units, hours only once there are many."""
    if ms < _MINUTE:
        return f"{round(ms / _SECOND)}{NBSP}s"
    minutes = round(ms / _MINUTE)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes}{NBSP}min"
    hours, rest = divmod(minutes, 60)
    if hours >= _FEW_HOURS or not rest:
        return f"{number(ms / _HOUR)}{NBSP}h"
    return f"{hours}{NBSP}h {rest}{NBSP}min"


def clock(ms: float) -> str:
    """Spell a length of time as players show it: "3:25", "1:02:07"."""
    minutes, seconds = divmod(round(ms / _SECOND), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def days(value: float) -> str:
    """Spell a number of days; of less than one the hours."""
    if value < 1:
        return duration(value * 24 * _HOUR)
    return number(value) if value >= _FEW_HOURS else spelling().decimal(value, 1)


def platform(family: str) -> str:
    """Spell a family of platforms."""
    return gettext(_PLATFORMS.get(family, family))


def named(name: str | None, otherwise: str = "") -> str:
    """Give a name as it is shown: one that has nothing to see is told in words, so that it can be seen and clicked."""
    return name if name and is_visible(name) else otherwise or gettext("Without a name")


def shortened(name: str, longest: int = 60) -> str:
    """Cut a name off where it is too long to stand in a sentence; wide characters count twice."""
    room = longest
    for place, character in enumerate(name):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return f"{name[:place].rstrip()}…"
    return name


def isolated(name: str) -> str:
    """Give a name that does not turn the sentence around it, whichever way it is written."""
    return f"\u2068{name}\u2069"


def long_duration(ms: float) -> str:
    """Spell a length of time as one number with a full word, for headlines."""
    # One hour is said in minutes: "90 minutes" tells more than "2 hours".
    if ms >= 2 * _HOUR:
        return counted(round(ms / _HOUR), "hour")
    if ms >= 2 * _MINUTE:
        return counted(round(ms / _MINUTE), "minute")
    return counted(round(ms / _SECOND), "second")


def day(value: date) -> str:
    """Spell a day: "4 Mar 2024"."""
    return spelling().day(value)


def local_day(text: str) -> str:
    """Spell the day of an instant that is written as local clocks showed it, in the form of ISO 8601."""
    return day(datetime.fromisoformat(text).date())


def short_day(value: date) -> str:
    """Spell a day without its year: "4 Mar"."""
    return spelling().short_day(value)


def named_day(value: date) -> str:
    """Spell a day with its weekday: "Saturday, 12 October 2024"."""
    return spelling().named_day(value)


def month(value: date) -> str:
    """Spell a month: "October 2024"."""
    return spelling().month(value)


def month_name(value: date) -> str:
    """Spell a month without its year: "October"."""
    return spelling().months[value.month - 1]


def short_month(value: int) -> str:
    """Spell a month, 1 to 12, where there is little room: "Oct"."""
    return spelling().months_short[value - 1]


def month_letter(value: date) -> str:
    """Spell a month where there is room for a letter: "O"."""
    return spelling().months_narrow[value.month - 1]


def weekday(value: int) -> str:
    """Spell a day of the week; Monday is 0."""
    return spelling().weekdays[value]


def short_weekday(value: int) -> str:
    """Spell a day of the week where there is little room: "Mon"."""
    return spelling().weekdays_short[value]


def country(code: str) -> str:
    """Name a country by its two letters."""
    return spelling().country(code)


def figures(value: float) -> str:
    """Spell a number by its first three figures: "12.3"."""
    if value >= _KILO:
        return number(value)
    places = len(f"{value:.3g}".partition(".")[2])
    return spelling().decimal(value, places) if places else number(value)


def span(first: date, last: date) -> str:
    """Spell the days from the first to the last, both part of it, with a dash between."""
    if first == last:
        return day(first)
    return spelling().span(first, last)


def short_span(first: date, last: date) -> str:
    """Spell such days of one year where that is named already, with a dash between."""
    return short_day(first) if first == last else spelling().short_span(first, last)


def moment(value: datetime, zone: str) -> str:
    """Spell an instant by the clock of a zone: "4 Mar 2024, 18:05"."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def local_year(value: datetime, zone: str) -> int:
    """Give the year that an instant lies in by the clock of a zone."""
    return value.astimezone(ZoneInfo(zone)).year


def local_days(
    from_at: datetime | None, to_at: datetime | None, zone: str
) -> tuple[date, date] | None:
    """Give the first and the last local day of `[from_at, to_at)`; None where it has no bounds."""
    if from_at is None or to_at is None:
        return None
    clock = ZoneInfo(zone)
    first = from_at.astimezone(clock).date()
    last = (to_at - timedelta(microseconds=1)).astimezone(clock).date()
    return first, max(first, last)


def size(count: float) -> str:
    """Spell a number of bytes in decimal units."""
    for unit in (N_("bytes"), "kB", "MB"):
        if count < _KILO:
            return f"{round(count)}{NBSP}{gettext(unit)}"
        count /= _KILO
    return f"{spelling().decimal(count, 1)}{NBSP}GB"


def time_left(seconds: float) -> str:
    """Spell how long something will still take, as roughly as it is known."""
    if seconds < 5:  # noqa: PLR2004 - seconds too few to count down
        return gettext("a moment")
    if seconds < 90:  # noqa: PLR2004 - from here on minutes say enough
        return gettext("about {time}").format(time=f"{round(seconds / 5) * 5}{NBSP}s")
    return gettext("about {time}").format(time=f"{round(seconds / 60)}{NBSP}min")
