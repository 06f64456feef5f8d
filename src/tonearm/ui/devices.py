"""What people call the browser or program behind a log-in."""

from tonearm.speech import gettext as _

# Most browsers also carry the names of those before them, so that the order decides.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_LONGEST = 40


def device(agent: str | None) -> str:
    """Give a short name for what calls itself so: "Firefox on Linux", or the first word of a program."""
    if not agent:
        return _("Unknown")
    browser = _first(_BROWSERS, agent)
    if browser is None:
        return agent.split()[0][:_LONGEST] if agent.split() else _("Unknown")
    system = _first(_SYSTEMS, agent)
    return _("{browser} on {system}").format(browser=browser, system=system) if system else browser


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((name for mark, name in names if mark in agent), None)
