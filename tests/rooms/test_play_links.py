"""Every number leads to exactly the plays behind it, over HTTP."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from asking import ABOUT_ONE
from hard_days import hard_rows
from serving import serve, set_up
from tonearm.insights.chart import load_charts

HARD_DAYS = ("2024-03-30..2024-04-02", "2024-10-26..2024-10-29")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    folder = tmp_path_factory.mktemp("served")
    with serve(folder / "data") as base, set_up(base) as client:
        content = json.dumps(hard_rows()).encode()
        files = [("files", ("Streaming_History_Audio_2024_0.json", content))]
        record = client.post("/api/imports", files=files).json()
        with client.stream("GET", f"/api/imports/{record['id']}/events", timeout=60) as stream:
            assert any("event: end" in line for line in stream.iter_lines())
        yield client


def address(template: str, line: dict[str, Any], answer: dict[str, Any]) -> str:
    """Fill a template as its description says."""

    def told(match: re.Match[str]) -> str:
        value = line[match[1]] if match[1] in line else answer[match[1]]
        return "" if value is None else quote(str(value), safe="")

    return re.sub(r"{(\w+)}", told, template)


def listed(client: httpx2.Client, link: str, limit: int = 500) -> list[dict[str, Any]]:
    """Follow a link of a measure, page after page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"/api/history/users/me/{link}&limit={limit}{cursor}")
        assert page.status_code == 200, (link, page.text)
        told = page.json()
        found += told["items"]
        if told["next_cursor"] is None:
            assert told["total"] == len(found), link
            return found
        cursor = f"&cursor={told['next_cursor']}"


def ask(client: httpx2.Client, chart: str, **asked: object) -> dict[str, Any]:
    given = {name: str(value) for name, value in asked.items() if value is not None}
    answer = client.get(f"/api/history/users/me/{chart}", params=given)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"kind": "all", "rule": "any", "private": "out"},
    {"artist": "glass harbour", "zone": "America/St_Johns"},
    {"platform": "ios", "range": "2024-03", "rule": "done"},
    {"country": "de", "from": "2024-10-26", "to": "2024-10-29"},
    {"track": "STRASSE", "album": "Signals", "hidden": "in"},
)


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every measure with lines that lead to plays, by many filters."""
    for name, chart in load_charts().items():
        if chart.line_plays is None or "items" not in chart.record.__struct_fields__:
            continue
        for filters in FILTERS:
            own: dict[str, Any] = {}
            if "limit" in chart.question.__struct_fields__:
                own["limit"] = 6
            if name == "top-shows":
                own |= {"kind": "podcast", "artist": "Daily Weather", "album": "Daily Weather"}
                own |= {"track": "On Snow"}
            if name in ABOUT_ONE:
                own |= {"artist": "Glass Harbour", "album": None, "track": None}
            yield name, {**filters, **own}


HARD_CASES = (
    *(
        ("timeline", {"unit": unit, **filters})
        for unit in ("week", "year")
        for filters in FILTERS[1:4]
    ),
    *(("timeline", {"unit": "day", "range": days}) for days in ("2024-03", "2024-10")),
    *(
        (chart, {**own, "range": days, "zone": zone})
        for chart, own in (("timeline", {"unit": "hour"}), ("heatmap", {}))
        for days in HARD_DAYS
        for zone in ("Europe/Berlin", "America/St_Johns")
    ),
)


@pytest.mark.parametrize(("chart", "asked"), [*cases(), *HARD_CASES], ids=str)
def test_a_line_leads_to_exactly_its_plays(
    served: httpx2.Client, chart: str, asked: dict[str, Any]
) -> None:
    check_lines(served, chart, asked)


def check_lines(served: httpx2.Client, chart: str, asked: dict[str, Any]) -> None:
    answer = ask(served, chart, **asked)
    template = answer["covered"]["line_plays"]
    assert "counted=in" in template or chart == "skips"
    for index, line in enumerate(worth_following(answer["items"])):
        link = address(template, line, answer)
        found = listed(served, link)
        if "plays" in line:
            told = line["plays"]
            assert len(found) == (sum(told) if isinstance(told, list) else told), link
        elif "judged" in line:
            assert len(found) == line["judged"], link
        else:
            assert found, link
        if "ms_played" in line and index % 4 == 0:
            every = listed(served, link.replace("counted=in", "counted=all"))
            assert sum(play["ms_played"] for play in every) == line["ms_played"], link


OWN: dict[str, dict[str, Any]] = {
    "compare": {"range": "2024", "other": "2023", "limit": 4, "from": None, "to": None},
    "clock": {"item": "artists", "limit": 3},
    "year": {"year": 2024, "range": None, "from": None, "to": None},
    "month": {"month": "2024-03", "range": None, "from": None, "to": None},
}
NUMBERS = (
    *(name for name, chart in load_charts().items() if chart.more_plays),
    "clock",
    "concentration",
)


@pytest.mark.parametrize("chart", NUMBERS)
@pytest.mark.parametrize(
    "asked", [*FILTERS, {"range": "2024-03"}, {"range": "2024-W13", "rule": "any"}], ids=str
)
def test_other_numbers_lead_to_exactly_their_plays_too(
    served: httpx2.Client, chart: str, asked: dict[str, Any]
) -> None:
    for aspect in ("platform", "country", "shuffle", "offline", "private"):
        own: dict[str, Any] = {"aspect": aspect} if chart == "context" else OWN.get(chart, {})
        answer = ask(served, chart, **{**asked, **own})
        seen = check_numbers(served, answer)
        # Of everything there is something to every number; only, of a few artists none comes and goes.
        whole = answer["covered"]["more_plays"].keys()
        assert (
            asked or seen == whole or (chart in {"compare", "month"} and len(seen) > len(whole) / 2)
        )
        if chart != "context":
            break


def check_numbers(served: httpx2.Client, answer: dict[str, Any]) -> set[str]:
    """Follow every link, and give the numbers that are more than none somewhere."""
    seen = set()
    for place, template in answer["covered"]["more_plays"].items():
        for line, number in numbers_at(answer, place):
            link = address(template, line, answer)
            page = served.get(f"/api/history/users/me/{link}&limit=1")
            assert page.status_code == 200, (place, link, page.text)
            assert page.json()["total"] == number, (place, link)
            if number:
                seen.add(place)
    return seen


def numbers_at(answer: dict[str, Any], place: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Give the lines that a template is of, each with its number."""
    *steps, name = place.split(".")
    found: Any = answer
    for step in steps:
        found = found[step]
    for line in found if isinstance(found, list) else [found]:
        if line is None:
            continue
        if not isinstance(line[name], list):
            yield line, line[name]
            continue
        values = answer.get("values", line[name])
        for index, (number, value) in enumerate(zip(line[name], values, strict=True)):
            own = value if isinstance(value, dict) else {}
            yield {**line, "index": index, "value": own.get("value")}, number


def test_a_number_that_is_of_one_play_names_it(served: httpx2.Client) -> None:
    milestones = ask(served, "milestones", kind="all", limit=500)
    for line in (*milestones["items"], *milestones["anniversaries"]):
        play = served.get(f"/api/history/users/me/plays/{line['play']}").json()["play"]
        assert play["ended_at"] == line.get("played_at", line.get("first_play_at"))
    returned = ask(served, "discovery", kind="all", limit=500)["rediscovered"]
    for line in returned:
        play = served.get(f"/api/history/users/me/plays/{line['play']}").json()["play"]
        assert (play["ended_at"], play["track"]["id"]) == (line["played_at"], line["id"])
    assert milestones["items"]
    assert returned


def worth_following(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the lines with plays, and some of those without."""
    quiet = [line for line in lines if not line.get("plays", True)]
    return [line for line in lines if line.get("plays", True)][:60] + quiet[:8]


@pytest.mark.parametrize("asked", [*FILTERS, *({"range": days} for days in HARD_DAYS)], ids=str)
def test_a_session_leads_to_exactly_its_plays(served: httpx2.Client, asked: dict[str, Any]) -> None:
    answer = ask(served, "sessions", limit=500, **asked)
    assert answer["longest"]
    for session in answer["longest"][:40]:
        link = address(answer["covered"]["line_plays"], session, answer)
        assert len(listed(served, link)) == session["plays"], link
        every = listed(served, link.replace("counted=in", "counted=all"), limit=7)
        assert sum(play["ms_played"] for play in every) == session["ms_played"], link
        assert min(play["started_at"] for play in every) == session["started_at"]
        assert max(play["ended_at"] for play in every) == session["ended_at"]
    # Between two sessions there is none.
    earliest = min(session["started_at"] for session in answer["longest"])
    assert listed(served, "plays?session=1999-01-01T00:00:00Z") == []
    inside = listed(served, f"plays?session={earliest}&unit=month&starts_on=1999-01-01")
    assert inside == []


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_an_answer_leads_to_exactly_its_plays(served: httpx2.Client, asked: dict[str, Any]) -> None:
    totals = ask(served, "totals", **asked)
    found = listed(served, totals["covered"]["plays"], limit=7)
    assert len(found) == totals["plays"]
    assert len({play["track"]["id"] for play in found}) == totals["tracks"]
    for name, chart in load_charts().items():
        if "plays" in chart.record.__struct_fields__ and name not in ABOUT_ONE:
            own = ask(served, name, **asked)
            assert len(listed(served, own["covered"]["plays"])) == own["plays"], name


def test_a_traveller_s_lines_lead_to_their_plays(served: httpx2.Client) -> None:
    served.patch("/api/user/preferences", json={"travels": True}).raise_for_status()
    try:
        for chart, asked in (
            ("timeline", {"unit": "day", "range": "2024-03-28..2024-04-03"}),
            ("timeline", {"unit": "hour", "range": HARD_DAYS[0]}),
            ("timeline", {"unit": "month"}),
            ("heatmap", {"range": "2024-10"}),
            ("top-tracks", {"range": "2024-W13"}),
        ):
            check_lines(served, chart, asked)
        for chart in ("discovery", "repeat", "skips"):
            check_numbers(served, ask(served, chart, range="2024-W13", limit=6))
        found = listed(served, "plays?kind=all", limit=11)
        instants = [(play["ended_at"], play["started_at"]) for play in found]
        assert instants == sorted(instants, reverse=True)
        japan = [play for play in found if play["country"] == "JP"]
        assert japan
        assert all(play["ended_local"].endswith("+09:00") for play in japan)
    finally:
        served.patch("/api/user/preferences", json={"travels": False}).raise_for_status()


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ("cursor=abc", "cursor"),
        ("cursor=YWZ0ZXI6MQ", "cursor"),
        ("cursor=%F0%9F%8E%B5", "cursor"),
        ("unit=day", "starts_on"),
        ("unit=day&starts_on=", "starts_on"),
        ("unit=day&starts_on=2024-02-30", "starts_on"),
        ("unit=year&starts_on=0001-01-01", "starts_on"),
        ("unit=hour&starts_on=2024-01-01", "starts_at"),
        ("unit=hour&starts_at=2024-01-01T10:00:00", "starts_at"),
        ("unit=hour&starts_at=0001-01-01T00:00:00Z", "starts_at"),
        ("starts_on=2024-01-01", "unit"),
        ("session=2024-01-01", "session"),
        ("weekday=7", "weekday"),
        ("hour=-1", "hour"),
        ("trait=odd", "trait"),
        ("aspect=shuffle", "value"),
        ("among=artists", "places"),
        ("places=5", "among"),
        ("among=artists&places=0", "places"),
        ("value=yes", "aspect"),
        ("aspect=colour&value=yes", "aspect"),
        ("aspect=shuffle&value=maybe", "value"),
        ("aspect=country&value=UK", "value"),
        ("aspect=platform&value=toaster", "value"),
        ("limit=501", "limit"),
        ("counted=yes", "counted"),
        ("artist=nobody", "artist"),
        ("range=never", "range"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    served: httpx2.Client, asked: str, parameter: str
) -> None:
    answer = served.get(f"/api/history/users/me/plays?{asked}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_what_was_left_open_is_empty(served: httpx2.Client) -> None:
    whole = served.get("/api/history/users/me/plays").json()["total"]
    assert served.get("/api/history/users/me/plays?q=").json()["total"] == whole
    assert whole > 0


def test_a_play_is_shown_over_http(served: httpx2.Client) -> None:
    newest = served.get("/api/history/users/me/plays?kind=all&limit=1").json()["items"][0]
    found = served.get(f"/api/history/users/me/plays/{newest['id']}").json()
    assert found["play"] == newest
    (told,) = found["sightings"]
    assert told["supports"][0]["import_id"] == 1
    place = told["supports"][0]["rows"][0]
    assert told["ms_played"] == hard_rows()[place]["ms_played"]
    for number in ("99999", "0", "x"):
        assert served.get(f"/api/history/users/me/plays/{number}").status_code == 404
