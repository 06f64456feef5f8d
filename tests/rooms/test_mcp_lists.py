"""Lists of assistants' answers that are cut: each says how to go on, and goes on to its end."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from assisting import ERAS, House, ask, house, refusal, row
from listening import bring_in

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
MORE = [
    row(f"{year}-0{month}-1{day}T{hour}:00:00Z", f"Song {year - month}", f"Band {month}", month)
    for year in (2021, 2022, 2024)
    for month in range(1, 8)
    for day in (1, 2, 5)
    for hour in (12, 15)
]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("lists")) as opened:
        bring_in(opened.tonearm.imports, [msgspec.json.encode(MORE)], user_id=opened.ada.id)
        yield opened


@pytest.mark.parametrize(
    ("tool", "given", "own", "name"),
    [
        ("habits", {"what": "sessions"}, "sessions", "longest"),
        ("habits", {"what": "streaks"}, "streaks", "items"),
        ("habits", {"what": "repeats"}, "repeats", "items"),
        ("habits", {"what": "repeats"}, "repeats", "looped_tracks"),
        ("habits", {"what": "milestones"}, "milestones", "anniversaries"),
        ("compare", {"range": "2024", "other": "2023"}, None, "tracks.movers"),
        ("discovery", {"what": "returned"}, None, "rediscovered"),
        ("sync_status", {"what": "imports"}, None, "imports"),
        ("sync_status", {"what": "jobs"}, None, "jobs"),
    ],
)
def test_a_list_goes_on_to_its_end(
    here: House, tool: str, given: dict[str, Any], own: str | None, name: str
) -> None:
    def told(**more: Any) -> Any:  # noqa: ANN401 - a part of an answer
        answer = ask(here.client(here.ada, ERAS[0]), tool, {**given, **more})
        return answer if own is None else answer[own]

    def lines(page: Any) -> list[Any]:  # noqa: ANN401 - the same
        for step in name.split("."):
            page = page[step]
        return list(page)

    at_once = told(limit=20)
    assert at_once["next_cursor"] is None or tool != "sync_status"
    page = told(limit=1)
    found = lines(page)
    while page["next_cursor"] is not None and len(found) < len(lines(at_once)):
        page = told(limit=1, cursor=page["next_cursor"])
        found += lines(page)

    assert found == lines(at_once)
    assert len(found) > 1 or name == "looped_tracks"


def test_a_cursor_of_several_lists_is_refused(here: House) -> None:
    client = here.client(here.ada, ERAS[0])
    assert "give `what` too, as one of sessions" in refusal(client, "habits", {"cursor": "5"})
    client = here.client(here.ada, ERAS[0])
    said = refusal(client, "sync_status", {"what": "work", "cursor": "5"})
    assert "as one of imports, jobs, people" in said
    for tool, given in (("habits", {"what": "streaks"}), ("sync_status", {"what": "jobs"})):
        said = refusal(here.client(here.ada, ERAS[0]), tool, {**given, "cursor": "none"})
        assert "cursor" in said
