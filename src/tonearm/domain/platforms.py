"""Platforms as people know them, from the many wordings of exports."""

import re

_WORDS = (
    ("tv", r"tizen|webos|android_tv|roku|fire_tv"),
    ("console", r"ps[345]|playstation|xbox|gameconsole"),
    ("cast", r"cast"),
    ("tv", r"tv"),  # after what says more: "sony_tv" is also the name of a PlayStation's partner
    ("speaker", r"sonos|alexa|echo|speaker|google_home"),
    ("car", r"automotive|automobile|(?<![a-z0-9])car(?![a-z0-9])|carthing"),
    ("watch", r"watch|garmin|fitbit|wear"),
    ("web", r"web_?player|web player"),
    ("ios", r"ios|iphone|ipad"),
    ("android", r"android"),
    ("windows", r"windows"),
    ("macos", r"os ?x|macos"),
    ("linux", r"linux"),
)
_PATTERNS = tuple((family, re.compile(words)) for family, words in _WORDS)
FAMILIES = (*dict.fromkeys(family for family, _ in _WORDS), "other")


def platform_family(platform: str | None) -> str | None:
    """Give the family of a platform's name: one of FAMILIES; None where the name is unknown."""
    if platform is None:
        return None
    text = platform.lower()
    return next((family for family, words in _PATTERNS if words.search(text)), "other")
