"""Where a person is sent after the log-in."""

import pytest

from tonearm.web.redirect import safe_path


@pytest.mark.parametrize("path", ["/", "/imports?x=1", "/a/b#c", "/ümlaut"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "imports",
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/a\nb",
        "/\t/evil.example",
        "javascript:alert(1)",
        "///evil.example",
    ],
)
def test_what_could_lead_elsewhere_leads_home(path: str | None) -> None:
    assert safe_path(path) == "/"
