"""Every query parameter of every measure: a bad value is named, with the parameter and what is allowed."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from asking import ABOUT_ONE
from serving import serve, set_up
from tonearm.insights.chart import load_charts

PREFIX = "/api/history/users/{user}/"
NONSENSE = "no such thing"
MEASURES = {PREFIX + name for name in ("plays", *load_charts())}
SECRET = "planted-secret-value"
BESIDE = {
    "other": {"range": "2024"},
    "starts_on": {"unit": "day"},
    "starts_at": {"unit": "hour"},
    "value": {"aspect": "shuffle"},
    "places": {"among": "artists"},
}
"""What else has to be asked, so that a parameter is looked at."""
TOLD = {
    "range": "YYYY-Www",
    "other": "YYYY-Www",
    "from": "YYYY-MM-DD",
    "to": "YYYY-MM-DD",
    "starts_on": "YYYY-MM-DD",
    "starts_at": "2024-03-31T01:00:00Z",
    "zone": "IANA name such as Europe/Berlin",
    "artist": "its number",
    "album": "its number",
    "track": "its number",
    "country": "two letters of ISO 3166",
    "cursor": "next_cursor",
    "value": "one of no, yes",
}
"""What is allowed, in words of the message, where that is neither a few words nor a few numbers."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    with serve(tmp_path_factory.mktemp("data")) as base, set_up(base) as client:
        yield client


def bad_values(schema: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Give values that a parameter cannot be, each with words that tell what it can be."""
    for part in schema.get("anyOf", [schema]):
        if "enum" in part:
            return [(NONSENSE, list(map(str, part["enum"])))]
        if part["type"] == "integer":
            least, most = part["minimum"], part["maximum"]
            told = [f"from {least} to {most}"]
            return [(value, told) for value in (NONSENSE, "", str(least - 1), str(most + 1), "1.5")]
        if "maxLength" in part:
            longest = part["maxLength"]
            return [("x" * (longest + 1), [f"at most {longest} characters"])]
    return []


def measures(client: httpx2.Client) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give every query parameter of the operations about a listener's history, with its schema."""
    description = client.get("/api/openapi.json").raise_for_status().json()
    named = description["components"]["schemas"]
    for path, operations in description["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            if path in MEASURES and parameter["in"] == "query":
                schema = parameter["schema"]
                parts = [
                    named[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
                    for part in schema.get("anyOf", [schema])
                ]
                yield path.replace("{user}", "me"), parameter["name"], {"anyOf": parts}


def test_a_bad_value_of_any_parameter_is_named_with_what_is_allowed(client: httpx2.Client) -> None:
    asked = 0
    for path, name, schema in measures(client):
        cases = bad_values(schema)
        if name in TOLD:
            value = NONSENSE if name != "cursor" else "bm9uc2Vuc2U"
            cases.append(
                (value[:10] if name in {"from", "to", "starts_on"} else value, [TOLD[name]])
            )
        if name not in {
            "q",
            "value",
        }:  # no words are as good as none, and no value is an unknown one
            cases.append(("", []))
        assert cases, f"{name} of {path} takes anything"
        for value, told in cases:
            answer = client.get(path, params={**BESIDE.get(name, {}), name: value})
            problem = answer.json()
            where = f"{path}?{name}={value}: {problem}"
            assert answer.status_code == 422, where
            assert [fault["parameter"] for fault in problem["errors"]] == [name], where
            assert f"'{value[:64]}'" in problem["detail"], where
            assert [word for word in told if word not in problem["detail"]] == [], where
            asked += 1
    assert asked > 300


@pytest.mark.parametrize(
    ("measure", "asked", "parameter", "told"),
    [
        ("totals", {"range": "2201"}, "range", ["'2201'", "between 1970 and 2200"]),
        ("totals", {"range": "2024-02-02..2024-02-01"}, "range", ["'2024-02-02..2024-02-01'"]),
        ("totals", {"from": "1969-12-31"}, "from", ["'1969-12-31'", "between 1970 and 2200"]),
        ("totals", {"from": "2024-02-02", "to": "2024-02-01"}, "to", ["2024-02-01", "2024-02-02"]),
        ("totals", {"range": "2024", "from": "2024-02-02"}, "range", ["'2024'", "not both"]),
        ("timeline", {"range": "2023-01-01..2026-01-01", "unit": "hour"}, "unit", ["'hour'", "20,000"]),
        ("year", {"range": "2024"}, "range", ["'2024'", "give `year`"]),
        ("year", {"from": "2024-02-02"}, "from", ["'2024-02-02'", "give `year`"]),
        ("compare", {}, "other", ["'previous'", "two ends"]),
        *(
            (name, {}, "artist", ["exactly one of artist, album and track"])
            for name in ABOUT_ONE
        ),
        ("plays", {"starts_on": "2024-02-02"}, "unit", ["'2024-02-02'", "hour, day, week"]),
        ("plays", {"unit": "day", "starts_on": "2024-02-02", "starts_at": "2024-02-02T00:00:00Z"},
         "starts_at", ["'2024-02-02T00:00:00Z'", "for hours"]),
        ("plays", {"unit": "hour", "starts_on": "2024-02-03", "starts_at": "2024-02-02T00:00:00Z"},
         "starts_on", ["'2024-02-03'", "is on 2024-02-02"]),
        ("top-artists", {"cursor": "999999999"}, "cursor", ["'999999999'", "`next_cursor`"]),
    ],
)  # fmt: skip
def test_values_that_do_not_go_together_are_named(
    client: httpx2.Client, measure: str, asked: dict[str, str], parameter: str, told: list[str]
) -> None:
    answer = client.get(PREFIX.replace("{user}", "me") + measure, params=asked)

    problem = answer.json()
    assert (answer.status_code, problem["errors"][0]["parameter"]) == (422, parameter)
    assert [word for word in told if word not in problem["detail"]] == []


def test_what_is_no_parameter_is_named_without_its_value(client: httpx2.Client) -> None:
    """Somebody may have put a key where none belongs."""
    answer = client.get(PREFIX.replace("{user}", "me") + "totals", params={"api_key": SECRET})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "api_key"
    assert SECRET not in answer.text
