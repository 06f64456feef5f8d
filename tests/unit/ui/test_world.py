"""The map of countries: true areas, neighbours beside each other, and nothing that runs across it."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from tonearm.ui.charts.world import Visited, world

AREAS = {
    "RU": 17.10, "CA": 9.98, "CN": 9.60, "BR": 8.51, "AU": 7.69, "IN": 3.29, "AR": 2.78, "KZ": 2.72,
    "DZ": 2.38, "CD": 2.34, "ZA": 1.22, "EG": 1.00,
}  # fmt: skip
"""Millions of square kilometres, water included, by the United Nations."""
MOVE = re.compile(r"([Ml])(-?\d+) (-?\d+)")
Ring = list[tuple[int, int]]


def drawn(*countries: str) -> dict[str, ET.Element]:
    visited = [Visited(code, 10, f"{code}: 10 plays", f"/?country={code}") for code in countries]
    root = parsed(world(visited, summary="Countries"))
    return {link.attrib["href"][-2:]: link[0] for link in root.iter("a")}


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(str(drawing))  # noqa: S314 - our own drawing


def rings(element: ET.Element) -> list[Ring]:
    """Read the rings of a path as whoever draws it does."""
    found: list[Ring] = []
    for letter, right, down in MOVE.findall(element.attrib["d"]):
        if letter == "M":
            found.append([(int(right), int(down))])
        else:
            x, y = found[-1][-1]
            found[-1].append((x + int(right), y + int(down)))
    return found


def area(ring: Ring) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def box(element: ET.Element) -> tuple[int, int, int, int]:
    """Give the edges of a country: left, top, right, bottom."""
    points = [point for ring in rings(element) for point in ring]
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)


def spot(element: ET.Element) -> tuple[int, int]:
    assert element.tag == "circle"
    return int(element.attrib["cx"]), int(element.attrib["cy"])


def test_areas_are_true() -> None:
    found = {code: sum(map(area, rings(shape))) for code, shape in drawn(*AREAS).items()}
    unit = found["BR"] / AREAS["BR"]

    assert {code: found[code] / unit for code in AREAS} == pytest.approx(AREAS, rel=0.07)


@pytest.mark.parametrize(
    ("small", "around"),
    [("VA", "IT"), ("SM", "IT"), ("LI", "EU"), ("HK", "CN"), ("SG", "MY"), ("BH", "QA")],
)
def test_what_is_too_small_is_a_dot_where_it_belongs(small: str, around: str) -> None:
    among = ("AT", "CH") if around == "EU" else (around,)
    shapes = drawn(small, *among)
    x, y = spot(shapes[small])
    edges = [box(shapes[one]) for one in among]
    left, top, right, bottom = (choose(side) for choose, side in zip(
        (min, min, max, max), zip(*edges, strict=True), strict=True,
    ))  # fmt: skip

    assert left - 4 <= x <= right + 4
    assert top - 4 <= y <= bottom + 4


def test_what_lies_on_both_sides_of_the_line_of_dates_is_cut_there() -> None:
    for shape in drawn("RU", "FJ", "US", "NZ").values():
        for ring in rings(shape):
            assert all(0 <= x <= 1_000 for x, _ in ring)
            steps = [abs(bx - ax) for (ax, _), (bx, _) in pairwise(ring)]
            assert max(steps, default=0) < 120
    russia = [x for ring in rings(drawn("RU")["RU"]) for x, _ in ring]
    assert min(russia) < 200
    assert max(russia) > 800, "Chukotka reaches to the other side"


def test_amounts_are_steps_and_said() -> None:
    visited = [
        Visited("DE", 600, "Germany: 600 plays", "/history?country=DE"),
        Visited("PT", 1, "Portugal: 1 play", "/history?country=PT"),
        Visited("XX", 5, "Not known", "/history?country=XX"),
    ]
    root = parsed(world(visited, summary='Most in "Germany" <b>'))
    links = {link.attrib["href"]: link for link in root.iter("a")}

    assert list(links) == ["/history?country=DE", "/history?country=PT"]
    assert [link[0].attrib["class"] for link in links.values()] == ["s6", "s1"]
    assert links["/history?country=DE"].attrib["aria-label"] == "Germany: 600 plays"
    title = root.find(".//title")
    assert title is not None
    assert title.text == 'Most in "Germany" <b>'
    rest = root.find(".//g/path")
    assert rest is not None
    assert len(rings(rest)) > 200, "the other countries are there too"
