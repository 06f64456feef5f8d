"""The page on security: each threat names tests, and each of these is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tonearm.accounts.audit import Action

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# What the page has to speak of, however it words the rest.
MUST_NAME = (
    "forged", "expired", "another audience", "`alg=none`", "session fixation", "csrf", "idor",
    "timing", "brute force", "mass assignment", "open redirect", "header injection",
    "oversized bodies", "slow bodies", "log injection", "secrets in errors", "secrets in logs",
    "urls", "two processes",
)  # fmt: skip


def threats() -> list[str]:
    """Give the items of the list of threats."""
    part = PAGE.partition("\n## Threats\n")[2].partition("\n## ")[0]
    return re.findall(r"^- .*(?:\n  .*)*", part, re.MULTILINE)


@cache
def names_in(path: str) -> set[str]:
    """Give the names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_list_speaks_of_every_threat() -> None:
    told = " ".join(threats()).lower()

    assert [name for name in MUST_NAME if name not in told] == []


@pytest.mark.parametrize("threat", threats(), ids=lambda threat: threat[4:40])
def test_a_threat_names_tests_that_are_there(threat: str) -> None:
    named = NAMED.findall(threat)

    assert named
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


def test_every_action_of_the_audit_log_is_on_the_page() -> None:
    assert [action for action in Action if f"`{action}`" not in PAGE] == []
