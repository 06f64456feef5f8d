"""What the tree must not say: paths of one machine, hosts of registries, empty names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "benchmarks", "docs", "requirements", ".ci", ".github")
VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "misc"}

RULES = {
    "a path of one machine": re.compile(
        r"(?<![\w.:/~$}*-])(?:/(?:home|root|Users|work|workspace|builds)/\w|[A-Z]:\\Users\\)",
    ),
    "the host of a registry or CDN": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|unpkg\.com|jsdelivr\.net"
        r"|cdnjs\.cloudflare\.com|fonts\.g(?:oogleapis|static)\.com)\b",
    ),
    "a conflict that was not resolved": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}


def iter_texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of every file that people of this project write."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths += [path for path in ROOT.iterdir() if path.suffix in {".md", ".toml", ".yaml", ".yml"}]
    paths.append(ROOT / "Makefile")
    for path in paths:
        skipped = {"vendor", "__pycache__"} & set(path.parts) or path == Path(__file__)
        if skipped or not path.is_file():
            continue
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures, fonts, archives


def find_faults(text: str) -> list[str]:
    """Return what is wrong with a text, each with its line."""
    return [
        f"line {text.count(chr(10), 0, match.start()) + 1}: {what} ({match[0]})"
        for what, pattern in RULES.items()
        for match in pattern.finditer(text)
    ]


def test_files_name_no_machine_and_no_registry() -> None:
    texts = dict(iter_texts())
    assert "pyproject.toml" in texts

    faults = [f"{path}, {fault}" for path, text in texts.items() for fault in find_faults(text)]

    assert faults == []


def test_modules_have_names_that_say_something() -> None:
    modules = list((ROOT / "src").rglob("*.py"))
    assert modules

    vague = [
        path.relative_to(ROOT).as_posix()
        for path in modules
        if VAGUE & {path.stem, *path.relative_to(ROOT).parent.parts}
    ]

    assert vague == []


@pytest.mark.parametrize(
    "text",
    [
        "DATA = '/home/ada/music'",
        "cd /root/tonearm",
        r"C:\Users\ada",
        '<script src="https://unpkg.com/x.js">',
        "index-url = https://pypi.org/simple",
        "one\n<<<<<<< HEAD\ntwo",
    ],
)
def test_a_fault_is_found(text: str) -> None:
    assert len(find_faults(text)) == 1


@pytest.mark.parametrize(
    "text",
    ["/api/home/page", "https://example.org/root/x", "~/home/x", "$HOME/work/x", "a/root/b"],
)
def test_a_harmless_text_passes(text: str) -> None:
    assert find_faults(text) == []
