"""Families of platforms, by their words and in their order: the first that a text has."""

from __future__ import annotations

import re

FAMILIES = (
    ("tv", ("tizen", "webos", "android_tv", "roku", "fire_tv")),
    ("console", ("ps3", "ps4", "ps5", "playstation", "xbox", "gameconsole")),
    ("cast", ("cast",)),
    ("tv", ("tv",)),
    ("speaker", ("sonos", "alexa", "echo", "speaker", "google_home", "google home")),
    ("car", ("automotive", "automobile", "carthing", " car ")),
    ("watch", ("watch", "garmin", "fitbit", "wear")),
    ("web", ("web_player", "webplayer", "web player")),
    ("ios", ("ios", "iphone", "ipad")),
    ("android", ("android",)),
    ("windows", ("windows",)),
    ("macos", ("os x", "osx", "macos")),
    ("linux", ("linux",)),
)


def platform_family(text: str | None) -> str | None:
    """The family that a platform belongs to; `car` is looked for as a word of its own."""
    if text is None:
        return None
    lowered = text.lower()
    words = " ".join(["", *re.findall("[a-z0-9]+", lowered), ""])
    for family, parts in FAMILIES:
        for part in parts:
            if part in (words if part == " car " else lowered):
                return family
    return "other"
