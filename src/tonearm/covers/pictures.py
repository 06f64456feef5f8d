"""Pictures: which address of several is taken, what counts as a picture, and where its bytes are kept.

An address comes out of an answer of Spotify's, and bytes from whoever is there: neither is believed. Only Spotify's own
hosts of pictures are asked, over HTTPS, and followed nowhere; only JPEG, PNG and WebP are kept, told by their first
bytes and not by what they are called.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from tonearm.ops.outgoing import Outgoing, UnusableAnswerError

if TYPE_CHECKING:  # it takes a while to load, and a page that shows covers does not need it
    from tonearm.spotify.models import Image

LARGEST: Final = 1_000_000
WANTED_PIXELS: Final = 300
_HOSTS: Final = (".scdn.co", ".spotifycdn.com")
_PATIENCE: Final = 5.0
_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
_BEGINNINGS: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
_TOLD_SIZE: Final = 640
"""What a picture is taken for whose size Spotify does not tell."""
_OK: Final = 200


class Picture(NamedTuple):
    """A picture that is kept."""

    digest: str
    """SHA-256 of its bytes."""
    media_type: str
    content: bytes


class Pictures:
    """The pictures that this machine keeps, in files that are named by their content, and the way to others.

    Several processes may share the folder. Whoever lacks a file fetches it again.
    """

    def __init__(self, folder: Path, most_bytes: int, *, api_url: str, proxy: str = "") -> None:
        """Keep `most_bytes` at most; the host of `api_url` may have pictures too, as a stand-in for Spotify does."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._stand_in = _origin(api_url)
        self._outgoing = Outgoing(_PATIENCE, largest=LARGEST, accept=", ".join(_TYPES), proxy=proxy)

    def choose(self, images: "Iterable[Image]") -> str | None:
        """Give the address of the picture that is nearest to 300 pixels, of those that may be asked for."""
        usable = [image for image in images if self.may_ask(image.url)]
        if not usable:
            return None
        return min(usable, key=_distance).url

    def may_ask(self, address: str) -> bool:
        """Tell whether an address leads to a host of Spotify's pictures, over HTTPS and at its port."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return False
        if "@" in parts.netloc or not address.isascii() or not address.isprintable():
            return False
        if self._stand_in == (parts.scheme, parts.netloc.lower()):
            return True
        host = parts.hostname or ""
        return parts.scheme == "https" and port in (None, 443) and host.endswith(_HOSTS)

    def fetch(self, address: str) -> Picture:
        """Fetch a picture and keep it.

        Raises:
            UnusableAnswerError: no picture is there, or none that may be taken.
            UnansweredError: nobody answers; it may be there later.
        """
        if not self.may_ask(address):
            raise UnusableAnswerError("an address that is not one of Spotify's pictures")
        reply = self._outgoing.ask("GET", address)
        if reply.status != _OK:
            raise UnusableAnswerError(f"status {reply.status}")
        found = type_of(reply.body)
        if found is None or reply.content_type.partition(";")[0].strip().lower() != found:
            raise UnusableAnswerError("something that is no picture")
        picture = Picture(sha256(reply.body).hexdigest(), found, reply.body)
        self._keep(picture)
        return picture

    def find(self, digest: str) -> Picture | None:
        """Give a picture that is kept here, and note that it was used."""
        path = self._folder / digest
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        found = type_of(content)
        return None if found is None else Picture(digest, found, content)

    def sweep(self, is_wanted: Callable[[list[str]], set[str]]) -> int:
        """Remove the files that nobody wants any more; `is_wanted` gives those of some names that somebody does."""
        names = [name for name, _used, _size in self._files()]
        gone = set(names) - is_wanted(names)
        for name in gone:
            self._drop(name)
        return len(gone)

    def _keep(self, picture: Picture) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Nobody sees half a file, and a process that dies leaves one that is dropped like any other.
        half = self._folder / f"{picture.digest}.{token_hex(4)}"
        half.write_bytes(picture.content)
        half.replace(self._folder / picture.digest)
        self._make_room(picture.digest)

    def _make_room(self, newest: str) -> None:
        """Drop what was not used for longest, but for what has just come."""
        files = sorted(self._files(), key=lambda file: file[1])
        size = sum(size for _name, _used, size in files)
        for name, _used, own in files:
            if size <= self._most_bytes:
                return
            if name != newest:
                self._drop(name)
                size -= own

    def _files(self) -> list[tuple[str, float, int]]:
        """Give name, last use and size of every file."""
        found: list[tuple[str, float, int]] = []
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(OSError):  # another process has dropped it
                    told = entry.stat()
                    found.append((entry.name, told.st_mtime, told.st_size))
        return found

    def _drop(self, name: str) -> None:
        with suppress(OSError):
            (self._folder / name).unlink(missing_ok=True)


def type_of(content: bytes) -> str | None:
    """Give the type of a picture by its first bytes; None for whatever else it is."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _BEGINNINGS if content.startswith(start)), None)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def _distance(image: "Image") -> int:
    return abs((image.width or image.height or _TOLD_SIZE) - WANTED_PIXELS)
