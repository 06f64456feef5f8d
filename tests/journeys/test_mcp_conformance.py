"""The official tools of the protocol, and clients of another make, on a served Tonearm.

Of the conformance scenarios those are run that can be passed by a server of tools for one purpose; each that is not has
its reason here, and none is left out without one.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from assisting import House, house
from bearing import bearing
from node_tools import run_node, talk
from serving import serve
from tonearm.domain.vocabulary import Scope
from tonearm.mcp.prompts import PROMPTS
from tonearm.mcp.server import INSTRUCTIONS
from tonearm.mcp.tool import load_tools

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("node")]

MODERN, LEGACY, OLDER = "2026-07-28", "2025-11-25", "2025-06-18"
_EACH = ("tools-list", "resources-list", "prompts-list")
SCENARIOS: Mapping[str, tuple[str, ...]] = {
    MODERN: (
        *_EACH,
        "caching",
        "dns-rebinding-protection",
        "http-header-validation",
        "input-required-result-unsupported-methods",
        "input-required-result-validate-input",
        "sep-2164-resource-not-found",
        "server-stateless",
    ),
    LEGACY: (*_EACH, "dns-rebinding-protection", "ping", "server-initialize"),
    OLDER: (*_EACH, "ping", "server-initialize"),
}
FIXTURE = "calls a tool, prompt or resource that only servers made for this test have"
ASKS_BACK = "is about tools that ask the client something, which none of Tonearm's does"
VACUOUS = (
    "looks for sessions or streams, which a server without state does not have, and checks nothing"
)
NOT_OFFERED = "is about a capability that is not offered, and says so at the beginning"
LEFT_OUT: Mapping[str, str] = {
    r"tools-call-(simple-text|image|audio|embedded-resource|mixed-content|error)": FIXTURE,
    r"tools-call-with-(logging|progress)": FIXTURE,
    r"tools-call-(sampling|elicitation)": ASKS_BACK,
    r"json-schema-2020-12": FIXTURE,
    r"resources-(read-text|read-binary|templates-read)": FIXTURE,
    r"prompts-get-(simple|with-args|embedded-resource|with-image)": FIXTURE,
    r"http-custom-header-server-validation": "is about arguments in headers, of which no tool has any",
    r"elicitation-.*|input-required-result-.*": ASKS_BACK,
    r"logging-set-level|completion-complete|resources-(un)?subscribe": NOT_OFFERED,
    r"server-session-lifecycle|server-sse-(polling|multiple-streams)": VACUOUS,
}
# Checks within a scenario that call fixture tools; all others of it have to pass.
NOT_TESTABLE: Mapping[str, frozenset[str]] = {
    "server-stateless": frozenset(
        {
            "sep-2575-server-rejects-undeclared-capability",
            "sep-2575-missing-capability-http-400",
            "sep-2575-http-server-no-independent-requests-on-stream",
            "sep-2575-server-no-log-without-loglevel",
        }
    ),
}
PAIRS = [(version, name) for version, names in SCENARIOS.items() for name in names]
_LISTED = re.compile(r"^  - ([\w-]+) \[([\w, -]+)\]$", re.MULTILINE)
_CHECK = re.compile(r"\[([\w-]+) *\] *(SUCCESS|FAILURE|WARNING)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def here(folder: Path) -> Iterator[House]:
    with house(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def key(here: House) -> str:
    return here.tonearm.keys.create(here.ada.id, "others", [Scope.MCP]).key


@pytest.fixture(scope="module")
def base(folder: Path, key: str) -> Iterator[str]:
    assert key
    with serve(folder) as base:
        yield base


@pytest.fixture(scope="module")
def keyed(base: str, key: str) -> Iterator[str]:
    """Give the address of a way in that shows a key: the conformance tool can show none."""
    with bearing(base, f"Bearer {key}") as address:
        yield address


def environment(folder: Path, key: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if os.environ.get(name)}
    return {**kept, "TONEARM_DATA_DIR": str(folder), "TONEARM_API_KEY": key}


def test_every_scenario_is_run_or_left_out_for_a_reason() -> None:
    listed = run_node("node_modules/.bin/conformance", "list").stdout.partition("Client scenarios")[
        0
    ]
    known = {
        (version, name)
        for name, versions in _LISTED.findall(listed)
        for version in versions.split(",")
    }

    assert set(PAIRS) <= known
    for version, name in known:
        if version in SCENARIOS and name not in SCENARIOS[version]:
            assert any(re.fullmatch(pattern, name) for pattern in LEFT_OUT), name
    every = {name for _, name in known}
    assert all(any(re.fullmatch(one, name) for name in every) for one in LEFT_OUT)


@pytest.mark.parametrize(("version", "name"), PAIRS, ids=str)
def test_a_conformance_scenario_is_passed(keyed: str, version: str, name: str) -> None:
    done = run_node(
        "node_modules/.bin/conformance",
        *("server", "--url", f"{keyed}/mcp", "--spec-version", version, "--scenario", name),
    )

    said = re.sub(r"\x1b\[\d+m", "", done.stdout)
    checks = _CHECK.findall(said)
    failed = {check for check, state in checks if state != "SUCCESS"}
    assert failed == NOT_TESTABLE.get(name, frozenset()), said + done.stderr
    assert [state for _, state in checks].count("SUCCESS") >= 1, said
    assert (done.returncode == 0) is (name not in NOT_TESTABLE), said


@pytest.mark.parametrize(
    ("transport", "era"), [("http", "legacy"), ("http", "modern"), ("stdio", "modern")]
)
def test_the_inspector_lists_and_calls_and_finds_nothing_to_complain_of(
    base: str, folder: Path, key: str, era: str, transport: str
) -> None:
    variables = [f"{name}={value}" for name, value in environment(folder, key).items()]
    way = (
        [
            "--transport",
            "http",
            "--server-url",
            f"{base}/mcp",
            "--header",
            f"Authorization: Bearer {key}",
        ]
        if transport == "http"
        else [part for one in variables for part in ("-e", one)]
    )
    command = [] if transport == "http" else ["--", sys.executable, "-m", "tonearm", "mcp"]

    def inspect(*asked: str) -> tuple[dict[str, Any], str]:
        options = ["--cli", *way, "--protocol-era", era, "--format", "json", *asked]
        done = run_node("node_modules/.bin/mcp-inspector", *options, *command)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)["result"]
        return found, done.stderr

    listed, complaints = inspect("--method", "tools/list", "--strict")
    asked = ["--method", "tools/call", "--tool-name", "top", "--tool-arg", "item=artists"]
    called, _ = inspect(*asked)

    assert [tool["name"] for tool in listed["tools"]] == list(load_tools())
    assert re.findall(r"^.*(?:Warning|Error|Issue).*$", complaints, re.MULTILINE) == []
    assert called["structuredContent"]["items"][0]["name"] == "Band"


@pytest.mark.parametrize(("make", "version"), [("sdk", None), ("client", None), ("client", MODERN)])
@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_a_client_of_another_make_lists_calls_and_reads(
    base: str, folder: Path, key: str, make: str, version: str | None, transport: str
) -> None:
    way: dict[str, Any] = (
        {"url": f"{base}/mcp", "headers": {"Authorization": f"Bearer {key}"}}
        if transport == "http"
        else {
            "command": sys.executable,
            "args": ["-m", "tonearm", "mcp"],
            "env": environment(folder, key),
        }
    )

    told = talk(make=make, version=version, **way)

    assert told["server"] == "tonearm"
    assert told["instructions"] == INSTRUCTIONS
    assert told["tools"] == list(load_tools())
    assert told["called"]["items"][0]["name"] == "Band"
    assert "Did you mean 'limit'?" in told["refused"]
    assert told["unknown"] == -32602
    assert told["prompts"] == list(PROMPTS)
    assert "2024" in told["prompt"]
    assert told["resource"]["artists"][0]["name"] == "Band"
