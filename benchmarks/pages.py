"""Pages as a visitor has them: what the server takes, what comes over the wire, and when the largest part is there."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import datasets
from benchmarks.imports import bring_in
from benchmarks.report import Group, Row, at_most, percentile
from benchmarks.scale import Scale, spelled
from benchmarks.served import Client, serve
from playwright.sync_api import Browser, sync_playwright

_SERVER_BUDGET_S, _PAINT_BUDGET_S = 0.1, 1.5
_WEIGHT_BUDGET, _PLAIN_WEIGHT_BUDGET = 350_000, 80_000
_SLOWER = 4
_MOST = 0.95
_CALLS = 20
_PAGES = {
    "overview": "/",
    "overview of a year": "/?range=2023",
    "top artists": "/top/artists",
    "top tracks of a year": "/top/tracks?range=2023",
    "patterns": "/patterns",
    "a year": "/years/2023",
    "compare": "/compare?range=2023",
    "history": "/history",
    "history, words": "/history?q=the",
    "completeness": "/completeness",
    "an artist": "/artists/1",
    "an album": "/albums/1",
    "a track": "/tracks/1",
}
_PLAIN = {
    "search": "/search?q=the",
    "imports": "/imports",
    "corrections": "/corrections",
    "account": "/account",
}
"""Pages without charts."""
# The last entry counts: the largest part that was painted until the page stood still.
_PAINT = """new Promise(done => new PerformanceObserver(list => {
    const last = list.getEntries().at(-1);
    setTimeout(() => done(last.startTime), 300);
}).observe({type: "largest-contentful-paint", buffered: true}))"""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One visit with an empty cache."""

    paint_s: float
    """From asking for the page until its largest part was painted."""
    size: int
    """Bytes over the wire, everything the page loads included."""
    size_without_fonts: int


def measure(scale: Scale) -> Group:
    """Visit every page of a large history."""
    with datasets.scratch("pages") as folder:
        bring_in(folder, datasets.export(scale.import_plays, 7))
        with serve(folder) as server:
            client = Client(server.port)
            client.set_up()
            served = {path: _served(client, path) for path in (*_PAGES.values(), *_PLAIN.values())}
            seen = dict(_visits(server.port, client.cookie, scale.rounds))
            client.close()
    rows: list[Row] = []
    for pages, weight in ((_PAGES, _WEIGHT_BUDGET), (_PLAIN, _PLAIN_WEIGHT_BUDGET)):
        for name, path in pages.items():
            visits = seen[path]
            paint = median(visit.paint_s for visit in visits)
            rows.append(at_most(f"{name}: server, p95", served[path], _SERVER_BUDGET_S, "ms"))
            rows.append(at_most(f"{name}: largest paint", paint, _PAINT_BUDGET_S, "s"))
            size = max(visit.size for visit in visits)
            if pages is _PLAIN:
                size = max(visit.size_without_fonts for visit in visits)
            rows.append(_weight(name, size, weight))
    return Group(
        "Pages",
        rows,
        [
            (
                f"A history of {spelled(scale.import_plays)} plays. Server: {_CALLS} requests for the same "
                "page after a first one, over loopback."
            ),
            (
                f"Largest paint and weight: Chromium with its processor slowed down {_SLOWER} times, an empty "
                "cache for every visit. Weight is what came over the wire: of pages with charts all of it, "
                "of those without all but the fonts, which are loaded once and kept for good."
            ),
        ],
    )


def _served(client: Client, path: str) -> float:
    client.get(path)
    return percentile([client.timed(path) for _ in range(_CALLS)], _MOST)


def _weight(name: str, size: int, most: int) -> Row:
    return Row(
        f"{name}: weight",
        f"{size / 1000:.0f} kB",
        budget=f"≤ {most // 1000} kB",
        is_met=size <= most,
    )


def _visits(port: int, cookie: str, rounds: int) -> Iterator[tuple[str, list[_Seen]]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("TONEARM_TEST_BROWSER", "/usr/bin/chromium"),
            args=["--no-sandbox"],
        )
        for path in (*_PAGES.values(), *_PLAIN.values()):
            address = f"http://127.0.0.1:{port}{path}"
            yield path, [_visit(browser, address, cookie) for _ in range(rounds)]
        browser.close()


def _visit(browser: Browser, address: str, cookie: str) -> _Seen:
    name, _, value = cookie.partition("=")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: dict[str, int] = {}
    fonts: set[str] = set()

    def begun(told: dict[str, Any]) -> None:
        if told["type"] == "Font":
            fonts.add(told["requestId"])

    def ended(told: dict[str, Any]) -> None:
        sizes[told["requestId"]] = told["encodedDataLength"]

    wire.on("Network.responseReceived", begun)
    wire.on("Network.loadingFinished", ended)
    wire.send("Network.enable")
    wire.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    page.goto(address, wait_until="load")
    paint_ms = page.evaluate(_PAINT)
    context.close()
    whole = sum(sizes.values())
    return _Seen(paint_ms / 1000, whole, whole - sum(sizes[one] for one in fonts))
