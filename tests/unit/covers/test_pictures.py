"""Pictures: only Spotify's are asked for, only pictures are kept, and no more of them than was said."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripted_server import Answer, Script, scripted
from tonearm.covers.pictures import LARGEST, Pictures
from tonearm.ops.outgoing import OutgoingError, UnansweredError, UnusableAnswerError
from tonearm.spotify.models import Image

API = "https://api.spotify.com/v1"
JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"
WEBP = b"RIFF\x10\0\0\0WEBPVP8 "
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def said(body: bytes, media_type: str = "image/jpeg", status: int = 200) -> Answer:
    return Answer(body, status, {"Content-Type": media_type})


@pytest.fixture
def server() -> Iterator[Script]:
    with scripted() as script:
        yield script


def pictures_of(server: Script, folder: Path, most_bytes: int = 10**6) -> Pictures:
    return Pictures(folder / "covers", most_bytes, api_url=f"{server.origin}/v1")


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "covers").glob("*")}


@pytest.mark.parametrize(
    "address",
    [
        "https://i.scdn.co/image/ab67616d00001e02ff9ca10b55ce82ae553c8228",
        "https://mosaic.scdn.co/300/ab67",
        "https://image-cdn-ak.spotifycdn.com/image/ab67",
        "https://I.SCDN.CO:443/image/ab67",
    ],
)
def test_spotify_s_hosts_of_pictures_may_be_asked(tmp_path: Path, address: str) -> None:
    assert Pictures(tmp_path, 1, api_url=API).may_ask(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://i.scdn.co/image/ab67",
        "https://i.scdn.co:8443/image/ab67",
        "https://i.scdn.co:99999/image/ab67",
        "https://somebody@i.scdn.co/image/ab67",
        "https://i.scdn.co@127.0.0.1/image/ab67",
        "https://i.scdn.co.example.org/image/ab67",
        "https://example.org/i.scdn.co",
        "https://example.org#.scdn.co",
        "https://notscdn.co/image/ab67",
        "https://127.0.0.1/image/ab67",
        "https://[::1]/image/ab67",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//i.scdn.co/image/ab67",
        "https://i.scdn.co/image/ab67\r\nHost: 127.0.0.1",
        "http://127.0.0.1:8421/image/ab67",
    ],
)
def test_nobody_else_is_asked(tmp_path: Path, address: str) -> None:
    pictures = Pictures(tmp_path, 1, api_url=API)

    assert not pictures.may_ask(address)
    assert pictures.choose([Image(address, 300, 300)]) is None
    with pytest.raises(UnusableAnswerError):
        pictures.fetch(address)


def test_a_stand_in_has_pictures_at_its_own_address_and_at_no_other(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path, 1, api_url="http://127.0.0.1:8421/v1")

    assert pictures.may_ask("http://127.0.0.1:8421/image/ab67")
    assert not pictures.may_ask("http://127.0.0.1:8422/image/ab67")
    assert not pictures.may_ask("https://127.0.0.1:8421/image/ab67")


def test_the_picture_nearest_to_300_pixels_is_taken(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path, 1, api_url=API)
    images = [Image(f"https://i.scdn.co/{size}", size, size) for size in (640, 320, 300, 64)]

    assert pictures.choose(images) == "https://i.scdn.co/300"
    assert pictures.choose([images[0], images[3]]) == "https://i.scdn.co/64"
    unknown = Image("https://i.scdn.co/unknown")
    assert pictures.choose([unknown, images[1]]) == "https://i.scdn.co/320"
    assert pictures.choose([unknown]) == "https://i.scdn.co/unknown"
    assert pictures.choose([]) is None


@pytest.mark.parametrize(
    ("body", "media_type"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp; q=1")]
)
def test_a_picture_is_kept_and_found_by_its_content(
    server: Script, tmp_path: Path, body: bytes, media_type: str
) -> None:
    server.say(said(body, media_type))
    pictures = pictures_of(server, tmp_path)

    fetched = pictures.fetch(f"{server.origin}/image/a")

    assert kept(tmp_path) == {fetched.digest}
    assert pictures.find(fetched.digest) == fetched
    assert fetched == (fetched.digest, media_type.partition(";")[0], body)
    headers = server.asked[0].headers
    assert "Authorization" not in headers
    assert "Cookie" not in headers
    assert headers["Accept"] == "image/jpeg, image/png, image/webp"


@pytest.mark.parametrize(
    "answer",
    [
        said(HTML),
        said(HTML, "text/html"),
        said(SVG, "image/svg+xml"),
        said(SVG, "image/png"),
        said(JPEG, "text/html"),
        said(JPEG, "image/png"),
        said(JPEG, ""),
        said(b""),
        said(JPEG + b"\0" * LARGEST),
        said(JPEG, status=404),
        said(JPEG, status=206),
        Answer(JPEG, 302, {"Content-Type": "image/jpeg", "Location": "/image/elsewhere"}),
        Answer(JPEG, 301, {"Content-Type": "image/jpeg", "Location": "http://169.254.169.254/"}),
    ],
    ids=lambda answer: f"{answer.status} {answer.headers['Content-Type']} {answer.body[:12]!r}",
)
def test_what_is_no_picture_is_not_kept_and_leads_nowhere(
    server: Script, tmp_path: Path, answer: Answer
) -> None:
    server.say(answer)
    pictures = pictures_of(server, tmp_path)

    with pytest.raises(UnusableAnswerError):
        pictures.fetch(f"{server.origin}/image/a")

    assert kept(tmp_path) == set()
    assert [asked.path for asked in server.asked] == ["/image/a"]


def test_a_host_in_trouble_may_answer_later(server: Script, tmp_path: Path) -> None:
    server.say(said(JPEG, status=503))
    with pytest.raises(UnansweredError):
        pictures_of(server, tmp_path).fetch(f"{server.origin}/image/a")


def test_whatever_lies_in_the_folder_is_shown_only_if_it_is_a_picture(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path, 1, api_url=API)
    (tmp_path / "page").write_bytes(HTML)

    assert pictures.find("page") is None
    assert pictures.find("nothing") is None


def test_what_was_not_shown_for_longest_makes_room(server: Script, tmp_path: Path) -> None:
    server.say(*(said(JPEG + bytes([number]) * 1_000) for number in range(4)))
    pictures = pictures_of(server, tmp_path, most_bytes=3_500)
    first, second, third = (
        pictures.fetch(f"{server.origin}/image/{number}").digest for number in range(3)
    )
    for age, digest in enumerate((third, second, first), 1):
        os.utime(tmp_path / "covers" / digest, (10_000 - age, 10_000 - age))
    assert pictures.find(first) is not None  # shown now, it is the last to go

    fourth = pictures.fetch(f"{server.origin}/image/3").digest

    assert kept(tmp_path) == {first, third, fourth}


def test_one_picture_is_kept_however_little_room_there_is(server: Script, tmp_path: Path) -> None:
    server.say(said(JPEG))
    pictures = pictures_of(server, tmp_path, most_bytes=1)

    fetched = pictures.fetch(f"{server.origin}/image/a")

    assert kept(tmp_path) == {fetched.digest}


def test_files_that_nobody_wants_are_swept(server: Script, tmp_path: Path) -> None:
    server.say(said(JPEG), said(PNG, "image/png"))
    pictures = pictures_of(server, tmp_path)
    wanted, other = (pictures.fetch(f"{server.origin}/{name}").digest for name in "ab")
    half = tmp_path / "covers" / f"{other}.12345678"
    half.write_bytes(JPEG)

    assert pictures.sweep(lambda names: {wanted} & set(names)) == 2
    assert kept(tmp_path) == {wanted}


def test_without_a_network_nothing_is_kept(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path / "covers", 1, api_url="http://127.0.0.1:9/v1")
    with pytest.raises(OutgoingError):
        pictures.fetch("http://127.0.0.1:9/image/a")
    assert not (tmp_path / "covers").exists()
