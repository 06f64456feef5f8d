"""Pictures as pixels: whole, with their words, whatever is written in them, and never too large."""

import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tonearm.domain.errors import InvalidInputError, UnavailableError
from tonearm.insights.charts.clock import ClockHour
from tonearm.ui import pixels
from tonearm.ui.chart_files import as_picture
from tonearm.ui.charts.hours import hours
from tonearm.ui.charts.share_card import Card, draw_card
from tonearm.ui.pixels import to_png

PAPER, NIGHT = (250, 247, 241), (20, 18, 16)
NAMES = ("ไทย" * 67, "فيروز", "静かな夜", "<b>&\"'</b>", "a\x08b\uffff", "")
"""A Thai one of 201 letters, one that runs from right to left, one that Debian alone has no letters for, and worse."""


def read(png: bytes) -> tuple[int, int, bytes]:
    """Give width, height and the pixels, four bytes each, of a PNG as the renderer writes them."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    assert (depth, kind, interlaced) == (8, 6, 0)
    place, packed = 8, b""
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        body = png[place + 8 : place + 8 + length]
        assert zlib.crc32(name + body) == struct.unpack(">I", png[place + 8 + length :][:4])[0]
        packed += body if name == b"IDAT" else b""
        place += 12 + length
    return width, height, zlib.decompress(packed)


def corner(png: bytes) -> tuple[int, ...]:
    """Give the colour of the first pixel, which no filter of a PNG changes."""
    _, _, pixels_ = read(png)
    return tuple(pixels_[1:4])


def svg(words: str, family: str = "Inter", size: tuple[int, int] = (300, 40)) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" '
        f'height="{size[1]}"><text x="4" y="28" font-family="{family}" font-size="24">{words}</text></svg>'
    )


def test_a_chart_is_two_pixels_for_each_unit_in_the_colours_of_its_theme() -> None:
    for is_dark, colour in ((False, PAPER), (True, NIGHT)):
        drawn = hours(
            [ClockHour(hour, hour, hour, 0.1) for hour in range(24)], summary="A", link=""
        )
        picture = as_picture(drawn, "Hours, 2024", is_dark=is_dark)
        found = pixels._SIZE.match(picture)  # noqa: SLF001 - what it says of itself
        assert found is not None
        png = to_png(picture)
        width, height, _ = read(png)
        assert (width, height) == (2 * int(found[1]), 2 * int(found[2]))
        assert corner(png) == colour


@pytest.mark.parametrize(
    "family", ["Inter", "Fraunces", "Nobody has this, serif", "Nobody, sans-serif"]
)
def test_words_are_drawn_and_differ(family: str) -> None:
    nothing, one, other = (to_png(svg(words, family)) for words in ("", "Año 2024", "Ano 2024"))
    assert len({nothing, one, other}) == 3


def test_weights_and_both_fonts_are_told_apart() -> None:
    bold = svg("Listen").replace("<text", '<text font-weight="600"')
    assert len({to_png(one) for one in (svg("Listen"), bold, svg("Listen", "Fraunces"))}) == 3


def test_drawings_name_a_kind_of_font_that_every_machine_has() -> None:
    chart = hours([ClockHour(hour, hour, hour, 0.1) for hour in range(24)], summary="A", link="")
    card = draw_card("2024", "静かな夜", Card("1 play", [("ไทย", "1 play")], chart))
    for drawn in (str(card), as_picture(chart, "Hours")):
        ours = re.findall("Inter|Fraunces", drawn)
        whole = re.findall(r'(?:Inter|Fraunces), [\w, "-]*?serif\b', drawn)
        assert len(whole) == len(ours) > 1


@pytest.mark.parametrize("name", NAMES)
def test_any_name_makes_a_whole_card(name: str) -> None:
    card = draw_card(name, name, Card("1 play", [(name, "1 play")] * 5))
    assert read(to_png(str(card), scale=1))[:2] == (1200, 630)


@pytest.mark.parametrize(
    "picture",
    [svg("", size=(20_000, 20_000)), svg("x" * 2_000_001), "<svg/>", "", svg("").replace('width="300"', "")],
    ids=["pixels", "characters", "no size", "nothing", "half a size"],
)  # fmt: skip
def test_what_is_too_large_or_does_not_say_is_not_begun(picture: str) -> None:
    with pytest.raises(InvalidInputError, match="too large"):
        to_png(picture)


def test_a_picture_that_cannot_be_made_is_told_and_gives_its_place_back() -> None:
    for _ in range(3):
        with pytest.raises(UnavailableError, match="could not be made"):
            to_png(svg("<unclosed>"))
    assert to_png(svg("")).startswith(b"\x89PNG")


def test_whoever_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_LONGEST_SECONDS", 0.001)
    with pytest.raises(UnavailableError, match="could not be made"):
        to_png(svg(""))


def test_more_than_a_few_at_once_are_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_PATIENCE_SECONDS", 0.01)
    taken = [pixels._places.acquire(timeout=1) for _ in range(2)]  # noqa: SLF001 - held as others would
    try:
        with pytest.raises(UnavailableError, match="Too many pictures"):
            to_png(svg(""))
    finally:
        for _ in taken:
            pixels._places.release()  # noqa: SLF001 - the same


def test_a_server_does_not_load_the_renderer() -> None:
    code = "import sys, tonearm.bootstrap, tonearm.ui.pixels; sys.exit('resvg_py' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - written above


def test_fonts_lie_where_the_renderer_looks_for_them() -> None:
    found = {path.stem for path in Path(pixels.FONTS_DIR).rglob("*.ttf")}
    assert found == {
        "Inter_400Regular",
        "Inter_600SemiBold",
        "Fraunces_400Regular",
        "Fraunces_500Medium",
    }
