"""Vendored page assets are what their packages published, each with its licence beside it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

VENDOR = Path(__file__).parents[2] / "src/tonearm/ui/static/vendor"
MANIFEST = VENDOR / "manifest.json"
PACKAGES: list[dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]
FILES: list[dict[str, Any]] = [file for package in PACKAGES for file in package["files"]]
LICENCES = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1"}
TOTAL_CAP = 2_500_000


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file["path"]))
def test_a_file_is_byte_for_byte_what_the_manifest_says(file: dict[str, Any]) -> None:
    content = (VENDOR / file["path"]).read_bytes()

    assert len(content) == file["bytes"]
    assert hashlib.sha256(content).hexdigest() == file["sha256"]


def test_manifest_and_folder_list_the_same_files() -> None:
    listed = [file["path"] for file in FILES]
    present = [
        path.relative_to(VENDOR).as_posix()
        for path in VENDOR.rglob("*")
        if path.is_file() and path != MANIFEST
    ]

    assert sorted(listed) == sorted(present)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package["package"]))
def test_a_package_names_its_origin_and_carries_its_licence(package: dict[str, Any]) -> None:
    assert package["version"][0].isdigit()
    assert package["integrity"].startswith("sha512-")
    assert package["licence"] in LICENCES
    assert package["licence_file"] in {file["path"] for file in package["files"]}
    assert all(file["source"] for file in package["files"])


def test_the_assets_stay_light() -> None:
    assert sum(file["bytes"] for file in FILES) <= TOTAL_CAP
