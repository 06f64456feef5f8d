"""Where polled listens belong, by the words of docs/explanation/plays.md and nothing else: slow and plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Links = list[set[object]]


class Timed(NamedTuple):
    """A play on its way to be paired: which work it is of, when, and what settles a tie."""

    work: int
    at: int
    order: tuple[Any, ...]
    sightings: list[Any]


def works_of(links: Iterable[tuple[object, object]]) -> dict[object, int]:
    """Numbers for things that are the same when a chain of links leads from one to the other."""
    works: Links = []
    for link in links:
        touched = [work for work in works if work & set(link)]
        works = [work for work in works if work not in touched] + [set(link).union(*touched)]
    return {thing: number for number, work in enumerate(works) for thing in work}


def delivered_once(told: Iterable[tuple[int, int, Any]]) -> list[list[Any]]:
    """Clock, length and sighting of one work's polls, in order, as listens.

    A listen holds what lies within 30 s of its first, but a length or more after it is another one.
    """
    listens: list[list[Any]] = []
    start = 0
    every = list(told)
    for clock in sorted({clock for clock, _, _ in every}):
        now = [(ms, sighting) for at, ms, sighting in every if at == clock]
        fits = clock - start <= 30_000 and all(clock - start < max(ms, 1) for ms, _ in now)
        if not listens or not fits:
            listens.append([])
            start = clock
        listens[-1] += [sighting for _, sighting in now]
    return listens


def meet(listens: list[Timed], plays: list[Timed], tolerance: int) -> list[Timed]:
    """Give each play the sightings of the listen it is paired with; what is left are the listens without one."""
    alone: list[Timed] = []
    for work in {listen.work for listen in listens}:
        left = sorted((one for one in listens if one.work == work), key=in_order)
        right = sorted((one for one in plays if one.work == work), key=in_order)
        while left and right:
            if abs(left[0].at - right[0].at) <= tolerance:
                right.pop(0).sightings.extend(left.pop(0).sightings)
            elif left[0].at < right[0].at:
                alone.append(left.pop(0))
            else:
                right.pop(0)
        alone += left
    return alone


def in_order(timed: Timed) -> tuple[int, tuple[Any, ...]]:
    return timed.at, timed.order
