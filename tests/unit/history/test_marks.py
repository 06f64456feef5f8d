"""Keys of evidence say the same on every machine and in every version: stored marks depend on it."""

import numpy as np

from tonearm.catalogue.descriptions import Description
from tonearm.domain.vocabulary import CorrectionKind, Family
from tonearm.history.corrections.marks import (
    Mark,
    deleted_sightings,
    description_keys,
    follow,
    marked_plays,
    sighting_keys,
)
from tonearm.history.sightings import SIGHTING_TYPES, Context, Sightings

SONG = Description("music", "spotify:track:a", "Straße", "夜", None)
OTHER = Description("music", None, "spotify:track:aStraße", "夜", None)
ROWS = (
    (1, Family.EXTENDED, 0, 1_709_294_400_000, 60_000, 0, 0, 1),
    (2, Family.EXTENDED, 0, 1_709_294_400_000, 60_000, 1, 0, 1),
    (3, Family.ACCOUNT, 1, 1_709_294_400_000, 60_000, 0, 1, 3),
)
CONTEXTS = [Context(platform="ios", shuffle=True), Context(country="ios", skipped=False)]


def sightings() -> Sightings:
    columns = zip(*ROWS, strict=True)
    return Sightings(
        **{
            name: np.array(column, dtype)
            for (name, dtype), column in zip(SIGHTING_TYPES.items(), columns, strict=True)
        }
    )


def test_keys_never_change() -> None:
    keys = sighting_keys(sightings(), [SONG, OTHER], CONTEXTS)

    assert keys.tolist() == [
        8_665_775_352_879_819_343,
        1_973_228_860_545_601_903,
        5_602_301_735_708_870_015,
    ]
    assert description_keys([SONG, OTHER]).tolist() == [
        3_960_185_477_016_883_633,
        755_433_517_816_303_851,
    ]


def test_a_key_depends_on_content_alone() -> None:
    known = sighting_keys(sightings(), [SONG, OTHER], CONTEXTS)
    moved = sightings()
    moved.id += 7
    moved.play += 7
    moved.description = np.array([1, 1, 0], np.uint32)
    moved.context = np.array([1, 1, 0], np.uint32)

    assert sighting_keys(moved, [OTHER, SONG], CONTEXTS[::-1]).tolist() == known.tolist()
    assert len(set(known.tolist())) == len(ROWS)
    assert (known >= 0).all()


def test_a_mark_follows_its_evidence_to_whatever_play_holds_it() -> None:
    keys = sighting_keys(sightings(), [SONG, OTHER], CONTEXTS)
    nowhere = np.empty(0, np.uint32)
    marks = (
        Mark(1, CorrectionKind.DELETE, keys[1:2], nowhere),
        Mark(2, CorrectionKind.HIDE, np.array([5], np.int64), np.array([1], np.uint32)),
        Mark(3, CorrectionKind.SPLIT, description_keys([OTHER]), nowhere),
    )

    followed = follow(marks, sightings(), [SONG, OTHER], CONTEXTS)

    assert [mark.plays.tolist() for mark in followed] == [[1], [], [3]]
    assert marked_plays(followed, CorrectionKind.DELETE).tolist() == [1]
    assert deleted_sightings(sightings(), followed).tolist() == [1, 2]
    assert deleted_sightings(sightings(), followed[1:]).tolist() == []
