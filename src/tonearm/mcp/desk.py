"""Where a tool is answered: the rooms below, and whoever asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tonearm.accounts.assistants import Way
from tonearm.accounts.people import User
from tonearm.domain.errors import ForbiddenError
from tonearm.domain.periods import find_zone
from tonearm.domain.vocabulary import ItemKind, Role, Scope
from tonearm.insights.chart import load_charts
from tonearm.insights.plays import PlayList, PlaysQuestion
from tonearm.insights.portrait import Portrait
from tonearm.insights.question import Question, make_question
from tonearm.insights.searching import Found
from tonearm.web.services import Services

DESK = "tonearm.mcp.desk"
"""Where a request over HTTP has the desk of whoever sent it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One call: everything asked here is asked for whoever showed the key, and nobody else."""

    services: Services
    caller: User
    scopes: frozenset[Scope]
    base_url: str
    """Address under which the caller reaches this Tonearm, without a slash at its end."""
    way: Way = Way.STDIO
    """How the caller came."""

    def ask(self, chart: str, **values: Any) -> Any:  # noqa: ANN401 - each chart has its record
        """Answer a measure; raises InvalidInputError."""
        question = make_question(load_charts()[chart].question, values)
        return self.services.insights.answer(
            chart, self.caller.id, question, self.caller.preferences
        )

    def plays(self, **values: Any) -> PlayList:  # noqa: ANN401 - checked where the question is made
        """List plays; raises InvalidInputError."""
        question = make_question(PlaysQuestion, values)
        return self.services.insights.plays(self.caller.id, question, self.caller.preferences)

    def portrait(self, item: ItemKind, number: int, **values: Any) -> Portrait:  # noqa: ANN401 - the same
        """Draw the portrait of an item; raises NotFoundError, InvalidInputError."""
        question = make_question(Question, {"kind": "all", **values})
        return self.services.insights.portrait(
            self.caller.id, item, number, question, self.caller.preferences
        )

    def check_writing(self, scope: Scope) -> None:
        """Raise ForbiddenError unless the caller may change what a scope is for through what they showed."""
        if scope not in self.scopes:
            raise ForbiddenError(
                f"This key does not have the scope {scope}, so nothing was changed. The "
                f"listener can make one with the scopes {Scope.MCP} and {scope}."
            )
        if not self.caller.role.covers(Role.LISTENER):
            raise ForbiddenError(
                f"The role of the caller is {self.caller.role}, which changes nothing."
            )

    def local(self, moment: datetime, zone: str | None = None) -> str:
        """Give an instant as local clocks showed it, by a zone or the caller's own."""
        return moment.astimezone(find_zone(zone or self.caller.zone)).isoformat()

    def find(self, text: str, limit: int) -> Found:
        """Find artists, albums and tracks by what they are called."""
        return self.services.insights.find(self.caller.id, text, limit, self.caller.preferences)

    def page(self, path: str, **query: str) -> str:
        """Give the address of a page."""
        return f"{self.base_url}{path}" + (f"?{urlencode(query)}" if query else "")

    def item_page(self, item: ItemKind, number: int) -> str:
        """Give the address of the page of an artist, album or track."""
        return self.page(f"/{item.value}s/{number}")

    def cover(self, item: ItemKind, number: int) -> str | None:
        """Give the address of the cover of an item, for whoever is logged in; None where none is known.

        A track has that of its album.
        """
        found = self.services.covers.find(self.caller.id, [(item, number)]).covers
        cover = found.get((item, number))
        return None if cover is None else self.page(f"/covers/{cover.item}s/{cover.item_id}")
