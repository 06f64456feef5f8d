"""Whatever a page says is said in every language: catalogues are complete, and no template says a word past them."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from tonearm.domain.preferences import Language
from tonearm.speech.catalogues import catalogue_path
from tonearm.ui.rendering import TEMPLATES_DIR, make_environment
from tools.translations.collecting import collect
from tools.translations.faults import find_faults

MODULES = sorted(TEMPLATES_DIR.parent.rglob("*.py"))
TEMPLATES = sorted(TEMPLATES_DIR.glob("*.html"))
OTHERS = [language for language in Language if language is not Language.ENGLISH]
SPEAKING = {"_", "N_", "gettext", "ngettext", "pgettext", "npgettext", "NN_", "counted"}
HUMAN = {"alt", "aria-label", "placeholder", "title"}
# What is the same in every language, and why.
SAME = {
    "Tonearm": "the product's name",
    "Spotify": "a name",
    "CSV": "the name of a format",
    "JSON": "the name of a format",
    "JSONL": "the name of a format",
}
# Strings that look like words and are none that anybody reads.
NOT_SHOWN = {"Artist": "item.html compares with it"}
# Strings of modules that look like words of ours: names, areas of the IANA database, words of formats and protocols,
# command lines, and what style sheets say.
NAMES = {
    "Authorization", "Bearer ", "Bearer ${input:tonearm-key}", "Claude Code", "Claude Desktop", "Codex", "Cursor",
    "Polygon", "claude mcp add ", "claude mcp add --transport http ", "codex mcp add ", "\ncodex mcp add ",
    "Android", "Chrome", "Edge", "Firefox", "Linux", "Mac", "Macintosh", "Opera", "Safari", "Tonearm", "Windows",
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
    "Fraunces", "Inter", "bar in", "@layer charts {", "svg text.caption{font-family:",
}  # fmt: skip
# Keys of the keyboard, addresses, what machines read.
SILENT = {"code", "kbd", "script", "style"}
_JINJA = re.compile(
    # The block that holds a class is filled between tags, and no text.
    r"\{% block body_class %\}.*?\{% endblock %\}|\{#.*?#\}"
    r"|\{%-?\s*trans\b.*?\{%-?\s*endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
_FIRST_PLACE = 0xE000
_PLACE = re.compile("[\ue000-\uf8ff]")
_WORD = re.compile(r"[^\W\d_]+")
_DIRECTIVE = re.compile(r"%[\d.]*[a-z]")


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_all_that_is_said(language: Language) -> None:
    template = collect()
    assert len(template) > 500

    faults = find_faults(catalogue_path(language), template)

    assert faults == [], "run `make translations`, then translate what is empty"


def find_words(source: str) -> list[str]:
    """Give the words of a template that no catalogue knows."""
    page = Texts()
    expressions: list[str] = []

    def keep(match: re.Match[str]) -> str:
        text = match[0]
        if not text.startswith("{{"):
            return ""
        expressions.append(text)
        return chr(_FIRST_PLACE + len(expressions) - 1)

    page.feed(_JINJA.sub(keep, source))
    page.close()
    found = []
    for text in page.texts:
        found += _WORD.findall(_PLACE.sub(" ", text))
        for place in _PLACE.findall(text):
            found += shown_by(expressions[ord(place) - _FIRST_PLACE])
    found += said_past_catalogues(make_environment().parse(source))
    return [word for word in found if word not in SAME]


class Texts(HTMLParser):
    """The texts of a page that people read: between tags, and in some attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.texts += [value or "" for name, value in attrs if name in HUMAN]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def shown_by(expression: str) -> Iterator[str]:
    """Give the words that an expression shows as they stand in it."""
    output = make_environment().parse(expression).find(nodes.Output)
    for node in output.nodes if output else ():
        for text in _shown(node):
            yield from _WORD.findall(_DIRECTIVE.sub(" ", text))


def _shown(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        for one in (node.expr1, node.expr2):
            yield from _shown(one) if one is not None else ()
    elif isinstance(node, nodes.BinExpr):
        yield from _shown(node.left)
        yield from _shown(node.right)
    elif isinstance(node, nodes.Filter) and node.node is not None:
        yield from _shown(node.node)


def said_past_catalogues(node: nodes.Node) -> Iterator[str]:
    """Give strings that begin like a sentence or a name, handed on or kept without being marked for a catalogue."""
    if (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name in SPEAKING
    ):
        return
    if (
        isinstance(node, nodes.Const)
        and isinstance(node.value, str)
        and re.match(r"[A-Z][a-z]", node.value)
        and node.value not in NOT_SHOWN
    ):
        yield node.value
    for child in node.iter_child_nodes():
        yield from said_past_catalogues(child)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_past_the_catalogues(path: Path) -> None:
    assert find_words(path.read_text(encoding="utf-8")) == []


def find_sentences(tree: ast.AST) -> Iterator[str]:
    """Give strings of a module that read like words or sentences and are not marked for a catalogue."""
    if isinstance(tree, ast.Call):
        name = getattr(tree.func, "id", getattr(tree.func, "attr", ""))
        # What errors say is collected by itself.
        if name in {*SPEAKING, "told"} or name.endswith("Error"):
            return
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant):
        return  # a docstring
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield from _sentences(tree.value)
    for child in ast.iter_child_nodes(tree):
        yield from find_sentences(child)


def _sentences(text: str) -> Iterator[str]:
    if "<" in text:
        yield from re.findall(r">([^<>{]*[A-Za-z]{2,}[^<]*)<", text)
    elif re.search(r"[A-Za-z]{2,} [a-z]{2,}|^[A-Z][a-z]+( |$)", text) and text not in NAMES:
        yield text


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(TEMPLATES_DIR.parent).as_posix()
)
def test_a_module_of_pages_says_nothing_past_the_catalogues(path: Path) -> None:
    assert list(find_sentences(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        'x = "Nothing here"',
        'f(title="Inbox")',
        'x = f"{n} plays of it"',
        "x = '<b>{}</b><p>Days</p>'",
    ],
)
def test_a_sentence_past_the_catalogues_is_found(source: str) -> None:
    assert list(find_sentences(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        'x = _("Nothing here")',
        '"""Say it."""',
        'raise InvalidInputError("No such day.")',
        'x = "by_plays"',
    ],
)
def test_what_modules_say_by_catalogues_passes(source: str) -> None:
    assert not list(find_sentences(ast.parse(source)))


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("<p>Nothing here</p>", "Nothing"),
        ("<p>{{ _('Fine') }} {% if x %}late{% endif %}</p>", "late"),
        ('<input placeholder="Search">', "Search"),
        ('<p aria-label="{{ number }} new">', "new"),
        ("<p>{{ 'off' if x else _('on') }}</p>", "off"),
        ("<p>{{ name or 'nobody' }}</p>", "nobody"),
        ("<p>{{ 'in ' + days }}</p>", "in"),
        ("{% set places = [('/', 'Overview')] %}", "Overview"),
        ("{{ ranking(top, 'Track') }}", "Track"),
    ],
)
def test_a_word_past_the_catalogues_is_found(source: str, word: str) -> None:
    assert word in find_words(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Nothing here') }}</p>",
        "<p>{% trans %}Nothing <b>here</b>{% endtrans %}</p>",
        '<p class="quiet">{{ name }} · {{ counted(number, "play") }}</p>',
        "<p class=\"{{ 'up' if x else 'down' }}\">Tonearm</p>",
        "<kbd>g</kbd><code>tnrm_</code>",
        "{% set states = {'queued': N_('Waiting')} %}",
    ],
)
def test_what_is_said_by_catalogues_passes(source: str) -> None:
    assert find_words(source) == []
