"""Members that say the same share it, and stay what they were."""

from pathlib import Path
from typing import Any

import numpy as np

from tonearm.catalogue.descriptions import Description
from tonearm.domain.vocabulary import Family
from tonearm.history.sightings import Context
from tonearm.importers.staging import Staged, Values

SONG = Description("music", "spotify:track:1", "Song", "Artist", "Album")
OTHER = Description("music", None, "Other", "Artist", None)
PHONE = Context("phone", "DE", None, None, shuffle=True, skipped=None, offline=False, private=None)


def staged(name: str, descriptions: list[Description]) -> Staged:
    count = len(descriptions)
    columns: dict[str, Any] = {
        "flaw": np.zeros(count, np.uint8),
        "description": np.arange(count, dtype=np.int32),
        "clock": np.arange(count, dtype=np.int64),
        "ms_played": np.arange(count, dtype=np.int32),
        "stamp": np.zeros(count, np.int64),
        "context": np.zeros(count, np.int32),
    }
    return Staged(name, name, Family.EXTENDED, None, count, columns, descriptions, [PHONE])


def test_what_is_loaded_is_what_was_saved_and_held_once(tmp_path: Path) -> None:
    values = Values()
    loaded = []
    for name, descriptions in (("0", [SONG, OTHER]), ("1", [OTHER, SONG])):
        staged(name, descriptions).save(tmp_path / name)
        member = Staged.load(tmp_path / name, values)
        assert member is not None
        assert (member.name, member.family, member.rows) == (name, Family.EXTENDED, 2)
        assert member.descriptions == descriptions
        assert all(isinstance(item, Description) for item in member.descriptions)
        assert member.contexts == [PHONE]
        assert isinstance(member.contexts[0], Context)
        loaded.append(member)
    first, second = loaded
    assert first.descriptions[0] is second.descriptions[1]
    assert first.contexts[0] is second.contexts[0]
    assert first.descriptions[0].artist is first.descriptions[1].artist


def test_half_a_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "0"
    staged("0", [SONG]).save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert Staged.load(path) is None
