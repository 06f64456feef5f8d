"""Sending a person to another page."""

from urllib.parse import urlsplit


class RedirectError(Exception):
    """Raised where a page cannot be shown yet; the person is sent to another one first."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def safe_path(text: str | None) -> str:
    """Give a path of this site to go on to; anything that could lead elsewhere becomes `/`."""
    if not text or not text.isprintable() or "\\" in text or not text.startswith("/"):
        return "/"
    if text.startswith("//"):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else text
