"""A German browser, and whatever is left of English on its pages."""

import re

from playwright.sync_api import Browser, BrowserContext, Page

# Words that English cannot do without, and that are none in German.
ENGLISH = frozenset((
    "the", "of", "and", "is", "are", "you", "your", "yours", "with", "this", "that", "these", "which", "from",
    "for", "by", "to", "it", "its", "at", "on", "be", "been", "has", "have", "had", "not", "no", "nothing",
    "here", "there", "what", "when", "where", "how", "who", "whose", "all", "every", "each", "only", "more",
    "most", "less", "than", "then", "until", "since", "before", "after", "again", "once", "out", "up", "down",
    "new", "old", "none", "never", "will", "would", "can", "may", "must", "does", "did", "play", "plays",
    "played", "track", "tracks", "artist", "artists", "listener", "hour", "hours", "day", "days", "week",
    "weeks", "month", "months", "year", "years", "search", "log", "account", "history", "delete", "show",
    "make", "change", "save", "back",
))  # fmt: skip
# What people read or are read: the texts of a page without its names, and the attributes that are spoken.
READ = """() => {
    const copy = document.documentElement.cloneNode(true);
    const silent = "bdi, code, kbd, pre, script, style, datalist, [lang='en'][value]";
    for (const part of copy.querySelectorAll(silent)) part.remove();
    const spoken = [...copy.querySelectorAll("*")].flatMap(part =>
        ["title", "placeholder", "aria-label", "alt", ...Object.keys(part.dataset).map(key => "data-" + key)]
            .map(name => part.getAttribute(name)).filter(text => text && text.includes(" ")));
    const texts = [];
    const walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) texts.push(walk.currentNode.textContent);
    const names = [...document.querySelectorAll("bdi")].map(part => part.textContent.trim()).filter(Boolean);
    names.sort((one, other) => other.length - one.length);
    const unnamed = text => names.reduce((rest, name) => rest.replaceAll(name, " "), text);
    return [...texts, ...spoken].map(unnamed);
}"""


def english_of(page: Page) -> list[str]:
    """Give what a page says with an English word in it."""
    texts: list[str] = page.evaluate(READ)
    # Names of music are gone from them; those of corrections are isolated, and scopes are what the API calls them.
    said = [re.sub(r"\u2068.*?\u2069|\{\w+\}|\w+:\w+", " ", text) for text in texts]
    return [text for text in said if ENGLISH & set(re.findall(r"\w+", text.lower()))]


def german_context(browser: Browser, width: int) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": 900}, locale="de-DE", reduced_motion="reduce"
    )
