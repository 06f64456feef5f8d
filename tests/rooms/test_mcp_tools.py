"""Tools as an assistant gets them, in both eras of the protocol, on both databases."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mcp import Client, MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult

from assisting import BASE, BOBS_WORDS, ERAS, House, ask, house, refusal, row, speak
from listening import bring_in
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import Role, Scope
from tonearm.insights.plays import PlaysQuestion
from tonearm.mcp.desk import Desk
from tonearm.mcp.server import create_server
from tonearm.mcp.telling import LONGEST_NAME, MOST_CHARACTERS
from tonearm.mcp.tool import Tool, load_tools

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
# What is asked of Spotify is tried in test_mcp_live.py.
READ = [tool for tool in load_tools().values() if not (tool.is_writing or tool.is_outward)]
each_era = pytest.mark.parametrize("era", ERAS)
EARLIER = (
    *(
        f"history.{name}"
        for name in ("taste_summary", "top_artists", "top_tracks", "listening_heatmap")
    ),
    *("history.repeat_rate", "history.coverage", "spotify.get_top", "spotify.search"),
    *(
        f"ops.{name}"
        for name in ("list_users", "sync_status", "latest_job_runs", "latest_import_jobs")
    ),
    *("repeats", "milestones", "recent_work", "undo_hide"),
)
ONLY_MCP = frozenset({Scope.MCP})


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a house that nothing changes."""
    with house(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture
def own(tmp_path: Path, database_url: str) -> Iterator[House]:
    """Give a house of the test's own, on SQLite and on PostgreSQL."""
    with house(tmp_path, database_url) as opened:
        yield opened


def find_numbers(value: object, name: str) -> list[Any]:
    """Give every value of a name, however deep."""
    if isinstance(value, dict):
        own = [inner for key, inner in value.items() if key == name]
        return own + [one for inner in value.values() for one in find_numbers(inner, name)]
    if isinstance(value, list):
        return [one for inner in value for one in find_numbers(inner, name)]
    return []


@each_era
def test_every_tool_answers_its_example_in_both_eras_on_both_databases(
    own: House, era: str
) -> None:
    async def talk(client: Client) -> dict[str, CallToolResult]:
        # The client checks each answer against the schema that the list gives.
        listed = [tool.name for tool in (await client.list_tools()).tools]
        assert listed == list(load_tools())
        asked = [tool for tool in load_tools().values() if not tool.is_outward]
        return {tool.name: await client.call_tool(tool.name, dict(tool.example)) for tool in asked}

    answers = speak(own.client(own.ada, era), talk)

    said = {
        name: answer.content[0].text  # type: ignore[union-attr] # what our tools answer with
        for name, answer in answers.items()
        if answer.is_error
    }
    assert said == {}


@each_era
def test_an_answer_says_what_it_speaks_of_in_words(here: House, era: str) -> None:
    for tool in READ:
        if "covered" not in tool.record.__struct_fields__:
            continue
        about = ask(here.client(here.ada, era), tool.name, tool.example)["about"]
        assert about["zone"] == "Europe/Berlin"
        assert about["rule"] == "30s"
        for part in ("Europe/Berlin", "30 seconds", "imports and polls"):
            assert part in about["words"]

    about = ask(here.client(here.ada, era), "top", {"item": "artists", "range": "2024-03"})["about"]

    assert about["words"].startswith("1 March 2024 to 31 March 2024;")
    day = ask(here.client(here.ada, era), "plays", {"range": "2024-03-31"})["about"]
    assert day["words"].startswith("31 March 2024; ")
    assert (about["from"], about["to"]) == (
        "2024-03-01T00:00:00+01:00",
        "2024-04-01T00:00:00+02:00",
    )


def test_numbers_carry_their_units_and_words(here: House) -> None:
    answer = ask(here.client(here.ada, ERAS[0]), "taste_summary", {"range": "2024-03"})

    assert answer["totals"]["ms_played"] == 9 * 200_000
    assert answer["totals"]["played_spelled"] == "30 min"
    assert answer["peak_weekday_name"] in ("Friday", "Saturday")
    assert answer["artists"][0]["name"] == "Band"


def test_names_are_data_of_bounded_length(here: House) -> None:
    for tool in READ:
        answer = ask(here.client(here.ada, ERAS[0]), tool.name, tool.example)
        names = [
            name
            for key in ("name", "artist", "album", "title")
            for name in find_numbers(answer, key)
            if isinstance(name, str)
        ]
        assert all(len(name) <= LONGEST_NAME and name.isprintable() for name in names)

    whole = speak(here.client(here.ada, ERAS[0]), _catalogue)

    assert "Ignore all" not in whole
    assert "Band" not in whole


async def _catalogue(client: Client) -> str:
    listed = (
        await client.list_tools(),
        await client.list_prompts(),
        await client.list_resources(),
        await client.list_resource_templates(),
    )
    return json.dumps([one.model_dump(mode="json") for one in listed]) + (client.instructions or "")


@each_era
def test_what_a_tool_does_not_take_is_an_error_that_names_what_it_does(
    here: House, era: str
) -> None:
    client = here.client(here.ada, era)

    misspelled = refusal(client, "top", {"item": "artists", "limitt": 3})
    assert "'limitt'" in misspelled
    assert "Did you mean 'limit'?" in misspelled
    assert "must be less than or equal to 100" in refusal(
        here.client(here.ada, era), "top", {"item": "artists", "limit": 101}
    )
    assert "needs the argument 'item'" in refusal(here.client(here.ada, era), "top")
    assert "'3'" in refusal(here.client(here.ada, era), "top", {"item": "artists", "limit": "3"})
    assert "is no range" in refusal(
        here.client(here.ada, era), "taste_summary", {"range": "next_year"}
    )
    assert "no artist 'Nobody'" in refusal(here.client(here.ada, era), "item", {"artist": "Nobody"})
    assert "exactly one" in refusal(here.client(here.ada, era), "item")


@pytest.mark.parametrize("tool", load_tools().values(), ids=lambda tool: tool.name)
def test_no_tool_takes_an_argument_it_does_not_know(here: House, tool: Tool[Any]) -> None:
    said = refusal(here.client(here.ada, ERAS[0]), tool.name, {**tool.example, "no_such": 1})

    assert "has no argument 'no_such'" in said


@each_era
def test_an_unknown_tool_prompt_or_resource_is_an_error_of_the_protocol(
    here: House, era: str
) -> None:
    async def talk(client: Client) -> list[int]:
        codes: list[int] = []
        for ask_for in (
            lambda: client.call_tool("no_such_tool", {}),
            lambda: client.get_prompt("no_such_prompt", {}),
            lambda: client.get_prompt("year_story", {}),
            lambda: client.read_resource("tonearm://artists/99999"),
            lambda: client.read_resource("file:///etc/passwd"),
        ):
            with pytest.raises(MCPError) as caught:
                await ask_for()
            codes.append(caught.value.code)
        return codes

    assert speak(here.client(here.ada, era), talk) == [INVALID_PARAMS] * 5


def test_earlier_names_give_the_same_answers_and_are_not_listed(here: House) -> None:
    listed = speak(here.client(here.ada, ERAS[0]), _catalogue)
    aliases = {alias: tool.name for tool in load_tools().values() for alias in tool.aliases}
    assert set(EARLIER) <= set(aliases)
    for tool in READ:
        for alias, preset in tool.aliases.items():
            example = {} if preset else tool.example
            by_alias = ask(here.client(here.ada, ERAS[0]), alias, example)
            assert by_alias == ask(here.client(here.ada, ERAS[0]), tool.name, {**preset, **example})
            assert f'"name": "{alias}"' not in listed


def test_an_earlier_name_cannot_be_made_something_else(own: House) -> None:
    client = own.client(own.ada, ERAS[0])
    assert "item = 'tracks': this name stands for item = 'artists'. Call top" in refusal(
        client, "history.top_artists", {"item": "tracks"}
    )
    play = own.services.insights.plays(own.ada.id, PlaysQuestion(limit=1)).items[0]
    said = refusal(own.client(own.ada, ERAS[0]), "undo_hide", {"plays": [play.id]})
    assert "this name leaves it out" in said
    assert own.services.corrections.list(own.ada.id) == []


def test_pages_of_long_lists_give_every_line_once(here: House) -> None:
    lists: tuple[tuple[str, dict[str, Any]], ...] = (
        ("timeline", {"unit": "day", "limit": 100}),
        ("timeline", {"unit": "hour", "range": "2024-03-31", "limit": 10}),
        ("discovery", {"unit": "week", "limit": 10}),
        ("plays", {"limit": 4}),
        ("top", {"item": "tracks", "limit": 2}),
        ("coverage", {"limit": 1}),
    )
    for tool, wanted in lists:
        asked = wanted
        lines: list[Any] = []
        total = 0
        while True:
            page = ask(here.client(here.ada, ERAS[0]), tool, asked)
            lines += page["items"]
            cursor, total = page["next_cursor"], page["gaps" if tool == "coverage" else "total"]
            if cursor is None:
                break
            asked = {**asked, "cursor": cursor}
        assert len(lines) == total
        assert len({json.dumps(line) for line in lines}) == total

    assert total > 1
    for tool in ("timeline", "discovery", "plays", "top", "coverage"):
        given = {"item": "tracks"} if tool == "top" else {}
        said = refusal(here.client(here.ada, ERAS[0]), tool, {**given, "cursor": "bm9uc2Vuc2U"})
        assert "cursor" in said


def test_hours_of_a_day_that_loses_one_are_told_by_local_clocks(here: House) -> None:
    day = ask(here.client(here.ada, ERAS[0]), "timeline", {"unit": "hour", "range": "2024-03-31"})

    assert day["total"] == 23
    starts = [datetime.fromisoformat(hour["starts_at"]) for hour in day["items"]]
    assert [start.hour for start in starts] == [0, 1, *range(3, 24)]
    assert [
        start.hour for start, hour in zip(starts, day["items"], strict=True) if hour["plays"]
    ] == [3]


def test_items_are_found_by_name_and_told_apart(own: House) -> None:
    by_name = ask(own.client(own.ada, ERAS[0]), "item", {"artist": "band"})
    by_number = ask(own.client(own.ada, ERAS[0]), "item", {"artist": str(by_name["id"])})

    assert by_name == by_number
    assert by_name["ever"]["plays"] == 9
    assert by_name["url"] == f"{BASE}/artists/{by_name['id']}"
    assert [(year["year"], year["plays"]) for year in by_name["years"]] == [(2024, 9)]
    assert by_name["last_play_local"] == "2024-03-31T03:30:00+02:00"
    alike = refusal(own.client(own.ada, ERAS[0]), "item", {"artist": "ban"})
    assert f"{by_name['id']}: “Band”" in alike

    rows = [row(f"2022-01-0{day}T10:00:00Z", "Twin", f"Twin {day}", 60 + day) for day in (1, 2)]
    bring_in(own.tonearm.imports, [msgspec.json.encode(rows)], user_id=own.ada.id)
    twins = refusal(own.client(own.ada, ERAS[0]), "item", {"track": "Twin"})

    assert twins.startswith("2 tracks are called that.")
    assert "“Twin” by “Twin 1”" in twins
    assert "“Twin” by “Twin 2”" in twins


def test_search_and_fetch_have_the_shapes_of_deep_research(here: House) -> None:
    client = here.client(here.ada, ERAS[0])

    found = ask(client, "search", {"query": "elder May 2023"})

    assert [set(one) for one in found["results"]] == [{"id", "title", "url"}] * 2
    period, track = found["results"]
    assert period == {
        "id": "month:2023-05",
        "title": "Listening in May 2023",
        "url": f"{BASE}/?range=2023-05",
    }
    assert track["title"] == "Elder song (track by Second band, 4 plays)"
    for one in found["results"]:
        document = ask(here.client(here.ada, ERAS[0]), "fetch", {"id": one["id"]})
        assert set(document) == {"id", "title", "text", "url", "metadata"}
        assert (document["id"], document["url"]) == (one["id"], one["url"])
        assert "“Elder song”" in document["text"]
        assert document["metadata"]["zone"] == "Europe/Berlin"
    day = ask(here.client(here.ada, ERAS[0]), "fetch", {"id": "day:2023-05-12"})
    assert day["url"] == f"{BASE}/history?range=2023-05-12"
    assert "2023-05-12T10:30:00+02:00: “Elder song” by “Second band”, 3 min 20 s" in day["text"]
    nothing = ask(here.client(here.ada, ERAS[0]), "search", {"query": "qwertz"})
    assert [one["id"] for one in nothing["results"]] == ["profile"]
    assert "9 plays" in ask(here.client(here.ada, ERAS[0]), "fetch", {"id": "year:2024"})["text"]
    for wrong in ("artist:99999", "day:2024-02-30", "year:2024-01", "nonsense", "artist:²"):
        assert refusal(here.client(here.ada, ERAS[0]), "fetch", {"id": wrong})


def test_plays_of_private_sessions_are_told_only_where_their_listener_counts_them(
    own: House,
) -> None:
    def told() -> str:
        client = own.client(own.ada, ERAS[0])
        answers = [ask(client, "plays", {"limit": 100})]
        asked: list[tuple[str, dict[str, Any]]] = [
            ("top", {"item": "artists"}),
            ("search", {"query": "secret"}),
            ("fetch", {"id": "day:2024-04-02"}),
            ("taste_summary", {}),
        ]
        answers += [ask(own.client(own.ada, ERAS[0]), tool, given) for tool, given in asked]
        return json.dumps(answers)

    assert "Secret" in told()

    wanted = Preferences("Europe/Berlin", counts_private=False)
    own.tonearm.accounts.set_preferences(own.ada.id, wanted)

    assert "Secret" not in told()
    assert "private sessions are left out" in told()


def test_nothing_of_another_listener_is_told_whatever_is_asked(own: House) -> None:
    plays = own.services.insights.plays(own.bob.id, PlaysQuestion(limit=5)).items
    theirs: dict[str, list[dict[str, Any]]] = {
        "item": [{"artist": str(play.artist.id)} for play in plays if play.artist]
        + [{"track": str(play.track.id)} for play in plays],
        "fetch": [{"id": f"track:{play.track.id}"} for play in plays] + [{"id": "day:2024-03-12"}],
        "search": [{"query": "Kapelle"}],
        "plays": [{"q": "Kapelle"}, {"range": "2024-03", "limit": 100}],
        "hide_plays": [{"plays": [play.id for play in plays]}, {"correction": 1}],
    }
    own.services.corrections.hide(own.bob.id, [plays[0].id])

    async def talk(client: Client) -> str:
        said: list[str] = []
        for tool in load_tools().values():
            for given in (tool.example, *theirs.get(tool.name, [])):
                answer = await client.call_tool(tool.name, dict(given))
                said.append(answer.model_dump_json())
        resources = ("tonearm://profile", "tonearm://years/2024")
        said += [(await client.read_resource(uri)).model_dump_json() for uri in resources]
        return "\n".join(said)

    said = speak(own.client(own.ada, ERAS[0]), talk)

    assert [word for word in BOBS_WORDS if word in said] == []
    left = own.services.insights.plays(own.bob.id, PlaysQuestion(limit=5)).items
    assert len(left) == 4  # one is hidden, by Bob himself
    assert all(one.undone_at is None for one in own.services.corrections.list(own.bob.id))


@each_era
def test_hiding_reports_what_truly_happened_and_can_be_undone(own: House, era: str) -> None:
    def count() -> int:
        return int(ask(own.client(own.ada, era), "plays", {"limit": 1})["total"])

    first, second = (
        play["id"] for play in ask(own.client(own.ada, era), "plays", {"limit": 2})["items"]
    )
    before = count()

    once = ask(own.client(own.ada, era), "hide_plays", {"plays": [first, first, 999_999]})
    twice = ask(own.client(own.ada, era), "hide_plays", {"plays": [first, second]})
    again = ask(own.client(own.ada, era), "hide_plays", {"plays": [second, first]})

    assert (once["hidden"], once["hidden_before"], once["not_found"]) == ([first], [], [999_999])
    assert (twice["hidden"], twice["hidden_before"]) == ([second], [first])
    assert once["words"] == (
        "1 play is hidden now, and no answer counts them; 1 number is no play of this listener."
    )
    assert (again["hidden"], again["hidden_before"]) == ([], [second, first])
    assert again["corrections_before"] == [once["correction"], twice["correction"]]
    assert again["correction"] == twice["correction"]
    assert again["words"] == "2 plays were hidden already."
    assert count() == before - 2
    undone = ask(own.client(own.ada, era), "undo_hide", {"correction": twice["correction"]})
    repeated = ask(own.client(own.ada, era), "undo_hide", {"correction": twice["correction"]})
    neither = refusal(own.client(own.ada, era), "hide_plays")
    both = refusal(own.client(own.ada, era), "hide_plays", {"plays": [1], "correction": 1})
    assert "exactly one" in neither
    assert neither == both
    assert (undone["undone"], undone["undone_before"]) == (True, False)
    assert (repeated["undone"], repeated["undone_before"]) == (False, True)
    assert count() == before - 1


def test_a_tool_that_changes_something_needs_a_scope_of_its_own(own: House) -> None:
    writing = [tool for tool in load_tools().values() if tool.is_writing]
    assert {tool.name: tool.scope.value for tool in writing} == {
        "create_playlist": "library:write",
        "hide_plays": "history:write",
        "trigger_sync": "history:write",
    }

    for tool in writing:
        said = refusal(own.client(own.ada, ERAS[0], ONLY_MCP), tool.name, tool.example)
        assert f"scope {tool.scope}" in said

    own.tonearm.administration.change(own.bob.id, by=None, role=Role.VIEWER)
    for tool in writing:
        said = refusal(own.client(own.bob, ERAS[0]), tool.name, tool.example)
        assert "role of the caller is viewer" in said

    for person in (own.ada, own.bob):
        assert own.services.corrections.list(person.id) == []


def test_a_sync_without_a_link_says_so(own: House) -> None:
    assert "no link to Spotify" in refusal(own.client(own.ada, ERAS[0]), "trigger_sync")
    assert ask(own.client(own.ada, ERAS[0]), "sync_status")["sync"]["standing"] == "not_linked"


@each_era
def test_resources_and_prompts_are_there_in_both_eras(here: House, era: str) -> None:
    async def talk(client: Client) -> tuple[list[str], list[Any], list[str]]:
        resources = [str(one.uri) for one in (await client.list_resources()).resources]
        templates = (await client.list_resource_templates()).resource_templates
        resources += [one.uri_template for one in templates]
        read = [
            msgspec.json.decode((await client.read_resource(uri)).contents[0].text)  # type: ignore[union-attr] # ours are text
            for uri in ("tonearm://profile", "tonearm://years/2024", "tonearm://artists/1")
        ]
        texts = []
        for prompt in (await client.list_prompts()).prompts:
            given = {one.name: f"({one.name})" for one in prompt.arguments or () if one.required}
            got = await client.get_prompt(prompt.name, given)
            texts.append(str(got.messages[0].content.text))  # type: ignore[union-attr] # ours are text
            assert all(value in texts[-1] for value in given.values())
        return resources, read, texts

    resources, (profile, year, artist), texts = speak(here.client(here.ada, era), talk)

    assert resources == [
        "tonearm://profile",
        "tonearm://years/{year}",
        "tonearm://artists/{id}",
    ]
    assert profile["artists"][0]["name"] == artist["name"] == "Band"
    assert year["about"]["range"] == "2024"
    assert len(texts) == 4
    assert all("{" not in text and "about.words" in text for text in texts)


def test_an_answer_that_would_be_too_long_says_how_to_ask_for_less(
    here: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_CHARACTERS == 80_000
    monkeypatch.setattr("tonearm.mcp.calling.MOST_CHARACTERS", 500)

    said = refusal(here.client(here.ada, ERAS[0]), "taste_summary")

    assert "Ask for less" in said


def test_what_nobody_foresaw_tells_nothing_of_the_inside() -> None:
    def fail(_context: object) -> Desk:
        raise RuntimeError("a secret of the inside")

    async def talk(client: Client) -> str:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("sync_status", {})
        assert caught.value.code == INTERNAL_ERROR
        return caught.value.message

    for era in ERAS:
        said = speak(Client(create_server("1", fail), mode=era), talk)
        assert said == "Something went wrong in Tonearm. Its log has the details."
