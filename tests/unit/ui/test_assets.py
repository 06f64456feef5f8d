"""Files for browsers: versioned, kept, and nothing beside them."""

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tonearm.ui import STATIC_PATH, list_routers
from tonearm.ui.assets import STATIC_DIR, VersionedFiles, address, version
from tonearm.ui.rendering import TEMPLATES_DIR


def get(path: str, *headers: tuple[bytes, bytes]) -> Response:
    """Give the answer for a file, asked for below the mount."""
    files = VersionedFiles()
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": f"{STATIC_PATH}{path}",
        "root_path": STATIC_PATH,
        "headers": list(headers),
    }
    return asyncio.run(files.get_response(files.get_path(scope), scope))


def fetch(path: str) -> dict[str, Any]:
    response = get(path)
    return {"status": response.status_code, "cache": response.headers["cache-control"]}


def test_files_of_the_present_version_are_kept_for_ever() -> None:
    assert address("/music", "style.css") == f"/music{STATIC_PATH}/{version()}/style.css"
    found = fetch(f"/{version()}/style.css")
    assert found == {"status": 200, "cache": "public, max-age=31536000, immutable"}


def test_files_of_another_version_are_asked_for_again() -> None:
    assert fetch("/0123456789ab/scripts/picker.js") == {"status": 200, "cache": "no-cache"}


GZIP = (b"accept-encoding", b"br, gzip")


@pytest.mark.parametrize("name", ["style.css", "scripts/keys.js", "brand/favicon.svg"])
def test_texts_come_compressed_to_whoever_takes_that(name: str) -> None:
    path = f"/{version()}/{name}"
    plain, packed = get(path), get(path, GZIP)

    assert gzip.decompress(bytes(packed.body)) == (STATIC_DIR / name).read_bytes()
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-length"] == str(len(packed.body))
    assert "content-encoding" not in plain.headers
    for same in ("cache-control", "content-type", "vary"):
        assert packed.headers[same] == plain.headers[same]
    assert packed.headers["etag"] != plain.headers["etag"]


def test_whoever_has_a_compressed_text_is_not_sent_it_again() -> None:
    path = f"/{version()}/style.css"
    plain, packed = get(path).headers["etag"], get(path, GZIP).headers["etag"]
    for tag, headers in ((plain, ()), (packed, (GZIP,))):
        again = get(path, (b"if-none-match", tag.encode()), *headers)
        assert (again.status_code, again.headers["etag"]) == (304, tag)
        assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    other = get(path, (b"if-none-match", b'"of another file-gzip"'), GZIP)
    assert other.status_code == 200


def test_a_part_of_a_file_and_what_is_compressed_already_come_as_they_are() -> None:
    font = get(f"/{version()}/vendor/inter/inter-latin-wght-normal.woff2", GZIP)
    part = get(f"/{version()}/style.css", GZIP, (b"range", b"bytes=0-9"))

    assert "content-encoding" not in font.headers
    assert "content-encoding" not in part.headers


@pytest.mark.parametrize("path", ["/x/../assets.py", "/x/nothing.css", "/x/../../__init__.py"])
def test_nothing_else_is_served(path: str) -> None:
    with pytest.raises(HTTPException) as caught:
        fetch(path)
    assert caught.value.status_code == 404


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES_DIR.glob("*.html")), ids=lambda path: path.name
)
def test_templates_name_files_that_are_there_and_nothing_inline(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for part in text.split("frame.asset('")[1:]:
        assert (STATIC_DIR / part.partition("'")[0]).is_file()
    assert " style=" not in text
    assert "onclick" not in text
    assert "<style" not in text
    assert all(
        script.lstrip().startswith("src=") or " src=" in script.partition(">")[0]
        for script in text.split("<script")[1:]
    )


def test_style_names_fonts_that_are_there() -> None:
    style = (STATIC_DIR / "style.css").read_text(encoding="utf-8")
    names = [part.partition(")")[0] for part in style.split("url(")[1:]]
    assert names
    assert all((STATIC_DIR / name).is_file() for name in names)


def test_themes_differ_in_colours_and_in_nothing_else() -> None:
    """What is hidden, large or named is so in both: whoever looks at one theme has seen that of the other."""
    styles = "".join(path.read_text(encoding="utf-8") for path in STATIC_DIR.glob("*.css"))
    assert styles.count("light-dark(") > 20
    assert "prefers-color-scheme" not in styles
    rules = dict(re.findall(r"([^{}]*\[data-theme[^{}]*)\{([^{}]*)\}", styles))
    assert len(rules) == styles.count("[data-theme") == 2
    assert {rule.strip() for rule in rules.values()} == {
        "color-scheme: light;", "color-scheme: dark;",
    }  # fmt: skip


def test_every_page_has_its_router() -> None:
    paths = {route.path for router in list_routers() for route in router.routes}  # type: ignore[attr-defined]
    assert {"/", "/setup", "/login", "/logout", "/account", "/imports", "/top/{ranking}"} <= paths
