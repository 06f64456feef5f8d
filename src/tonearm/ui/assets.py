"""Files for browsers, under addresses that change with their content so that they may be kept."""

import gzip
import os
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC_DIR = Path(__file__).with_name("static")
STATIC_PATH = "/static"
_KEPT = "public, max-age=31536000, immutable"
_DIGEST_CHARACTERS = 12
_WORTH_COMPRESSING = frozenset({".css", ".js", ".svg", ".webmanifest"})
"""Endings of texts; fonts and pictures are compressed already."""


@cache
def version() -> str:
    """Give the digest of all files together: it names the folder they are served under."""
    digest = sha256()
    for path in sorted(STATIC_DIR.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC_DIR).as_posix().encode())
            digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_DIGEST_CHARACTERS]


def address(base: str, name: str) -> str:
    """Give the address of a file; `base` is the prefix a proxy puts in front."""
    return f"{base}{STATIC_PATH}/{version()}/{name}"


class VersionedFiles(StaticFiles):
    """Serves files below any version; browsers may keep those of the present one for ever."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_DIR)

    def get_path(self, scope: Scope) -> str:
        """Give the path of a file without the version it is asked for by."""
        return super().get_path(scope).partition(os.sep)[2]

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file, and with how long it may be kept."""
        response = await super().get_response(path, scope)
        is_present = f"/{version()}/" in scope["path"]
        if isinstance(response, FileResponse) and Path(path).suffix in _WORTH_COMPRESSING:
            asked = Headers(scope=scope)
            if "gzip" in asked.get("accept-encoding", "") and "range" not in asked:
                response = _compressed(response)
                if self.is_not_modified(response.headers, asked):
                    response = NotModifiedResponse(response.headers)
            response.headers["vary"] = "accept-encoding"
        response.headers["cache-control"] = _KEPT if is_present else "no-cache"
        return response


def _compressed(response: FileResponse) -> Response:
    """Give the same answer in fewer bytes; it is another representation, so its tag is another."""
    packed = Response(
        _packed(Path(response.path)),
        headers={"content-encoding": "gzip"},
        media_type=response.media_type,
    )
    packed.headers["etag"] = response.headers["etag"].removesuffix('"') + '-gzip"'
    return packed


@cache  # these files do not change while a server runs, and the version counts on that too
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
