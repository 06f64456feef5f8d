"""The contract of an export format: one file in `formats/` with one constant `FORMAT`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any

import msgspec

from tonearm.catalogue.descriptions import Description
from tonearm.domain.vocabulary import Family
from tonearm.history.sightings import Context
from tonearm.importers.clocks import Clocks

LONGEST_TEXT = 4_096

Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] | None
Number = Annotated[int, msgspec.Meta(gt=-(1 << 62), lt=1 << 62)] | None


@dataclass(frozen=True)
class Format:
    """How the rows of one family of files are recognised and read.

    `element` lists the keys that are read: all others, the private ones among them, are skipped
    by the decoder and never become objects. `describe` gets the values of `description_fields` and answers with
    None for a row without content; `circumstances` does the same for `context_fields`.
    """

    name: str
    family: Family
    tell: str
    """The key by which an element of this format is known."""
    element: type[msgspec.Struct]
    clock: str
    read_clocks: Callable[[Sequence[str | None]], Clocks]
    ms_played: str
    stamp: str | None
    description_fields: tuple[str, ...]
    describe: Callable[..., Description | None]
    context_fields: tuple[str, ...] = ()
    circumstances: Callable[..., Context] = Context

    def getter(self, fields: tuple[str, ...]) -> Callable[[Any], Any]:
        """Give a function that takes the named values off an element as one hashable value."""
        return attrgetter(*fields) if fields else _nothing


def _nothing(_element: object) -> tuple[()]:
    return ()
