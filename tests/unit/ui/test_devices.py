"""What people call the browser behind a log-in."""

import pytest

from tonearm.ui.devices import device

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.5 Safari/605.1", "Safari on Mac"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) {WEBKIT} CriOS/140.0 Safari/604.1", "Chrome on iPhone"),
        ("curl/8.14.1", "curl/8.14.1"),
        ("python-httpx2/2.16.2 more", "python-httpx2/2.16.2"),
        ("x" * 99, "x" * 40),
        (" ", "Unknown"),
        ("", "Unknown"),
        (None, "Unknown"),
    ],
)  # fmt: skip
def test_a_browser_has_a_short_name(agent: str | None, name: str) -> None:
    assert device(agent) == name
