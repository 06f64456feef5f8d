"""Every file that templates, the style sheet or the service worker name is there."""

import re

import pytest

from tonearm.ui.assets import STATIC_DIR
from tonearm.ui.rendering import TEMPLATES_DIR

_NAMED = re.compile(r"frame\.asset\('([^']+)'\)")
# The worker keeps nothing at all if a single one of its parts is missing.
_KEPT = re.compile(r'^  "([\w./-]+\.\w+)",$', re.MULTILINE)
_STYLED = re.compile(r"""url\(["']?(?!data:)([^"')]+)""")


def named() -> set[str]:
    """Give the names of files, as they are below the folder of files for browsers."""
    found: set[str] = set()
    for path in TEMPLATES_DIR.glob("*.html"):
        found.update(_NAMED.findall(path.read_text(encoding="utf-8")))
    for path in STATIC_DIR.glob("*.css"):
        found.update(_STYLED.findall(path.read_text(encoding="utf-8")))
    return found


def kept() -> list[str]:
    """Give the names of the files that the service worker keeps."""
    worker = STATIC_DIR / "scripts" / "service-worker.js"
    return _KEPT.findall(worker.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted({*named(), *kept()}))
def test_a_file_that_is_named_is_there(name: str) -> None:
    assert (STATIC_DIR / name).is_file()


def test_names_are_found_where_they_are() -> None:
    assert {"style.css", "scripts/offline.js"} <= {*named()} & {*kept()}
    assert any(name.endswith(".woff2") for name in kept())
