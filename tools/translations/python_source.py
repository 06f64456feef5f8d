"""Messages in Python: what is said by gettext, and what rooms below the pages say in errors."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

PLAIN = {"_", "N_", "gettext", "told"}
_ERROR = re.compile(r"[A-Z]\w*Error")
_NOT_FOR_PEOPLE = {"TypeError", "ValueError", "RuntimeError", "KeyError", "RedirectError"}


@dataclass(frozen=True, slots=True)
class Message:
    """What a catalogue has an entry for."""

    one: str
    many: str | None = None
    context: str | None = None


def said(source: str) -> Iterator[Message]:
    """Give the messages that a module says by gettext."""
    for call in _calls(source):
        name = _name(call)
        texts = [_text(argument) for argument in call.args]
        if name in PLAIN and texts and texts[0]:
            yield Message(texts[0])
        elif name == "ngettext" and texts[0]:
            yield Message(texts[0], texts[1])
        elif name == "NN_" and texts[0]:
            yield from (Message(texts[0], texts[1], case) for case in (None, *texts[2:]))
        elif name == "pgettext" and texts[1]:
            yield Message(texts[1], context=texts[0])
        elif name == "npgettext" and texts[1]:
            yield Message(texts[1], texts[2], texts[0])
        elif name == "counted" and len(texts) > 1 and texts[1]:
            case = next((_text(word.value) for word in call.keywords if word.arg == "case"), None)
            yield counted(texts[1], texts[2] if len(texts) > 2 else None, case)  # noqa: PLR2004 - the third is the plural


def counted(one: str, many: str | None, case: str | None) -> Message:
    """Give the message behind a number with its noun, whose usual plural has an s."""
    return Message(one, many or f"{one}s", case)


def refused(source: str) -> Iterator[str]:
    """Give what the errors say that a module raises, with places where it fills something in."""
    for call in _calls(source):
        name = _name(call)
        if _ERROR.fullmatch(name) and name not in _NOT_FOR_PEOPLE:
            # Refusals of the OAuth server name a fault first.
            texts = (_text(argument) or _with_places(argument) for argument in call.args)
            yield from filter(None, [next(filter(None, texts), None)])


def _calls(source: str) -> Iterator[ast.Call]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    yield from sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _text(node: ast.expr) -> str | None:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text and isinstance(node, ast.Constant) else None


def _with_places(node: ast.expr) -> str | None:
    """Give an f-string with a named place for each expression in it."""
    if not isinstance(node, ast.JoinedStr):
        return None
    text, names = "", list[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            words = re.findall(r"[A-Za-z]\w*", ast.unparse(part.value))
            name = str(words[-1]).lower() if words else "value"
            name = name if name not in names else f"{name}{len(names)}"
            names.append(name)
            text += f"{{{name}}}"
    return text
