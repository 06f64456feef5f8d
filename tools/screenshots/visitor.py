"""Somebody with a browser who looks at a Tonearm."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The demo says that it goes by this address, so that what is to be copied looks as it will for others.
PUBLIC_URL = "https://music.example.org"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A page of a browser, and the address of the Tonearm that it looks at."""

    page: "Page"
    address: str

    def open(self, path: str) -> None:
        """Open a path, or a link that was made for the public address; anew, also where only the anchor is another."""
        self.page.goto("about:blank")
        self.page.goto(self.address + path.removeprefix(PUBLIC_URL))

    def ask(self, path: str) -> Any:  # noqa: ANN401 - whatever the API answers
        """Ask the API as whoever is logged in."""
        return self._told(self.page.request.get(self.address + path))

    def send(self, path: str, wish: dict[str, Any], method: str = "POST") -> Any:  # noqa: ANN401 - the same
        """Have the API change something."""
        return self._told(self.page.request.fetch(self.address + path, method=method, data=wish))

    def _told(self, answer: Any) -> Any:  # noqa: ANN401 - Playwright's answer, and what is in it
        if not answer.ok:
            raise RuntimeError(f"{answer.url} answered {answer.status}: {answer.text()}")
        return answer.json()
