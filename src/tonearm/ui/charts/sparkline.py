"""Small marks for table lines."""

from collections.abc import Sequence

from markupsafe import Markup

_LENGTH, _HEIGHT = 92, 20


def share_bar(value: float, most: float) -> Markup:
    """Draw an amount as a bar against the largest one; decoration beside the number itself."""
    length = round(value / most * 100, 1) if most > 0 else 0
    return Markup(
        '<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="6" rx="1"/>'
        '<rect class="fill" width="{}" height="6" rx="1"/></svg>'
    ).format(length)


def sparkline(amounts: Sequence[int]) -> Markup:
    """Draw how an amount went, from nothing to its own highest; decoration beside the number itself."""
    most, steps = max(amounts), len(amounts) - 1
    points = " ".join(
        f"{place * _LENGTH / steps:.4g},{_HEIGHT - amount * (_HEIGHT - 2) / most - 1:.3g}"
        for place, amount in enumerate(amounts)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline points="{}"/></svg>'
    ).format(_LENGTH, _HEIGHT, points)


def progress_ring(percent: float) -> Markup:
    """Draw progress as the groove of a record; decoration beside the number itself."""
    return Markup(
        '<svg class="ring" viewBox="0 0 120 120" aria-hidden="true">'
        '<circle class="plate" cx="60" cy="60" r="58"/>'
        '<circle class="trk" cx="60" cy="60" r="44" pathLength="100"/>'
        '<circle class="done" cx="60" cy="60" r="44" pathLength="100" stroke-dasharray="{} 100" '
        'transform="rotate(-90 60 60)"/>'
        '<circle class="lb" cx="60" cy="60" r="17"/>'
        '<circle class="hole" cx="60" cy="60" r="2.5"/></svg>'
    ).format(round(max(0.0, min(100.0, percent)), 1))
