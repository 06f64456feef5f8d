"""Pages in a real browser, and what is expected of each of them."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Locator, Page

_click, _go_back = Locator.click, Page.go_back


def arrive(page: Page) -> None:
    """Wait for the page that is on its way: Playwright does so where pages are loaded, not where they are swapped."""
    page.locator("html:not([data-underway])").wait_for(state="attached")


def _click_and_arrive(locator: Locator, **options: Any) -> None:  # noqa: ANN401 - those of Playwright
    _click(locator, **options)
    arrive(locator.page)


def _go_back_and_arrive(page: Page, **options: Any) -> None:  # noqa: ANN401 - those of Playwright
    _go_back(page, **options)
    arrive(page)


Locator.click = _click_and_arrive  # type: ignore[method-assign,assignment]
Page.go_back = _go_back_and_arrive  # type: ignore[method-assign,assignment]

# What reaches beyond the window, if the page does.
_WIDER = """width => document.documentElement.scrollWidth <= width ? [] :
    ["the page", ...[...document.querySelectorAll("body *")]
        .filter(part => part.getBoundingClientRect().right > width)
        .map(part => `${part.tagName} ${part.textContent.trim().slice(0, 60)}`)]"""

# What a link, a label or a script would look for and find another of.
_TWICE = """() => [...document.querySelectorAll("[id]")].map(part => part.id)
    .filter((id, place, all) => all.indexOf(id) !== place)"""
# What axe finds in parts of a page: rules and where they are broken.
_FAULTS = """([parts, options]) => axe.run(parts, {resultTypes: ["violations"], ...options})
    .then(found => found.violations.map(fault => [fault.id, fault.nodes[0].target]))"""
# Of all parts with words that look the same, and are in parts that look the same, the first.
_EACH_LOOK = """() => {
    const names = ["color", "fill", "backgroundColor", "backgroundImage", "fontSize", "fontWeight", "opacity"];
    const numbers = new Map(), looks = new Map(), firsts = new Map();
    const look = part => {
        if (part === null) return 0;
        if (!looks.has(part)) {
            const style = getComputedStyle(part);
            const whole = [look(part.parentElement), part.tagName, ...names.map(name => style[name])].join("|");
            if (!numbers.has(whole)) numbers.set(whole, numbers.size + 1);
            looks.set(part, numbers.get(whole));
        }
        return looks.get(part);
    };
    const hasWords = part => part.matches("input, select, textarea") ||
        [...part.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    for (const part of document.body.querySelectorAll("*"))
        if (hasWords(part) && part.checkVisibility() && !firsts.has(look(part))) firsts.set(look(part), part);
    return [...firsts.values()];
}"""
_OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


@dataclass
class Watched:
    """A page together with what went wrong on it."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        own = urlsplit(self.base).netloc
        self.page.on("console", lambda said: self._complain(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "request",
            lambda sent: (
                None if urlsplit(sent.url).netloc == own else self.complaints.append(sent.url)
            ),
        )

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


def open_page(context: BrowserContext, base: str) -> Watched:
    watched = Watched(context.new_page(), base)
    watched.listen()
    return watched


def check_width(watched: Watched, width: int) -> None:
    """Expect nothing wider than the window, and no id twice."""
    page = watched.page
    # As long as styles or fonts are on their way, the page looks like none that anybody is left with.
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => null)")
    wider = page.evaluate(_WIDER, width)
    assert not wider, (page.url, wider)
    twice = page.evaluate(_TWICE)
    assert not twice, (page.url, twice)


def check_look(watched: Watched, width: int) -> None:
    """Expect no fault of accessibility in either theme, and nothing wider than the window.

    Themes are two values of the same colours (`light-dark()`, which test_assets.py holds them to): all else, such as
    what lies upon what, is judged in the light one. To look behind every word takes longer than everything else, so
    what differs in the dark is looked for where something looks different.
    """
    check_width(watched, width)
    page = watched.page
    page.evaluate(AXE_SCRIPT)
    # Without motion: half-way between two themes a colour is of neither.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = page.evaluate(_FAULTS, [{"include": [["html"]]}, {}])
    assert not found, (page.url, "light", found)
    page.emulate_media(color_scheme="dark")
    looks = page.evaluate_handle(_EACH_LOOK)
    found = page.evaluate(_FAULTS, [{"include": looks}, _OF_COLOURS])
    assert not found, (page.url, "dark", found)
