"""Files for browsers, under addresses that change with their content so that they may be kept."""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_DIR = Path(__file__).with_name("static")
STATIC_PATH = "/static"
_KEPT = "public, max-age=31536000, immutable"
_DIGEST_CHARACTERS = 12


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
        response.headers["cache-control"] = _KEPT if is_present else "no-cache"
        return response
