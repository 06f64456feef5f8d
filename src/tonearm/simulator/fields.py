"""The `fields` parameter of playlists: `items(added_by.id,item(name,!album))`."""

from __future__ import annotations

import re
from typing import Any

from tonearm.simulator.calls import ApiError

_WORD = re.compile(r"!?[\w*]+")
Tree = dict[str, "Tree"]


def select(document: Any, text: str | None) -> Any:  # noqa: ANN401 - any JSON
    """The part of a JSON document that the parameter names; raises ApiError for what is no selection."""
    return _pick(document, _parse(text)) if text else document


def _parse(text: str) -> Tree:
    tree, place = _parse_list(text, 0)
    if place != len(text):
        raise ApiError(400, "Invalid fields")
    return tree


def _parse_list(text: str, place: int) -> tuple[Tree, int]:
    tree: Tree = {}
    while True:
        found = _WORD.match(text, place)
        if found is None:
            raise ApiError(400, "Invalid fields")
        branch = tree.setdefault(found[0], {})
        place = found.end()
        while text[place : place + 1] == ".":
            found = _WORD.match(text, place + 1)
            if found is None:
                raise ApiError(400, "Invalid fields")
            branch = branch.setdefault(found[0], {})
            place = found.end()
        if text[place : place + 1] == "(":
            inner, place = _parse_list(text, place + 1)
            if text[place : place + 1] != ")":
                raise ApiError(400, "Invalid fields")
            branch.update(inner)
            place += 1
        if text[place : place + 1] != ",":
            return tree, place
        place += 1


def _pick(document: Any, tree: Tree) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(document, list):
        return [_pick(each, tree) for each in document]
    if not isinstance(document, dict) or not tree:
        return document
    left_out = {name[1:] for name in tree if name.startswith("!")}
    wanted = {name: branch for name, branch in tree.items() if not name.startswith("!")}
    everything = not wanted or "*" in wanted
    return {
        name: _pick(value, wanted.get(name, {}))
        for name, value in document.items()
        if name not in left_out and (everything or name in wanted)
    }
