"""Exclusion rules over whole columns."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.instants import to_ms
from tonearm.domain.offsets import local_ms
from tonearm.domain.periods import Period, find_zone
from tonearm.domain.platforms import platform_family
from tonearm.history.corrections.records import Exclusion
from tonearm.history.store import PlayColumns

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_THURSDAY = 3  # 1970 began on one


@dataclass(frozen=True, slots=True)
class Rule:
    """An exclusion with the numbers of the items it names; None where it names none of the kind."""

    correction_id: int
    exclusion: Exclusion
    artist: int | None = None
    album: int | None = None
    track: int | None = None

    def mask(self, columns: PlayColumns) -> NDArray[np.bool_]:
        """Mark the plays that fit all parts of the rule."""
        said = self.exclusion
        mask = np.ones(len(columns.id), bool)
        for number, owner in (
            (self.artist, columns.track_artist),
            (self.album, columns.track_album),
            (self.track, np.arange(len(columns.track_artist))),
        ):
            if number is not None:
                mask &= (owner == number)[columns.track]
        if said.platform is not None or said.country is not None:
            mask &= contexts_of(columns, said.platform, said.country)[columns.context]
        if said.from_day is not None or said.to_day is not None:
            mask &= _days(columns, said.from_day, said.to_day, said.zone)
        if said.from_hour is not None or said.weekdays is not None:
            mask &= _hours(columns, said)
        return mask


def contexts_of(
    columns: PlayColumns, platform: str | None, country: str | None
) -> NDArray[np.bool_]:
    """Mark the contexts of a family of platforms and a country, as far as they are given."""
    words = columns.words
    mask = np.ones(len(columns.context_country), bool)
    if platform is not None:
        families = np.array([platform_family(word or None) == platform for word in words])
        mask &= families[columns.context_platform]
    if country is not None:
        mask &= columns.context_country == (words.index(country) if country in words else -1)
    return mask


def _days(
    columns: PlayColumns, first: date | None, end: date | None, zone: str
) -> NDArray[np.bool_]:
    mask = np.ones(len(columns.ended_at), bool)
    from_at, to_at = Period(first, end).bounds(find_zone(zone))
    if from_at is not None:
        mask &= columns.ended_at >= to_ms(from_at)
    if to_at is not None:
        mask &= columns.ended_at < to_ms(to_at)
    return mask


def _hours(columns: PlayColumns, said: Exclusion) -> NDArray[np.bool_]:
    wall = local_ms(columns.ended_at, said.zone)
    hour = wall % _DAY_MS // _HOUR_MS
    weekday = (wall // _DAY_MS + _THURSDAY) % 7
    mask = np.ones(len(wall), bool)
    if said.from_hour is not None and said.to_hour is not None:
        begun, ends = hour >= said.from_hour, hour < said.to_hour
        if said.from_hour < said.to_hour:
            mask = begun & ends
        else:
            mask = begun | ends
            # After midnight it is still the night that began the day before.
            weekday = np.where(ends, (weekday - 1) % 7, weekday)
    if said.weekdays is not None:
        mask &= np.isin(weekday, said.weekdays)
    return mask
