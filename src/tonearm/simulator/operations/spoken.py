"""Shows, episodes, audiobooks and chapters: one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonearm.simulator.calls import Answer, ApiError, Call, Operation, page
from tonearm.simulator.world import Part, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.simulator.documents import Document


def _find_work(call: Call, kind: str) -> Work:
    found = call.simulator.world.find(kind, call.entity_id())
    if not isinstance(found, Work):
        raise ApiError(404, "Resource not found")
    return found


def _work(kind: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        return Answer(call.documents.work(_find_work(call, kind), heard=call.heard_ms))

    return answer


def _parts(kind: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        def render(part: Part) -> Document:
            return call.documents.simple_part(part, call.heard_ms(part))

        return Answer(page(call, _find_work(call, kind).parts, render))

    return answer


def _part(kind: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        found = call.simulator.world.find(kind, call.entity_id())
        if not isinstance(found, Part):
            raise ApiError(404, "Resource not found")
        return Answer(call.documents.part(found, call.heard_ms(found)))

    return answer


OPERATIONS = (
    Operation("GET", "/shows/{id}", "get-a-show", _work("show")),
    Operation("GET", "/shows/{id}/episodes", "get-a-shows-episodes", _parts("show")),
    Operation("GET", "/episodes/{id}", "get-an-episode", _part("episode")),
    Operation("GET", "/audiobooks/{id}", "get-an-audiobook", _work("audiobook")),
    Operation("GET", "/audiobooks/{id}/chapters", "get-audiobook-chapters", _parts("audiobook")),
    Operation("GET", "/chapters/{id}", "get-a-chapter", _part("chapter")),
)
