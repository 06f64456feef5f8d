"""Rows around the days on which clocks change, with names and circumstances that are hard to tell apart."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

NAMES = (
    ("Blue Orchard", "Glass Harbour", "Signals"),
    ("STRASSE", "Noite Branca", "Signals"),
    ("Red", "Glass Harbour", "Straße am Meer"),
    ("夜の電車", "Noite Branca", "夜"),
    ("Café Royal", None, None),
)
PLATFORMS = ("iOS 17.1 (iPhone14,5)", "Android OS 13 API 33", "web_player windows 10", None)


def row(ended: datetime, track: int, **fields: object) -> dict[str, Any]:
    title, artist, album = NAMES[track % len(NAMES)]
    return {
        "ts": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "ms_played": 200_000,
        "spotify_track_uri": f"spotify:track:{track:022d}",
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": album,
        "reason_end": "trackdone",
        **fields,
    }


def hard_rows(seed: int = 3) -> list[dict[str, Any]]:
    """Rows around both changes of Berlin's clocks, some every hour, and some through the year."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    moments = [
        begin + timedelta(minutes=chance.randrange(7 * 1_440))
        for begin in (datetime(2024, 3, 28, tzinfo=UTC), datetime(2024, 10, 24, tzinfo=UTC))
        for _ in range(130)
    ]
    moments += [
        datetime(2023, 12, 28, tzinfo=UTC) + timedelta(hours=chance.randrange(9_000))
        for _ in range(60)
    ]
    rows = []
    for moment in moments:
        fields = {
            "ms_played": chance.choice((0, 12_000, 30_000, 200_000)),
            "reason_end": chance.choice(("trackdone", "fwdbtn", None)),
            "reason_start": chance.choice(("clickrow", "trackdone")),
            "platform": chance.choice(PLATFORMS),
            "conn_country": chance.choice(("DE", "JP", "US", None)),
            "shuffle": chance.choice((True, False, None)),
            "incognito_mode": chance.choice((False, False, True)),
        }
        if chance.random() < 0.1:
            show = {"episode_name": "On Snow", "episode_show_name": "Daily Weather"}
            rows.append(
                {
                    **row(moment, 0, **fields, **show),
                    "spotify_track_uri": None,
                    "spotify_episode_uri": f"spotify:episode:{chance.randrange(3):022d}",
                }
            )
        else:
            rows.append(row(moment, chance.randrange(9), **fields))
    return rows
