"""docs/reference/endpoints.yaml lists the API's operations: no more, no fewer, and what each needs."""

import re
from pathlib import Path
from typing import Any

from tonearm.insights.chart import load_charts
from tonearm.web.openapi import METRICS_SCHEME
from tools.reference.operations import describe_api, iter_operations

PAGE = Path(__file__).parents[2] / "docs/reference/endpoints.yaml"
# One operation a line, so that a change is one line of a diff.
LINE = re.compile(
    r"- \{method: (?P<method>[A-Z]+), path: (?P<path>\S+), status: (?P<status>\w+), auth: (?P<auth>\w+)\}"
)
MEASURE = "/api/history/users/{user}/{measure}"
STATUSES = {"implemented", "planned"}


def read_listed() -> list[re.Match[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    matches = [LINE.fullmatch(line) for line in lines if line and not line.startswith("#")]
    assert None not in matches
    return [match for match in matches if match]


def _auth(operation: dict[str, Any]) -> str:
    if "security" not in operation:
        return "none"
    return "metrics" if operation["security"] == [{METRICS_SCHEME: []}] else "caller"


def test_the_list_and_the_api_hold_the_same_operations() -> None:
    # Measures come from their drawer, so that a new one needs no line.
    measures = {f"/api/history/users/{{user}}/{name}" for name in load_charts()}
    found = {
        (method, MEASURE if path in measures else path): _auth(operation)
        for method, path, operation in iter_operations(describe_api())
    }
    listed = {
        (line["method"], line["path"]): line["auth"]
        for line in read_listed()
        if line["status"] == "implemented"
    }

    assert found
    assert listed == found


def test_an_operation_is_listed_once_and_in_order() -> None:
    listed = [(line["path"], line["method"]) for line in read_listed()]

    assert listed == sorted(set(listed))
    assert {line["status"] for line in read_listed()} <= STATUSES
