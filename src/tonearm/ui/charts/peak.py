"""The one number that bars carry: that of the highest."""

from markupsafe import Markup

_EDGE = 70
_Y = 16


def peak(x: float, pitch: float, width: int, said: str) -> Markup:
    """Write what the highest bar amounts to above it, without leaving the drawing.

    `x` is the middle of the bar, `pitch` the room that each bar has, and `width` that of the drawing.
    """
    anchor = "start" if x < _EDGE else "end" if x > width - _EDGE else "middle"
    at = 0 if anchor == "start" else min(x + pitch / 2, width) if anchor == "end" else x
    return Markup('<text class="peak" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        round(at, 1), _Y, anchor, said
    )
