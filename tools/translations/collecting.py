"""All that is said to people, as the template of every catalogue."""

from collections.abc import Iterator
from typing import Any

from babel.messages.catalog import Catalog
from jinja2 import nodes
from jinja2.ext import extract_from_ast

from tonearm.speech.catalogues import TOLD
from tonearm.ui.rendering import TEMPLATES_DIR, make_environment
from tools.translations.below import SOURCE, list_told
from tools.translations.python_source import PLAIN, Message, counted, said

# Rooms that speak to people by gettext.
_ROOMS = ("accounts", "notifications", "ui")


def collect() -> Catalog:
    """Give every message with where it stands; what rooms below say is in a context of its own."""
    catalog = Catalog(project="Tonearm", charset="utf-8", fuzzy=False)
    for place, message in _messages():
        key: Any = message.one if message.many is None else (message.one, message.many)
        catalog.add(key, locations=[(place, 0)], context=message.context)
    for text in list_told():
        catalog.add(text, context=TOLD)
    # Places are told by str.format or by gettext's own; guessing which one helps nobody.
    for entry in catalog:
        entry.flags.clear()
    return catalog


def _messages() -> Iterator[tuple[str, Message]]:
    for room in _ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            place = path.relative_to(SOURCE).as_posix()
            for message in said(path.read_text(encoding="utf-8")):
                yield place, message
    for path in sorted(TEMPLATES_DIR.iterdir()):
        place = path.relative_to(SOURCE).as_posix()
        for message in _in_template(path.read_text(encoding="utf-8")):
            yield place, message


def _in_template(source: str) -> Iterator[Message]:
    tree = make_environment().parse(source)
    for _, function, texts in extract_from_ast(tree, sorted({*PLAIN, "ngettext", "pgettext"})):
        words = [texts] if isinstance(texts, str) else [text for text in texts or () if text]
        if words and function == "pgettext":
            yield Message(words[1], context=words[0])
        elif words:
            yield Message(words[0], words[1] if function == "ngettext" else None)
    for call in tree.find_all(nodes.Call):
        name = call.node
        if isinstance(name, nodes.Name) and name.name == "counted":
            nouns = [_text(argument) for argument in call.args[1:]]
            case = next((_text(word.value) for word in call.kwargs if word.key == "case"), None)
            if nouns and nouns[0]:
                yield counted(nouns[0], nouns[1] if len(nouns) > 1 else None, case)


def _text(node: nodes.Expr) -> str | None:
    return str(node.value) if isinstance(node, nodes.Const) else None
