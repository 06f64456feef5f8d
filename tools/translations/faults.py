"""What is wrong with a catalogue: missing, fuzzy, orphaned, or without its places or tags."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tonearm.speech.catalogues import TOLD

_PLACES = re.compile(r"%\(\w+\)s|\{\w*(?::[^}]*)?\}")
_TAGS = re.compile(r"</?[a-z][^>]*>|&\w+;")
# Letters that no text of ours holds but as markup.
_BARE = re.compile(r"[<>&]")
_LONGEST_SHOWN = 70


def find_faults(path: Path, template: Catalog) -> list[str]:
    """Compare a catalogue with the template; each fault is told in a sentence."""
    if not path.is_file():
        return [f"{path} is not there. Run `make translations`."]
    with path.open("rb") as file:
        catalog = read_po(file)
    return list(_faults(catalog, template))


def _faults(catalog: Catalog, template: Catalog) -> Iterator[str]:
    for entry in template:
        if not entry.id:
            continue
        own = catalog.get(entry.id, entry.context)
        shown = _shown(entry)
        if own is None:
            yield f"{shown} is missing. Run `make translations`, then translate it."
        elif own.fuzzy:
            yield f"{shown} is marked as fuzzy. Look at it, and take the mark away."
        elif not all(_strings(own, catalog.num_plurals)):
            yield f"{shown} is not translated."
        else:
            yield from (f"{shown}: {fault}" for fault in _differences(own))
    known = {(_key(entry), entry.context) for entry in template}
    for own in catalog:
        if own.id and (_key(own), own.context) not in known:
            yield f"{_shown(own)} is said nowhere any more. Run `make translations`."


def _key(entry: Message) -> str:
    return entry.id[0] if isinstance(entry.id, (tuple, list)) else entry.id


def _strings(entry: Message, plurals: int) -> Sequence[str]:
    if isinstance(entry.id, (tuple, list)):
        given = entry.string if isinstance(entry.string, (tuple, list)) else ()
        return [*given, *([""] * (plurals - len(given)))]
    return [entry.string if isinstance(entry.string, str) else ""]


def _differences(entry: Message) -> Iterator[str]:
    texts = list(entry.id) if isinstance(entry.id, (tuple, list)) else [entry.id]
    wanted = Counter(_PLACES.findall(texts[-1]))
    for string in _strings(entry, 0):
        places = Counter(_PLACES.findall(string))
        # What a room below fills in may be said by the page already, such as the days of a gap.
        if places != wanted and not (entry.context == TOLD and places <= wanted):
            yield f"the places {sorted(wanted)} are {sorted(places)} in the translation."
        if Counter(_TAGS.findall(string)) != Counter(_TAGS.findall(texts[-1])):
            yield "its tags differ from those of the translation."
        if _BARE.search(_TAGS.sub("", string)):
            yield "a bare <, > or & is no text; write it in words."
        if '"' in _TAGS.sub("", string):
            yield "a straight quotation mark; write “…” as the language does, such as „…“."


def _shown(entry: Message) -> str:
    text = _key(entry)
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
