"""Vendored assets are what their packages published, each with its licence beside it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2] / "src/tonearm"
FOLDERS = (
    ROOT / "ui/static/vendor",
    ROOT / "ui/fonts",
    ROOT / "ui/atlas",
    ROOT / "accounts/vendor",
)
MANIFEST = "manifest.json"
PACKAGES: list[tuple[Path, dict[str, Any]]] = [
    (folder, package)
    for folder in FOLDERS
    for package in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["packages"]
]
FILES: list[tuple[Path, dict[str, Any]]] = [
    (folder, file) for folder, package in PACKAGES for file in package["files"]
]
LICENCES = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1"}
TOTAL_CAP = 2_500_000


@pytest.mark.parametrize(("folder", "file"), FILES, ids=lambda part: str(part)[-40:])
def test_a_file_is_byte_for_byte_what_the_manifest_says(folder: Path, file: dict[str, Any]) -> None:
    content = (folder / file["path"]).read_bytes()

    assert len(content) == file["bytes"]
    assert hashlib.sha256(content).hexdigest() == file["sha256"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_manifest_and_folder_list_the_same_files(folder: Path) -> None:
    listed = [file["path"] for where, file in FILES if where == folder]
    present = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path != folder / MANIFEST
    ]

    assert sorted(listed) == sorted(present)


@pytest.mark.parametrize(
    "package", [package for _, package in PACKAGES], ids=lambda one: one["package"]
)
def test_a_package_names_its_origin_and_carries_its_licence(package: dict[str, Any]) -> None:
    assert package["version"][0].isdigit()
    assert package["integrity"].startswith("sha512-")
    assert package["licence"] in LICENCES
    assert package["licence_file"] in {file["path"] for file in package["files"]}
    assert all(file["source"] for file in package["files"])


def test_what_browsers_load_stays_light() -> None:
    assert sum(file["bytes"] for folder, file in FILES if folder == FOLDERS[0]) <= TOTAL_CAP
