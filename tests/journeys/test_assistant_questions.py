"""Questions a listener would ask, each answered through the tools alone and worked out from the export without them.

What is expected comes from the oracle: the definitions in words, over the rows as they lie in the export, with nothing
of the product in between.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import httpx2
import pytest

from listening import rows_of
from oracle.comparison import compare, previous_range
from oracle.discovery import discovery, milestones
from oracle.examples import BERLIN
from oracle.habits import loyalty, repeat
from oracle.measures import (
    Item,
    Kind,
    Range,
    counts,
    day_of,
    heatmap,
    local,
    resolve_range,
    top,
    totals,
    within,
)
from oracle.platforms import platform_family
from oracle.plays import OraclePlay, plays_of
from oracle.ranking import top_shows
from oracle.rhythm import clock, sessions, timeline
from oracle.stories import taste, year_in_review
from serving import serve, set_up
from tonearm.mcp.tool import load_tools
from tonearm.testing.export import write_export

TODAY = datetime(2025, 11, 1, tzinfo=UTC)
FEW = 5
Answer = dict[str, Any]


class Truth:
    """What the export says, worked out slowly."""

    def __init__(self, plays: list[OraclePlay]) -> None:
        self.plays = plays
        self.artist = self.top("artists", "all")[0][0]
        self.track = self.top("tracks", "2024")[0][0]
        music = [play for play in plays if play.kind == "music" and counts(play, "30s")]
        days = Counter(day_of(play.ended_at, BERLIN) for play in music)
        self.busiest = min(days, key=lambda day: (-days[day], day))
        self.on_busiest = days[self.busiest]

    @staticmethod
    def span(text: str) -> Range:
        return resolve_range(text, TODAY, BERLIN)

    def top(self, item: Item, text: str, limit: int = FEW) -> list[tuple[str, int]]:
        rows = top(self.plays, item, *self.span(text), limit=limit)
        return [(row.name, row.plays) for row in rows]

    def of_artist(self) -> list[OraclePlay]:
        return [play for play in self.plays if play.artist == self.artist]

    def count(
        self, fits: Callable[[OraclePlay], bool], text: str = "all", kind: Kind = "music"
    ) -> int:
        return sum(map(fits, within(self.plays, *self.span(text), kind)))

    def comparison(self) -> Any:  # noqa: ANN401 - the oracle's own
        return compare(self.plays, *self.span("2024"), BERLIN, other=self.span("2023"), limit=FEW)


class Question(NamedTuple):
    words: str
    tool: str
    arguments: dict[str, Any] | Callable[[Truth], dict[str, Any]]
    told: Callable[[Answer], Any]
    """What answers it."""
    true: Callable[[Truth], Any]
    """The same by the oracle."""


def names_and_plays(lines: list[Answer]) -> list[tuple[str, int]]:
    return [(line["name"], line["plays"]) for line in lines]


def part(told: Answer, name: str) -> Any:  # noqa: ANN401 - any part of an answer
    """Give what bears a name, wherever in an answer it stands."""
    if name in told:
        return told[name]
    inner = (part(one, name) for one in told.values() if isinstance(one, dict))
    return next((one for one in inner if one is not None), None)


def moment(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def near(value: float) -> Any:  # noqa: ANN401 - pytest's own
    return pytest.approx(value, abs=1e-6)


def names(standings: list[Any]) -> list[str]:
    return [one.name if hasattr(one, "name") else one["name"] for one in standings]


def of_artist(**more: Any) -> Callable[[Truth], dict[str, Any]]:  # noqa: ANN401 - any arguments
    return lambda truth: {"artist": truth.artist, **more}


QUESTIONS = (
    # How much
    Question("How many songs did I play in 2023?", "taste_summary", {"range": "2023"},
             lambda told: told["totals"]["plays"],
             lambda true: totals(true.plays, *true.span("2023"), BERLIN).plays),
    Question("How long did I listen to music in 2024?", "taste_summary", {"range": "2024"},
             lambda told: told["totals"]["ms_played"],
             lambda true: totals(true.plays, *true.span("2024"), BERLIN).ms_played),
    Question("How many different artists have I ever played?", "taste_summary", {},
             lambda told: told["totals"]["artists"],
             lambda true: totals(true.plays, None, None, BERLIN).artists),
    Question("On how many days of March 2024 did I listen?", "taste_summary", {"range": "2024-03"},
             lambda told: told["totals"]["active_days"],
             lambda true: totals(true.plays, *true.span("2024-03"), BERLIN).active_days),
    Question("Since when does my history go back?", "taste_summary", {},
             lambda told: moment(told["first_play_at"]),
             lambda true: taste(true.plays, None, None, BERLIN).first_ms),
    # What most
    Question("Who were my favourite artists of 2023?", "top", {"item": "artists", "range": "2023", "limit": FEW},
             lambda told: names_and_plays(told["items"]), lambda true: true.top("artists", "2023")),
    Question("Which songs have I played most of all?", "top", {"item": "tracks", "limit": 10},
             lambda told: names_and_plays(told["items"]), lambda true: true.top("tracks", "all", 10)),
    Question("Which albums did I spend most time with in 2022?", "top",
             {"item": "albums", "range": "2022", "by": "time", "limit": FEW},
             lambda told: [(line["name"], line["ms_played"]) for line in told["items"]],
             lambda true: [(row.name, row.ms_played) for row in
                           top(true.plays, "albums", *true.span("2022"), by="time", limit=FEW)]),
    Question("What was on repeat in October 2024?", "top", {"item": "tracks", "range": "2024-10", "limit": 3},
             lambda told: names_and_plays(told["items"]), lambda true: true.top("tracks", "2024-10", 3)),
    Question("Which podcasts do I hear most?", "top", {"item": "shows", "limit": FEW},
             lambda told: names_and_plays(told["items"]),
             lambda true: [(row.name, row.plays) for row in
                           top_shows(true.plays, None, None, BERLIN, limit=FEW)]),
    Question("And which audiobooks?", "top", {"item": "shows", "kind": "audiobook", "limit": FEW},
             lambda told: names_and_plays(told["items"]),
             lambda true: [(row.name, row.plays) for row in
                           top_shows(true.plays, None, None, BERLIN, kind="audiobook", limit=FEW)]),
    Question("Which songs of my favourite artist do I play most?", "top", of_artist(item="tracks", limit=FEW),
             lambda told: names_and_plays(told["items"]),
             lambda true: [(row.name, row.plays) for row in
                           top(true.of_artist(), "tracks", None, None, limit=FEW)]),
    Question("Where did this year's favourites stand the year before?", "top",
             {"item": "artists", "range": "2024", "limit": FEW},
             lambda told: [line["previous_rank"] for line in told["items"]],
             lambda true: [row.previous_rank for row in
                           top(true.plays, "artists", *true.span("2024"), limit=FEW, previous=true.span("2023"))]),
    Question("Which share of 2024 went to my first artist?", "top", {"item": "artists", "range": "2024", "limit": 1},
             lambda told: near(told["items"][0]["share"]),
             lambda true: top(true.plays, "artists", *true.span("2024"))[0].share),
    # When
    Question("In which month of 2023 did I listen most?", "timeline", {"range": "2023", "unit": "month"},
             lambda told: max(told["items"], key=lambda line: line["ms_played"])["starts_on"],
             lambda true: max(timeline(true.plays, *true.span("2023"), BERLIN),
                              key=lambda line: line.ms_played).starts_on.isoformat()),
    Question("How did my listening go from year to year?", "timeline", {"unit": "year"},
             lambda told: [(line["starts_on"], line["plays"], line["ms_played"]) for line in told["items"]],
             lambda true: [(line.starts_on.isoformat(), line.plays, line.ms_played) for line in
                           timeline(true.plays, None, None, BERLIN, unit="year")]),
    Question("How many songs in each week of spring 2024?", "timeline",
             {"from": "2024-03-01", "to": "2024-06-01", "unit": "week", "limit": 100},
             lambda told: [line["plays"] for line in told["items"]],
             lambda true: [line.plays for line in timeline(
                 true.plays, true.span("2024-03")[0], true.span("2024-06")[0], BERLIN, unit="week")]),
    Question("How did it go with my favourite artist in 2024?", "timeline", of_artist(range="2024", unit="month"),
             lambda told: [line["plays"] for line in told["items"]],
             lambda true: [line.plays for line in timeline(true.of_artist(), *true.span("2024"), BERLIN)]),
    Question("At which hours do I listen?", "listening_times", {},
             lambda told: [(hour["plays"], hour["ms_played"]) for hour in told["hours"]],
             lambda true: [(hour.plays, hour.ms_played) for hour in clock(true.plays, None, None, BERLIN)]),
    Question("Which weekday is my loudest?", "listening_times", {"range": "2024"},
             lambda told: max(told["weekdays"], key=lambda day: day["plays"])["weekday"],
             lambda true: taste(true.plays, *true.span("2024"), BERLIN).peak_weekday),
    Question("What do my Friday evenings look like?", "listening_times", {},
             lambda told: told["weekdays"][4]["plays_by_hour"][18:],
             lambda true: [cell.plays for cell in heatmap(true.plays, None, None, BERLIN)[4][18:]]),
    # Again and anew
    Question("How much of it is the same songs again?", "taste_summary", {"range": "2024"},
             lambda told: near(told["repeat_share"]),
             lambda true: repeat(true.plays, *true.span("2024"), BERLIN).repeat_share),
    Question("Which song did I play most times in a row, and how many?", "repeats", {},
             lambda told: (part(told, "longest_run")["name"], part(told, "longest_run")["length"]),
             lambda true: (repeat(true.plays, None, None, BERLIN).longest_run or ())[1:3]),
    Question("How often was I stuck in a loop?", "repeats", {},
             lambda told: (part(told, "loops"), part(told, "loop_plays")),
             lambda true: (repeat(true.plays, None, None, BERLIN).loops,
                           repeat(true.plays, None, None, BERLIN).loop_plays)),
    Question("How many artists and songs did I discover in 2023?", "discovery", {"range": "2023"},
             lambda told: (told["totals"]["new_artists"], told["totals"]["new_tracks"]),
             lambda true: discovery(true.plays, *true.span("2023"), BERLIN).whole[2:5:2]),
    Question("When was I most curious in 2024?", "discovery", {"range": "2024", "unit": "month"},
             lambda told: [near(line["new_share"]) for line in told["items"]],
             lambda true: [line.new_share for line in discovery(true.plays, *true.span("2024"), BERLIN).items]),
    Question("What came back after a long time?", "discovery", {"range": "2024"},
             lambda told: [line["pause_days"] for line in told["rediscovered"]],
             lambda true: [line.pause_days for line in discovery(true.plays, *true.span("2024"), BERLIN).rediscovered]),
    # Compared
    Question("Did I listen more in 2024 than in 2023?", "compare", {"range": "2024", "other": "2023"},
             lambda told: (told["totals"]["plays"], told["other_totals"]["plays"], told["change"]["plays"]),
             lambda true: (true.comparison().here.plays, true.comparison().there.plays,
                           true.comparison().changes["plays"].change)),
    Question("Which artists came into my favourites?", "compare", {"range": "2024", "other": "2023", "limit": FEW},
             lambda told: names(told["artists"]["entries"]), lambda true: names(true.comparison().artists.entries)),
    Question("And which did I drop?", "compare", {"range": "2024", "other": "2023", "limit": FEW},
             lambda told: names(told["artists"]["exits"]), lambda true: names(true.comparison().artists.exits)),
    Question("Which albums moved most?", "compare", {"range": "2024", "other": "2023", "limit": FEW},
             lambda told: names(told["albums"]["movers"]), lambda true: names(true.comparison().albums.movers)),
    Question("How does October 2024 stand beside the month before?", "compare", {"range": "2024-10"},
             lambda told: told["change"]["ms_played"],
             lambda true: totals(true.plays, *true.span("2024-10"), BERLIN).ms_played
             - totals(true.plays, *previous_range(*whole(true.span("2024-10")), BERLIN, "2024-10"), BERLIN).ms_played),
    # One artist, one play
    Question("When did I first hear my favourite artist?", "item", of_artist(),
             lambda told: moment(told["first_play_local"]), lambda true: fidelity(true).first_ms),
    Question("And when last?", "item", of_artist(),
             lambda told: moment(told["last_play_local"]), lambda true: fidelity(true).last_ms),
    Question("How many times have I played them?", "item", of_artist(),
             lambda told: (told["ever"]["plays"], told["ever"]["ms_played"]),
             lambda true: (fidelity(true).plays, fidelity(true).ms_played)),
    Question("Which was our best month?", "item", of_artist(),
             lambda told: told["peak_month"], lambda true: f"{fidelity(true).peak_month:%Y-%m}"),
    Question("What did I hear last in 2023?", "plays", {"range": "2023", "kind": "all", "limit": 1},
             lambda told: (told["items"][0]["track"]["name"], moment(told["items"][0]["ended_local"])),
             lambda true: [(play.title, play.ended_at) for play in within(true.plays, *true.span("2023"), "all")][-1]),
    Question("How many songs on my busiest day?", "plays",
             lambda true: {"range": true.busiest.isoformat(), "counted": "in", "limit": 1},
             lambda told: told["total"], lambda true: true.on_busiest),
    Question("How often was I awake at three?", "plays", {"hour": 3, "kind": "music", "limit": 1},
             lambda told: told["total"],
             lambda true: true.count(lambda play: local(play.ended_at, BERLIN).hour == 3)),
    Question("What did I play in Portugal?", "plays", {"country": "PT", "kind": "music", "limit": 1},
             lambda told: told["total"], lambda true: true.count(lambda play: play.country == "PT")),
    Question("How much on the phone in 2024?", "plays",
             {"platform": "android", "range": "2024", "kind": "music", "limit": 1},
             lambda told: told["total"],
             lambda true: true.count(lambda play: platform_family(play.platform) == "android", "2024")),
    # Habits and stories
    Question("How long do I usually listen at a stretch?", "habits", {},
             lambda told: part(told, "ms_median"),
             lambda true: sessions(true.plays, None, None, BERLIN).ms_median),
    Question("What was my longest stretch in 2024?", "year_in_review", {"year": 2024},
             lambda told: (told["longest_session"]["ms_length"], told["longest_session"]["plays"]),
             lambda true: sessions(true.plays, *true.span("2024"), BERLIN).longest[0][2::2]),
    Question("How many days in a row did I listen at most in 2024?", "year_in_review", {"year": 2024},
             lambda told: (told["longest_streak"]["days"], told["longest_streak"]["starts_on"]),
             lambda true: (review(true).longest_streak.days, str(review(true).longest_streak.first))),
    Question("What was my thousandth song?", "milestones", {"limit": 50},
             lambda told: [(one["name"], moment(one["played_at"])) for one in part(told, "items")
                           if (one["kind"], one["number"]) == ("plays", 1_000)],
             lambda true: [(one.name, one.at) for one in milestones(true.plays, None, None, BERLIN, limit=50)
                           if (one.kind, one.number) == ("plays", 1_000)]),
    Question("Tell me the story of my 2024: which day was the biggest?", "year_in_review", {"year": 2024},
             lambda told: (told["peak_day"]["day"], told["peak_day"]["ms_played"]),
             lambda true: (str(review(true).peak_day.day), review(true).peak_day.ms_played)),
    Question("With which song did that year begin?", "year_in_review", {"year": 2024},
             lambda told: moment(told["first_play"]["played_at"]), lambda true: review(true).first_play.at),
    Question("In which months did its artists shine?", "year_in_review", {"year": 2024},
             lambda told: [(one["name"], one["best_month"]) for one in told["artists"]],
             lambda true: [(one.place.name, str(one.best)) for one in review(true).artists]),
    Question("From when to when do you know my history?", "coverage", {},
             lambda told: (moment(told["first_play_at"]), moment(told["last_play_at"])),
             lambda true: (true.plays[0].ended_at, true.plays[-1].ended_at)),
)  # fmt: skip


def whole(span: Range) -> tuple[int, int]:
    start, end = span
    assert start is not None
    assert end is not None
    return start, end


def fidelity(truth: Truth) -> Any:  # noqa: ANN401 - the oracle's own
    (key,) = {("music", play.artist.casefold()) for play in truth.of_artist() if play.artist}
    return loyalty(
        truth.plays, None, None, BERLIN, item="artists", key=key, today=date(2025, 11, 1)
    )


def review(truth: Truth) -> Any:  # noqa: ANN401 - the oracle's own
    return year_in_review(truth.plays, 2024, BERLIN)


class House(NamedTuple):
    """A served Tonearm with an invented listener's export, a key for assistants, and the truth about it all."""

    base: str
    headers: dict[str, str]
    truth: Truth

    def ask(self, tool: str, arguments: dict[str, Any]) -> Answer:
        answer = httpx2.get(f"{self.base}/api/mcp/{tool}", headers=self.headers, params=arguments)
        found: Answer = answer.raise_for_status().json()
        return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("data")
    path = folder / "my_spotify_data.zip"
    write_export(path, plays=4_000, seed=5, years=4, until=TODAY)
    truth = Truth(plays_of(rows_of(path), now=TODAY))
    with serve(folder / "data") as base, set_up(base) as ada:
        number = ada.post("/api/imports", files={"files": (path.name, path.read_bytes())}).json()[
            "id"
        ]
        deadline = time.monotonic() + 120
        while ada.get(f"/api/imports/{number}").json()["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        key = ada.post("/api/user/keys", json={"name": "asking", "scopes": ["mcp"]}).json()["key"]
        yield House(base, {"authorization": f"Bearer {key}"}, truth)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.words)
def test_a_question_is_answered_as_the_export_says(house: House, question: Question) -> None:
    given = question.arguments
    arguments = given(house.truth) if callable(given) else given

    told, true = question.told(house.ask(question.tool, arguments)), question.true(house.truth)

    assert true not in (None, [], (), 0), "a question without an answer proves nothing"
    assert told == true


def test_there_are_forty_questions_at_least_and_every_tool_of_the_history_answers_some() -> None:
    asked = Counter(question.tool for question in QUESTIONS)
    own = {
        tool.name
        for tool in load_tools().values()
        if not tool.is_writing and "range" in tool.arguments.model_fields
    }

    assert len({question.words for question in QUESTIONS}) == len(QUESTIONS) >= 40
    assert own <= asked.keys()


def test_deep_research_finds_and_reads_what_the_export_says(house: House) -> None:
    truth = house.truth
    first, *_ = house.ask("search", {"query": truth.artist})["results"]
    read = house.ask("fetch", {"id": first["id"]})
    year, *_ = house.ask("search", {"query": "2024"})["results"]
    told = house.ask("fetch", {"id": year["id"]})["text"]

    found = fidelity(truth)
    assert truth.artist in first["title"]
    assert f"{found.plays:,} plays" in first["title"]
    assert f"was played {found.plays:,} times" in read["text"]
    here = totals(truth.plays, *truth.span("2024"), BERLIN)
    assert told.startswith(f"{here.plays:,} plays, ")
    assert f"on {here.active_days:,} days" in told
    for rank, (name, plays) in enumerate(truth.top("artists", "2024"), 1):
        assert f"{rank}. “{name}”, {plays:,} plays" in told
