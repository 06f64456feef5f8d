"""Countries: which clock each keeps, for listeners who travel, and what it is called."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from tonearm.domain.periods import find_zone

# Countries of several zones, and the one that most of their people live by. The others have one in the IANA database.
_MOST_POPULOUS = {
    "AQ": "Antarctica/McMurdo", "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago",
    "CN": "Asia/Shanghai", "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil",
    "ES": "Europe/Madrid", "FM": "Pacific/Pohnpei", "GL": "America/Nuuk", "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa", "KZ": "Asia/Almaty", "MH": "Pacific/Majuro", "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby", "PS": "Asia/Gaza", "PT": "Europe/Lisbon", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "UM": "Pacific/Wake", "US": "America/New_York", "UZ": "Asia/Tashkent",
}  # fmt: skip


def zone_of_country(country: str, home: str) -> str:
    """Give the zone of a country's plays for a listener at home in a zone.

    For countries of several zones that is the home zone if it is one of them, else the most populous; for countries
    that are not known, such as those that are no more, the home zone.
    """
    zones = _zones().get(country, ())
    if not zones or any(_is_same(zone, home) for zone in zones):
        return home
    return _MOST_POPULOUS.get(country, zones[0])


def country_name(country: str) -> str:
    """Give the English name of a country; its two letters where it has none."""
    return _names().get(country, country)


def is_country(country: str) -> bool:
    """Tell whether two capital letters are a country of ISO 3166, or Kosovo, which has none there."""
    return country in _names() or country == "XK"


def place_of_country(country: str) -> tuple[float, float] | None:
    """Give latitude and longitude of a country's main city, in degrees north and east; None where not known."""
    places = _places()
    zone = _MOST_POPULOUS.get(country) or next(iter(_zones().get(country, ())), None)
    return None if zone is None else places.get((country, zone))


@cache
def _names() -> dict[str, str]:
    """Give the name of each country by its two letters, as the IANA database spells them."""
    lines = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    """Give the zones of each country by its two letters, as the IANA database lists them."""
    found: dict[str, tuple[str, ...]] = {}
    for country, _, zone in _lines():
        found[country] = (*found.get(country, ()), zone)
    return found


@cache
def _places() -> dict[tuple[str, str], tuple[float, float]]:
    """Give where the main city of each zone of a country lies, as `place_of_country` does."""
    found = {}
    for country, place, zone in _lines():
        # Written after ISO 6709, such as +0117+10351: degrees and minutes, perhaps seconds.
        split = max(place.rfind("+"), place.rfind("-"))
        found[country, zone] = _degrees(place[:split], 2), _degrees(place[split:], 3)
    return found


def _degrees(text: str, digits: int) -> float:
    whole, minutes = text[1 : 1 + digits], text[1 + digits :]
    parts = int(whole) + int(minutes[:2]) / 60 + int(minutes[2:] or 0) / 3600
    return -parts if text[0] == "-" else parts


def _lines() -> Iterator[tuple[str, str, str]]:
    """Give country, place and zone of each line of the IANA database's list."""
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, place, zone, *_ = line.split("\t")
            yield country, place, zone


def _is_same(zone: str, home: str) -> bool:
    """Tell whether two names are one zone, such as Asia/Kolkata and Asia/Calcutta."""
    return zone == home or _content(zone) == _content(home)


@cache
def _content(zone: str) -> bytes:
    find_zone(zone)  # nothing but the name of a zone becomes a path
    file = files("tzdata.zoneinfo").joinpath(*zone.split("/"))
    return file.read_bytes() if file.is_file() else zone.encode()
