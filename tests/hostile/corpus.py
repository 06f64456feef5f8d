"""Files that an importer must survive: each bad in one way, with good rows beside the bad ones."""

from __future__ import annotations

import json
import warnings
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = "Spotify Extended Streaming History/Streaming_History_Audio_2024_0.json"
SECOND = "Spotify Extended Streaming History/Streaming_History_Audio_2024_1.json"
PRIVATE = {"ip_addr": "203.0.113.77", "user_agent_decrypted": "PrivateAgent/1"}
BLOCKS = (65_536, 131_072, 262_144, 1_048_576)
"""Sizes at which readers cut their input."""

Expected = Literal["refused", "imported"]


@dataclass(frozen=True)
class Hostile:
    """One file and what must become of it.

    `plays` found afterwards; `malformed` rows in the ledger, None where an unreadable member makes
    the number a matter of the reader (the plays of its readable rows may then be found or not, and
    `plays` counts those of the other members); `note` says what is bad.
    """

    name: str
    path: Path
    expected: Expected
    plays: int
    malformed: int | None
    note: str


@dataclass(frozen=True)
class Case:
    name: str
    suffix: str
    content: bytes
    expected: Expected
    plays: int
    malformed: int | None
    note: str


def good(count: int, first: int = 0) -> list[dict[str, Any]]:
    """That many rows of different plays; `first` keeps sets apart."""
    begin = datetime(2024, 5, 1, tzinfo=UTC)
    return [
        {
            "ts": (begin + timedelta(minutes=4 * n)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ms_played": 180_000 + n,
            "spotify_track_uri": f"spotify:track:{n:022d}",
            "master_metadata_track_name": f"Blue Orchard {n}",
            "master_metadata_album_artist_name": "Marlene Ostrander",
            "master_metadata_album_album_name": "Signals",
            "reason_end": "trackdone",
            "offline_timestamp": None,
            **PRIVATE,
        }
        for n in range(first, first + count)
    ]


def array(*elements: str | dict[str, Any]) -> bytes:
    """A JSON array of rows and of elements written by hand."""
    texts = [e if isinstance(e, str) else json.dumps(e) for e in elements]
    return f"[{','.join(texts)}]".encode()


def bundle(*members: tuple[str, bytes], stored: bool = False) -> bytes:
    """A ZIP of these members; the same name may come twice."""
    out = BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", method, compresslevel=1) as package:
        for name, content in members:
            entry = zipfile.ZipInfo(name, date_time=(2024, 6, 1, 0, 0, 0))
            entry.filename = name  # ZipInfo cuts names at a null byte
            entry.compress_type = method
            with warnings.catch_warnings():
                # The same name twice is one of the cases.
                warnings.filterwarnings("ignore", message="Duplicate name")
                package.writestr(entry, content)
    return out.getvalue()


GOOD = array(*good(5))
OTHER = array(*good(4, first=1_000))


def with_row(changes: dict[str, Any] | str) -> bytes:
    """Five good rows with a sixth in their midst: a text as it is, or a good row changed."""
    rows: list[str | dict[str, Any]] = [*good(5)]
    row = changes if isinstance(changes, str) else good(1, first=500)[0] | changes
    rows.insert(2, row)
    return array(*rows)


def flagged_encrypted(package: bytes) -> bytes:
    """Set the flag bit for encryption in the local header and in the central directory."""
    data = bytearray(package)
    data[6] |= 1
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    return bytes(data)


def first_data(package: bytes) -> int:
    name = int.from_bytes(package[26:28], "little")
    extra = int.from_bytes(package[28:30], "little")
    return 30 + name + extra


def packages() -> Iterator[Case]:
    """ZIPs that are bad as ZIPs."""
    two = bundle((NAME, GOOD), (SECOND, OTHER))
    yield Case("not-a-zip", ".zip", b"This is no ZIP at all.\n" * 50, "refused", 0, 0, "no ZIP")
    yield Case("empty-file", ".zip", b"", "refused", 0, 0, "a file of no bytes")
    yield Case("truncated", ".zip", two[: len(two) // 2], "refused", 0, 0, "cut in half")
    yield Case("encrypted", ".zip", flagged_encrypted(bundle((NAME, GOOD))), "refused", 0, 0,
               "its only member has the encryption flag set")  # fmt: skip
    yield Case("encrypted-one", ".zip", flagged_encrypted(two), "refused", 0, 0,
               "the first of two members has the encryption flag set")  # fmt: skip
    yield from damaged_members(two)
    inner = bundle((NAME, GOOD))
    yield Case("nested-once", ".zip", bundle(("my_spotify_data.zip", inner), (SECOND, OTHER)),
               "imported", 4, None, "a ZIP in the ZIP, beside history")  # fmt: skip
    yield Case("nested-twice", ".zip",
               bundle(("outer.zip", bundle(("inner.zip", inner))), (SECOND, OTHER)),
               "imported", 4, None, "a ZIP in a ZIP in the ZIP, beside history")  # fmt: skip
    blanks = b"[" + b" " * 300_000_000 + b"]"
    yield Case("bomb", ".zip", bundle((SECOND, OTHER), (NAME, blanks)),
               "imported", 4, None, "300 MB of blanks in 1.3 MB, beside history")  # fmt: skip
    yield Case("many-members", ".zip",
               bundle(*((f"junk/{n}.txt", b"x") for n in range(10_000)), (NAME, GOOD), stored=True),
               "refused", 0, 0, "10,001 members")  # fmt: skip
    yield Case("no-members", ".zip", bundle(), "refused", 0, 0, "a ZIP without members")
    library = bundle(("Playlist1.json", b'{"playlists":[]}'))
    yield Case("no-history", ".zip", library, "refused", 0, 0, "nothing in it is history")
    yield Case("same-file-twice", ".zip", bundle((NAME, GOOD), (NAME, GOOD)), "imported", 5, 0,
               "one name and content twice")  # fmt: skip
    for name in ("../../../etc/cron.d/Streaming_History_Audio_2024_0.json",
                 "/etc/Streaming_History_Audio_2024_0.json",
                 "C:\\Windows\\Streaming_History_Audio_2024_0.json",
                 "a/../b/./Streaming_History_Audio_2024_0.json",
                 "Streaming_History_Audio_\u202egnp.2024_0.json"):  # fmt: skip
        tag = "".join(letter if letter.isalnum() else "-" for letter in name)[:24]
        yield Case(f"path-{tag}", ".zip", bundle((name, GOOD)), "imported", 5, 0,
                   "a member name that is a path trick: it is a label, never a path")  # fmt: skip
    company = (
        ("UserAddress.json", b"street: {]"),
        ("Payments.json", b"{}"),
        ("__MACOSX/._x.json", b"\0\5\x16\7"),
        ("folder/", b""),
        (NAME, GOOD),
    )
    yield Case("company", ".zip", bundle(*company), "imported", 5, None,
               "members that are not JSON, not history, not files")  # fmt: skip


def damaged_members(two: bytes) -> Iterator[Case]:
    data = bytearray(two)
    central = data.index(b"PK\x01\x02")
    data[central + 16] ^= 0xFF
    data[14] ^= 0xFF
    yield Case("bad-crc", ".zip", bytes(data), "imported", 4, None,
               "the checksum of the first of two members is wrong")  # fmt: skip
    size = int.from_bytes(two[18:22], "little")
    start = first_data(two)
    data = bytearray(two)
    data[start + size // 2 : start + size] = bytes(size - size // 2)
    yield Case("cut-deflate", ".zip", bytes(data), "imported", 4, None,
               "the deflate stream of the first of two members breaks off")  # fmt: skip
    data = bytearray(two)
    data[start : start + 8] = b"\xff" * 8
    yield Case("bad-deflate", ".zip", bytes(data), "imported", 4, None,
               "the first of two members is no deflate stream")  # fmt: skip


def documents() -> Iterator[Case]:
    """JSON files that are bad as a whole."""

    def case(name: str, content: bytes, expected: Expected, plays: int, malformed: int | None,
             note: str) -> Case:  # fmt: skip
        return Case(name, ".json", content, expected, plays, malformed, note)

    yield case("bom", b"\xef\xbb\xbf" + GOOD, "imported", 5, 0, "UTF-8 with a byte order mark")
    yield case("utf16", GOOD.decode().encode("utf-16"), "refused", 0, 0, "UTF-16")
    yield case("not-json", b"ts,ms_played\n2024,5\n", "refused", 0, 0, "CSV under the name of JSON")
    yield case("object", b'{"rows":' + GOOD + b"}", "refused", 0, 0, "an object at the top")
    yield case("null", b"null", "refused", 0, 0, "null at the top")
    yield case("empty-json", b"", "refused", 0, 0, "no bytes")
    yield case("blank", b" \r\n\t " * 1_000, "refused", 0, 0, "white space only")
    yield case("empty-array", b"[]", "refused", 0, 0, "no rows")
    yield case("array-of-nothing", b"[1,2,3]", "refused", 0, 0, "no element is a row")
    pretty = json.dumps(good(5), indent=4).replace("\n", "\r\n").encode()
    yield case("pretty", b"\r\n " + pretty + b"\n\n", "imported", 5, 0, "white space all around")
    for name, content, note in (
        ("trailing-comma", GOOD[:-1] + b",]", "a comma before the end"),
        ("two-arrays", GOOD + OTHER, "a second array after the first"),
        ("unterminated", GOOD[:-1], "the closing bracket is missing"),
        ("cut-in-row", GOOD[: len(GOOD) - 40], "ends within a row"),
        ("garbage-after", GOOD + b"xyz", "text after the array"),
        ("missing-comma", GOOD.replace(b"}, {", b"} {").replace(b"},{", b"} {", 1), "no comma"),
        ("bad-utf8", GOOD.replace(b"Signals", b"Sign\xff\xfels", 1), "bytes that are no UTF-8"),
    ):
        package = bundle((NAME, content), (SECOND, OTHER))
        yield Case(name, ".zip", package, "imported", 4, None, f"{note}, beside a whole member")


DEEP = 200_000
LONG = "7" * 5_000


def elements() -> Iterator[Case]:
    """Arrays in which one element is bad and five are good."""
    row = json.dumps(good(1, first=500)[0])
    bad: dict[str, tuple[dict[str, Any] | str, str]] = {
        "element-null": ("null", "null"),
        "element-number": ("17", "a number"),
        "element-text": ('"ts"', "a text"),
        "element-array": ("[[]]", "an array"),
        "element-empty": ("{}", "an object without keys"),
        "long-ms": (row.replace("180500", LONG), "5,000 digits as ms_played"),
        "huge-exponent": (row.replace("180500", "1e999999"), "an exponent of 999999"),
        "fraction": (row.replace("180500", "180500.5"), "a fraction as ms_played"),
        "no-clock": ({"ts": None}, "no clock"),
        "clock-number": ({"ts": 1_714_521_600}, "a number as clock"),
        "clock-month-13": ({"ts": "2024-13-01T00:00:00Z"}, "month 13"),
        "clock-february-30": ({"ts": "2024-02-30T00:00:00Z"}, "30 February"),
        "clock-empty": ({"ts": ""}, "an empty clock"),
        "year-0001": ({"ts": "0001-01-01T00:00:00Z"}, "year 1"),
        "year-1970": ({"ts": "1970-01-01T00:00:00Z"}, "year 1970"),
        "year-9999": ({"ts": "9999-12-31T23:59:59Z"}, "year 9999"),
        "ms-negative": ({"ms_played": -1}, "less than nothing played"),
        "ms-absurd": ({"ms_played": 86_400_001}, "more than a day played"),
        "ms-beyond-int64": ({"ms_played": 2**63}, "more than 64 bits"),
        "ms-text": ({"ms_played": "180000"}, "a text as ms_played"),
        "ms-true": ({"ms_played": True}, "true as ms_played"),
        "ms-null": ({"ms_played": None}, "null as ms_played"),
        "flag-text": ({"shuffle": "false"}, "a text as flag"),
        "name-number": ({"master_metadata_track_name": 7}, "a number as name"),
        "name-object": ({"master_metadata_track_name": {"a": [1]}}, "an object as name"),
        "uri-array": ({"spotify_track_uri": [1]}, "an array as URI"),
        "stamp-text": ({"offline_timestamp": "soon"}, "a text as start stamp"),
        "long-stamp": (row.replace("null", LONG), "5,000 digits as start stamp"),
        "stamp-63-bits": ({"offline_timestamp": 2**62}, "a start stamp of 63 bits"),
        "text-5-mb": ({"master_metadata_track_name": "x" * 5_000_000}, "a name of 5 MB"),
        "text-4097": ({"platform": "x" * 4_097}, "a text one character too long"),
        "account-no-clock": ('{"endTime":null,"msPlayed":5,"trackName":"x"}', "account, no clock"),
        "account-ms": ('{"endTime":"2024-05-01 10:00","msPlayed":"5","trackName":"x"}', "account"),
    }
    for name, (changes, note) in bad.items():
        yield Case(name, ".json", with_row(changes), "imported", 5, 1, f"one element: {note}")
    without = {key: value for key, value in good(1, first=500)[0].items() if key != "ms_played"}
    yield Case("no-ms", ".json", with_row(json.dumps(without)), "imported", 5, 1, "no ms_played")
    for name, text, note in (
        ("deep-arrays", "[" * DEEP + "]" * DEEP, "arrays"),
        ("deep-objects", '{"a":' * DEEP + "1" + "}" * DEEP, "objects"),
        ("deep-in-row", row[:-1] + ',"x":' + "[" * DEEP + "]" * DEEP + "}", "arrays within a row"),
    ):
        package = bundle((NAME, with_row(text)), (SECOND, OTHER))
        yield Case(name, ".zip", package, "imported", 4, None,
                   f"200,000 levels of {note}, beside a whole member")  # fmt: skip


def odd_but_good() -> Iterator[Case]:
    """Rows that look wrong and are not: all six are plays."""
    title = "master_metadata_track_name"
    row = json.dumps(good(1, first=500)[0])
    fine: dict[str, tuple[dict[str, Any] | str, str]] = {
        "null-byte": ({title: "Blue\0Orchard"}, "a null byte in a name"),
        "lone-surrogate": (row.replace("Blue Orchard 500", "Blue \\ud83d!"), "half a character"),
        "surrogate-pair": (row.replace("Blue Orchard", "\\ud83c\\udfb5"), "an escaped character"),
        "quotes": ({title: 'a"},{"ts":"b\\'}, "quotes, braces and a backslash in a name"),
        "backslashes": ({title: "\\" * 999}, "an odd run of backslashes"),
        "braces": ({title: "}" * 4_096}, "4,096 closing braces in a name"),
        "brackets": ({title: "]},{[" * 800}, "closing and opening in a name"),
        "only-needed-keys": (
            json.dumps({"ts": "2024-09-01T10:00:00Z", "ms_played": 0, title: "x"}),
            "every other key is missing",
        ),
        "unknown-keys": ({"surprise": {"a": [1, {"b": None}]}, "": 0}, "keys nobody knows"),
        "unknown-braces-64k": ({"surprise": "}" * 65_536}, "64 KiB of } in an unknown text"),
        "unknown-5-mb": ({"surprise": "x" * 5_000_000}, "5 MB in an unknown text"),
        "ms-zero": ({"ms_played": 0}, "nothing played"),
        "ms-a-day": ({"ms_played": 86_400_000}, "exactly a day"),
        "stamp-negative": ({"offline_timestamp": -5}, "a stamp below zero is none"),
        "stamp-far": ({"offline_timestamp": 10**15}, "a stamp after 2099 is none"),
        "title-4096": ({title: "é" * 4_096}, "a name of exactly 4,096 characters"),
    }
    for name, (changes, note) in fine.items():
        yield Case(name, ".json", with_row(changes), "imported", 6, 0, note)
    yield Case("braces-64k", ".json", with_row({title: "}" * 65_536}), "imported", 5, 1,
               "64 KiB of } inside a name: too long, and no place to cut")  # fmt: skip
    yield Case("duplicate-keys", ".json",
               with_row('{"ts":"1999",' + row[1:].replace("Blue", "Red")), "imported", 6, 0,
               "a key twice: the last one holds")  # fmt: skip


def borders() -> Iterator[Case]:
    """Rows whose ends, quotes and escapes fall on, before and after a block's border."""
    last = json.dumps(good(1, first=600)[0]).replace("Blue", '\\"},{\\"')
    for block in BLOCKS:
        for shift in (-2, -1, 0, 1, 2):
            first = json.dumps(good(1, first=500)[0] | {"surprise": "FILL"})
            room = block + shift - len(first) - 1
            head = first.replace("FILL", "}" * (room + len("FILL")))
            content = f"[{head},{last}]".encode()
            yield Case(f"border-{block}{shift:+d}", ".json", content, "imported", 2, 0,
                       f"a row ends {shift:+d} bytes from {block}")  # fmt: skip
        spread = f"[{' ' * (block - 1)}{last}{' ' * block},{json.dumps(good(1)[0])}]".encode()
        yield Case(f"blanks-{block}", ".json", spread, "imported", 2, 0,
                   "blocks of nothing but white space between rows")  # fmt: skip


MAKERS: tuple[Callable[[], Iterator[Case]], ...] = (
    packages, documents, elements, odd_but_good, borders,
)  # fmt: skip


def hostile_files(folder: Path) -> list[Hostile]:
    """Write every bad input into the folder; what must become of each comes with it."""
    files = []
    for make in MAKERS:
        for case in make():
            path = folder / f"{case.name}{case.suffix}"
            path.write_bytes(case.content)
            files.append(
                Hostile(case.name, path, case.expected, case.plays, case.malformed, case.note)
            )
    return files
