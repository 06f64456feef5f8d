"""Plays from rows, by the words of docs/explanation/plays.md and nothing else: slow and plain.

Nothing of the product is imported here, so that an error there cannot hide in its own judge.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from oracle.answers import Told, told_by_poll, told_by_sample
from oracle.polls import Timed, delivered_once, meet, works_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["malformed", "no content", "content"]
Pair = tuple[str, str]
"""Normalised artist and title."""

MAX_MS = 86_400_000
DAY_MS = 86_400_000
LONGEST_TEXT = 4_096
LONGEST_URI = 512
NO_STAMP: tuple[None, bool] = (None, False)
YEAR_2006_MS = 1_136_073_600_000
YEAR_2100_MS = 4_102_444_800_000
FAMILIES = ("extended", "account", "poll")
SURROGATES = re.compile("[\ud800-\udfff]")
EXTENDED_TEXTS = (
    "platform", "conn_country", "master_metadata_track_name",
    "master_metadata_album_artist_name", "master_metadata_album_album_name", "spotify_track_uri",
    "episode_name", "episode_show_name", "spotify_episode_uri", "audiobook_title",
    "audiobook_uri", "audiobook_chapter_uri", "audiobook_chapter_title", "reason_start",
    "reason_end",
)  # fmt: skip
EXTENDED_FLAGS = ("shuffle", "skipped", "offline", "incognito_mode")
ACCOUNT_TEXTS = (
    "artistName", "trackName", "podcastName", "episodeName", "audiobookName", "chapterName",
)  # fmt: skip
BOOK_KEYS = (
    "audiobook_title", "audiobook_uri", "audiobook_chapter_uri", "audiobook_chapter_title",
)  # fmt: skip
EPISODE_KEYS = ("episode_name", "episode_show_name", "spotify_episode_uri")


class OraclePlay(NamedTuple):
    """One listen; times in milliseconds UTC. Ordered by time, then track, then all the rest."""

    ended_at: int
    track_key: str
    started_at: int
    ms_played: int
    title: str | None
    artist: str | None
    album: str | None
    kind: str
    platform: str | None
    country: str | None
    reason_start: str | None
    reason_end: str | None
    shuffle: bool | None
    skipped: bool | None
    offline: bool | None
    private: bool | None


class Context(NamedTuple):
    platform: str | None = None
    country: str | None = None
    reason_start: str | None = None
    reason_end: str | None = None
    shuffle: bool | None = None
    skipped: bool | None = None
    offline: bool | None = None
    private: bool | None = None


class Sighting(NamedTuple):
    """A distinct claim; `clock` and `stamp` in milliseconds, `whole` when it is of whole seconds."""

    family: str
    clock: int
    ms: int
    kind: str
    uri: str | None
    title: str | None
    artist: str | None
    album: str | None
    stamp: int | None
    whole: bool
    context: Context


class MalformedError(Exception):
    pass


def normal(text: str | None) -> str:
    """NFKC, case-folded, white space collapsed; the empty text for an absent one."""
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def clean(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise MalformedError
    if len(value) > LONGEST_TEXT:
        raise MalformedError
    text = SURROGATES.sub("\ufffd", value.replace("\0", "")).strip()
    return text or None


def flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise MalformedError


def whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value.bit_length() > 62:
        raise MalformedError
    return value


def clock_of(value: object, layout: str, pattern: str, now: datetime) -> int:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise MalformedError
    try:
        moment = datetime.strptime(value, layout).replace(tzinfo=UTC)
    except ValueError as error:
        raise MalformedError from error
    if moment.year < 2006 or moment > now + timedelta(days=1):
        raise MalformedError
    return int(moment.timestamp()) * 1000


def played(value: object) -> int:
    ms = whole_number(value)
    if not 0 <= ms <= MAX_MS:
        raise MalformedError
    return ms


def uri(text: str | None) -> str | None:
    return text if text and text.startswith("spotify:") and len(text) <= LONGEST_URI else None


def stamp_of(value: object) -> tuple[int | None, bool]:
    """Start stamp in milliseconds, and whether it is one of whole seconds."""
    if value is None:
        return NO_STAMP
    number = whole_number(value)
    seconds = number < 10**11
    stamp = number * 1000 if seconds else number
    if number <= 0 or not YEAR_2006_MS <= stamp < YEAR_2100_MS:
        return NO_STAMP
    return stamp, stamp % 1000 == 0


def read_extended(row: dict[str, Any], now: datetime) -> Sighting:
    texts = {key: clean(row.get(key)) for key in EXTENDED_TEXTS}
    flags = [flag(row.get(key)) for key in EXTENDED_FLAGS]
    clock = clock_of(row.get("ts"), "%Y-%m-%dT%H:%M:%SZ", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", now)
    ms = played(row.get("ms_played"))
    stamp, whole = stamp_of(row.get("offline_timestamp"))
    if any(texts[key] for key in BOOK_KEYS):
        kind = "audiobook"
        link = uri(texts["audiobook_chapter_uri"]) or uri(texts["audiobook_uri"])
        title, artist = texts["audiobook_chapter_title"], texts["audiobook_title"]
        album = artist
    elif any(texts[key] for key in EPISODE_KEYS):
        kind, link = "podcast", uri(texts["spotify_episode_uri"])
        title, artist = texts["episode_name"], texts["episode_show_name"]
        album = artist
    else:
        kind, link = "music", uri(texts["spotify_track_uri"])
        title = texts["master_metadata_track_name"]
        artist = texts["master_metadata_album_artist_name"]
        album = texts["master_metadata_album_album_name"]
    country = None if texts["conn_country"] == "ZZ" else texts["conn_country"]
    context = Context(
        texts["platform"], country, texts["reason_start"], texts["reason_end"], *flags
    )
    return Sighting("extended", clock, ms, kind, link, title, artist, album, stamp, whole, context)


def read_account(row: dict[str, Any], now: datetime) -> Sighting:
    texts = {key: clean(row.get(key)) for key in ACCOUNT_TEXTS}
    clock = clock_of(row.get("endTime"), "%Y-%m-%d %H:%M", r"\d{4}-\d\d-\d\d \d\d:\d\d", now)
    ms = played(row.get("msPlayed"))
    if texts["audiobookName"] or texts["chapterName"]:
        kind, title, artist = "audiobook", texts["chapterName"], texts["audiobookName"]
    elif texts["podcastName"] or texts["episodeName"]:
        kind, title, artist = "podcast", texts["episodeName"], texts["podcastName"]
    else:
        kind, title, artist = "music", texts["trackName"], texts["artistName"]
    album = None if kind == "music" else artist
    return Sighting("account", clock, ms, kind, None, title, artist, album, *NO_STAMP, Context())


def read_answer(told: Told) -> Sighting:
    names = (clean(told.title), clean(told.artist), clean(told.album))
    context = Context(clean(told.platform), shuffle=told.shuffle, private=told.private)
    told_at = (told.clock, told.ms, told.kind, told.uri)
    return Sighting("poll", *told_at, *names, told.stamp, whole=False, context=context)


def sighting_of(row: object, now: datetime) -> Sighting | None:
    """The claim a row makes, None for one about nothing.

    Raises:
        MalformedError: the row is malformed.
    """
    if not isinstance(row, dict):
        raise MalformedError
    if "ts" in row:
        sighting = read_extended(row, now)
    elif "endTime" in row:
        sighting = read_account(row, now)
    elif "played_at" in row:
        sighting = read_answer(told_by_poll(row))
    elif "sampled_at" in row:
        sighting = read_answer(told_by_sample(row))
    else:
        raise MalformedError
    unknown = (sighting.title, sighting.artist) == ("Unknown Track", "Unknown Artist")
    if unknown or (sighting.uri is None and sighting.title is None):
        return None
    return sighting


def verdict_kind(row: object, now: datetime) -> Verdict:
    """What can be said of a row by itself."""
    try:
        return "content" if sighting_of(row, now) else "no content"
    except MalformedError:
        return "malformed"


def pair_of(artist: str | None, title: str | None) -> Pair | None:
    return (normal(artist), normal(title)) if title else None


class Track(NamedTuple):
    key: str
    title: str | None
    artist: str | None
    album: str | None
    kind: str


def absent_last(text: str | None) -> tuple[bool, str]:
    return text is None, text or ""


def tracks_of(sightings: list[Sighting]) -> tuple[dict[Sighting, str], dict[str, Track]]:
    """Which track each sighting belongs to, and what each track is called."""
    votes: dict[Pair, set[str]] = defaultdict(set)
    told: Counter[tuple[Pair, str, str]] = Counter()
    for sighting in sightings:
        pair = pair_of(sighting.artist, sighting.title)
        if pair and sighting.uri:
            votes[pair].add(sighting.uri)
            told[pair, sighting.uri, sighting.family] += 1
    keys: dict[Sighting, str] = {}
    for sighting in sightings:
        pair = pair_of(sighting.artist, sighting.title)
        if sighting.uri:
            keys[sighting] = sighting.uri
        elif pair in votes:
            keys[sighting] = min(
                votes[pair],
                key=lambda link: (-told[pair, link, "extended"], -told[pair, link, "poll"], link),
            )
        else:
            assert pair is not None, "a sighting without URI has a title"
            keys[sighting] = f"local:{pair[0]}\x1f{pair[1]}"
    described: dict[str, list[Sighting]] = defaultdict(list)
    for sighting, key in keys.items():
        described[key].append(sighting)
    return keys, {key: track_of(key, told) for key, told in described.items()}


def track_of(key: str, told: list[Sighting]) -> Track:
    counts = Counter((s.title, s.artist, s.album, s.family) for s in told)
    best = min(
        {(s.title, s.artist, s.album) for s in told},
        key=lambda names: (
            names[0] is None,
            -counts[*names, "extended"],
            -counts[*names, "account"],
            -counts[*names, "poll"],
            *map(absent_last, names),
        ),
    )
    kinds = {s.kind for s in told}
    kind = next(kind for kind in ("audiobook", "podcast", "music") if kind in kinds)
    return Track(key, *best, kind)


def groups_of(extended: list[Sighting], keys: dict[Sighting, str]) -> list[list[Sighting]]:
    """Extended sightings that are one play each."""
    stamped: dict[tuple[str, int, int], list[Sighting]] = defaultdict(list)
    bare: dict[tuple[str, int, int], list[Sighting]] = defaultdict(list)
    for sighting in extended:
        if sighting.stamp is not None:
            stamped[keys[sighting], sighting.stamp // 1000, sighting.ms].append(sighting)
        else:
            bare[keys[sighting], sighting.clock, sighting.ms].append(sighting)
    # Which stamped groups hold a sighting of that track, clock and length, before any joins them.
    holders: dict[tuple[str, int, int], set[tuple[str, int, int]]] = defaultdict(set)
    for identity, group in stamped.items():
        for sighting in group:
            holders[identity[0], sighting.clock, sighting.ms].add(identity)
    alone = []
    for identity, group in bare.items():
        if holders.get(identity):
            stamped[min(holders[identity], key=lambda held: held[1])].extend(group)
        else:
            alone.append(group)
    return [*stamped.values(), *alone]


def minutes_of(sighting: Sighting) -> set[int]:
    """Minutes in which an account row of this listen may lie, by either clock."""
    minutes = {sighting.clock // 60_000}
    if sighting.stamp is not None:
        end = sighting.stamp + sighting.ms
        minutes.add(end // 60_000)
        if sighting.whole:
            minutes.add((end + 999) // 60_000)
    return minutes


def present(values: Iterable[Any]) -> Any:  # noqa: ANN401 - the first of whatever kind they are
    return next((value for value in values if value is not None), None)


def order_in_play(sighting: Sighting) -> tuple[object, ...]:
    """Extended before account before poll, then clock, stamp, context, absent last; polls as they speak."""
    family = FAMILIES.index(sighting.family)
    context = [(value is None, value if value is not None else "") for value in sighting.context]
    if sighting.family == "poll":
        is_unsampled = sighting.stamp is None
        words = words_of(sighting)
        return family, is_unsampled, sighting.clock, sighting.ms, words, context
    return family, sighting.clock, sighting.stamp is None, sighting.stamp or 0, context


def words_of(sighting: Sighting) -> list[tuple[bool, str]]:
    words = (sighting.kind, sighting.uri, sighting.title, sighting.artist, sighting.album)
    return [absent_last(word) for word in words]


def play_of(group: list[Sighting], track: Track) -> OraclePlay:
    ordered = sorted(group, key=order_in_play)
    # Of the polls one speaks.
    heard = [s for s in ordered if s.family != "poll"]
    heard += [s for s in ordered if s.family == "poll"][:1]
    best = [s for s in heard if s.family == heard[0].family]
    ts, ms = min(s.clock for s in best), best[0].ms
    stamp = max((s.stamp for s in best if s.stamp is not None), default=None)
    told = best if best[0].family == "extended" else heard
    context = Context(*map(present, zip(*(s.context for s in told), strict=True)))
    sane = stamp is not None and ts - 30 * DAY_MS <= stamp + ms <= ts + 300_000
    ended_at = ts
    if sane and context.offline and stamp is not None:
        ended_at = stamp + ms
    started_at = stamp if sane and stamp is not None else ended_at - ms
    return OraclePlay(
        ended_at, track.key, started_at, ms, track.title, track.artist, track.album, track.kind,
        *context,
    )  # fmt: skip


Places = dict[tuple[Pair, int, int], list[tuple[list[Sighting], Sighting]]]


def places_of(
    groups: list[list[Sighting]], keys: dict[Sighting, str], tracks: dict[str, Track]
) -> Places:
    """Where an account row may lie to be one with an extended play, by which of its sightings."""
    places: Places = defaultdict(list)
    for group in groups:
        track = tracks[keys[group[0]]]
        for sighting in group:
            pair = pair_of(sighting.artist, sighting.title) or pair_of(track.artist, track.title)
            if pair:
                for minute in minutes_of(sighting):
                    places[pair, sighting.ms, minute].append((group, sighting))
    return places


def plays_of(rows: Iterable[object], *, now: datetime) -> list[OraclePlay]:
    """All plays that the rows give together; `now` is the aware moment of the import."""
    return [play for play, _ in listens_of(rows, now=now)]


def listens_of(rows: Iterable[object], *, now: datetime) -> list[tuple[OraclePlay, list[Sighting]]]:
    """The same, each with its sightings."""
    seen: dict[Sighting, None] = {}
    for row in rows:
        try:
            sighting = sighting_of(row, now)
        except MalformedError:
            continue
        if sighting is not None:
            seen[sighting] = None
    sightings = list(seen)
    keys, tracks = tracks_of(sightings)
    groups = groups_of([s for s in sightings if s.family == "extended"], keys)
    places = places_of(groups, keys, tracks)
    alone: list[list[Sighting]] = []
    joined: list[tuple[list[Sighting], Sighting]] = []
    for sighting in sightings:
        if sighting.family == "account":
            pair = pair_of(sighting.artist, sighting.title)
            assert pair is not None, "account rows have no URI, so a title"
            matches = places.get((pair, sighting.ms, sighting.clock // 60_000))
            if matches is None:
                alone.append([sighting])
            else:
                first = min(
                    matches, key=lambda match: first_moment(match[0], match[1], tracks, keys)
                )
                joined.append((first[0], sighting))
    for group, sighting in joined:
        group.append(sighting)
    return sorted(
        (
            (play_of(group, tracks[keys[min(group, key=order_in_play)]]), group)
            for group in with_polls(groups, alone, keys, tracks)
        ),
        key=lambda listen: [
            (value is None, value if value is not None else 0) for value in listen[0]
        ],
    )


def with_polls(
    groups: list[list[Sighting]],
    alone: list[list[Sighting]],
    keys: dict[Sighting, str],
    tracks: dict[str, Track],
) -> list[list[Sighting]]:
    """The plays, each listen that polls tell of with the one that it is: an extended one, else an account row alone."""

    def pair(told: Sighting) -> Pair | None:
        track = tracks[keys[told]]
        return pair_of(told.artist, told.title) or pair_of(track.artist, track.title)

    works = works_of((key, pair(told) or key) for told, key in keys.items())
    polls: dict[int, list[Sighting]] = defaultdict(list)
    for told in sorted((s for s in keys if s.family == "poll"), key=order_in_play):
        polls[works[keys[told]]].append(told)
    listens = [
        Timed(work, heard[0].clock, (), heard)
        for work, told in polls.items()
        for heard in delivered_once((s.clock, s.ms, s) for s in told)
    ]
    extended = [
        Timed(
            works[keys[group[0]]],
            play_of(group, tracks[keys[group[0]]]).ended_at,
            (keys[group[0]], group[0].ms, max(s.stamp or 0 for s in group)),
            group,
        )
        for group in groups
    ]
    minutes = [
        Timed(works[keys[row]], row.clock + 30_000, (row.ms, words_of(row)), group)
        for group in alone
        for row in group
    ]
    left = meet(meet(listens, extended, 90_000), minutes, 120_000)
    return [*groups, *alone, *(listen.sightings for listen in left)]


def first_moment(
    group: list[Sighting], match: Sighting, tracks: dict[str, Track], keys: dict[Sighting, str]
) -> tuple[int, int, str, int, int]:
    play = play_of([s for s in group if s.family == "extended"], tracks[keys[group[0]]])
    return play.ended_at, play.started_at, play.track_key, match.stamp or 0, match.clock
