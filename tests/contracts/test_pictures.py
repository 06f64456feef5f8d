"""Every page has its pictures in docs/screenshots, light and dark, wide and narrow; no browser is started for that."""

import re
from urllib.parse import urlsplit

import pytest

from doors import DOORS
from tools.screenshots.shots import FOLDER, LOOKS, SHOTS, Shot

PAGES = {door.path for door in DOORS if door.is_page and door.method == "GET"}
# What is no page, or one that another picture shows.
WITHOUT = {
    "/account/shares/preview": "what visitors see, as in the pictures of shares",
    "/account/shares/{number}/preview": "the same",
    "/account/shares/{number}/picture.png": "a download",
    "/account/shares/{number}/picture.svg": "a download",
    "/account/spotify/collecting": "a part that the account puts in anew",
    "/charts/{chart}.{form}": "a download",
    "/covers/albums/{item_id}": "a picture itself",
    "/covers/artists/{item_id}": "a picture itself",
    "/imports/{import_id}/live": "a stream of parts",
    "/now-playing": "a part that pages put in anew",
    "/s/{token}/card.png": "a picture itself",
    "/s/{token}/picture.png": "a download",
    "/s/{token}/picture.svg": "a download",
    "/search/suggestions": "a part of the palette",
    "/service-worker.js": "a script",
    "/years": "leads to the latest year",
    "/years/{year}/picture.png": "a download",
    "/years/{year}/picture.svg": "a download",
    "/years/{year}/{month}/picture.png": "a download",
    "/years/{year}/{month}/picture.svg": "a download",
}


def page_of(shot: Shot) -> str | None:
    """Give the path of the route that a picture is of; None where no page but what a form answers is on it."""
    path = urlsplit(shot.path).path
    if path in PAGES:
        return path
    return next((page for page in sorted(PAGES) if re.fullmatch(pattern(page), path)), None)


def pattern(page: str) -> str:
    return re.sub(r"\\{\w+\\}", "[^/]+", re.escape(page))


def test_every_page_has_a_picture_or_a_reason_why_not() -> None:
    pictured = {page_of(shot) for shot in SHOTS}

    assert PAGES - pictured == WITHOUT.keys(), "add a line to tools/screenshots/shots.py"


@pytest.mark.parametrize("page", sorted(PAGES - WITHOUT.keys()))
def test_a_page_is_looked_at_wide_and_narrow_in_light_and_dark(page: str) -> None:
    looks = {
        look
        for shot in SHOTS
        if page_of(shot) == page and not shot.part
        for look, path in shot.files()
        if path.exists()
    }

    assert looks == set(LOOKS)


def test_the_pictures_that_lie_there_are_those_that_are_taken() -> None:
    names = [path for shot in SHOTS for _, path in shot.files()]
    assert len(names) == len(set(names))

    assert set(FOLDER.iterdir()) == set(names), "run `python -m tools.screenshots`"
