"""Words in pictures that stand alone: each says by itself how it is to look."""

from markupsafe import Markup

from tonearm.ui import formats

SERIF = "Fraunces, Palatino, Georgia, serif"
SANS = "Inter, system-ui, sans-serif"


def text(
    at: tuple[float, float],
    size: int,
    words: object,
    *,
    fill: str,
    family: str = SERIF,
    weight: int = 400,
    anchor: str = "start",
) -> Markup:
    """Write words from a point on; where the `anchor` is `end`, up to it."""
    return Markup(
        '<text x="{}" y="{}" font-family="{}" font-size="{}" font-weight="{}" fill="{}" text-anchor="{}">{}</text>'
    ).format(*at, family, size, weight, fill, anchor, words)


def named(name: str, longest: int) -> str:
    """Give a name as XML can hold it, no longer than there is room, and without turning what stands around it.

    Like on pages, one that has nothing to see is told in words.
    """
    written = formats.named("".join(map(_writable, name)))
    return formats.isolated(formats.shortened(written, longest))


def _writable(character: str) -> str:
    if character.isprintable() or character == formats.NBSP:
        return character
    return " " if character.isspace() else ""
