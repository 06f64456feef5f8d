"""The documents are current and whole: generated pages, links, commands, and everything that is public."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from tonearm.cli.app import create_cli
from tonearm.domain.vocabulary import Flaw, ImportState, Verdict
from tonearm.insights.chart import load_charts
from tonearm.ops.settings import Settings
from tools.reference.__main__ import FOLDER, NOTE, PAGES, main
from tools.reference.operations import describe_api, iter_operations

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS.remove(ROOT / "docs/adr/template.md")  # its links are to be filled in
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def links(path: Path) -> list[str]:
    """Give the links of a document that lead to files of this project."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    return [
        link for link in LINK.findall(text) if not link.startswith(("http:", "https:", "mailto:"))
    ]


def anchors(path: Path) -> set[str]:
    """Give the anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(path: Path) -> Iterator[list[str]]:
    """Give the words of every command in a document's shell blocks."""
    for block in SHELL.findall(path.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            yield from (shlex.split(part, comments=True) for part in re.split(r"&&|\|", line))


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == NOTE + PAGES[name](), "run `make docs`"


def test_the_check_names_the_stale_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tools.reference.__main__.FOLDER", tmp_path)
    assert main([]) == main(["--check"]) == 0
    (tmp_path / "cli.md").write_text("old", encoding="utf-8")

    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/reference/cli.md is stale: run `make docs`.\n"
    assert main(["--chekc"]) == 2


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in links(path):
        target, _, anchor = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        assert not anchor or anchor in anchors(found), link


def test_the_index_names_every_document() -> None:
    index = ROOT / "docs/README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    # Decisions have an index of their own.
    pages = {path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "adr"}

    assert pages - {index} <= listed
    assert ROOT / "docs/adr/README.md" in listed
    assert ROOT / "docs/reference/endpoints.yaml" in listed


def test_every_setting_is_documented() -> None:
    page = read("docs/reference/settings.md")
    for name in Settings.model_fields:
        assert f"| `TONEARM_{name.upper()}` |" in page


def test_settings_that_documents_name_exist() -> None:
    known = {f"TONEARM_{name.upper()}" for name in Settings.model_fields}
    for path in DOCUMENTS:
        named = re.findall(r"\bTONEARM_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
        assert set(named) <= known, relative(path)


def test_every_measure_is_documented() -> None:
    page = read("docs/reference/measures.md")
    for name in load_charts():
        assert f"## `{name}`: " in page
        assert f"tonearm stats {name} " in page
        assert f"GET /api/history/users/me/{name}?" in page


def test_every_operation_is_documented() -> None:
    page = read("docs/reference/api.md")
    for method, path, operation in iter_operations(describe_api()):
        assert f"### `{method} {path}`" in page
        assert operation["summary"] in page


def test_the_words_of_the_vocabulary_are_in_the_glossary() -> None:
    page = read("docs/reference/glossary.md")
    words = [state.value for state in ImportState] + [verdict.label for verdict in Verdict]
    words += [flaw.label for flaw in Flaw if flaw.label]
    for word in words:
        assert f"`{word}`" in page


def resolve(words: list[str]) -> App | None:
    """Give the command that the words after `tonearm` call; None for an option of `tonearm` itself."""
    app = create_cli()
    for word in words:
        if word.startswith("-"):
            break
        if word in app:
            app = app[word]
    return app if app.default_command is not None else None


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_commands_in_documents_exist(path: Path) -> None:
    targets = {"", *TARGET.findall(read("Makefile"))}
    for words in commands(path):
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        if words and words[0] == "make":
            named = next((word for word in words[1:] if "=" not in word), "")
            assert named in targets, words
        elif words and Path(words[0]).name == "tonearm" and words[1:2] not in ([], ["--version"]):
            command = resolve(words[1:])
            assert command is not None, words
            known = {
                name
                for argument in command.assemble_argument_collection()
                for name in argument.names
            }
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert options <= known, words
