"""Lists that a measure cuts: as many lines as are asked for, and a cursor that leads to those after."""

from typing import Annotated

from msgspec import Meta

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted
from tonearm.insights.question import Limit, Question

Cursor = Annotated[
    Annotated[str, Meta(pattern="^[0-9]{1,9}$")] | None,
    Meta(description="The `next_cursor` of the page before."),
]
NextCursor = Annotated[
    str | None, Meta(description="The `cursor` of the lines after these; null after the last.")
]


class ListQuestion(Question, frozen=True, kw_only=True):
    """What a measure that lists something is asked."""

    limit: Limit = 10
    cursor: Cursor = None

    @property
    def begin(self) -> int:
        """How many lines come before those asked for."""
        return int(self.cursor or 0)

    @property
    def end(self) -> int:
        """How many lines it takes from the first of all to the last asked for."""
        return self.begin + self.limit

    def next_cursor(self, total: int) -> str | None:
        """Give the cursor of the lines after, of so many in all.

        Raises:
            InvalidInputError: the cursor asked for leads behind the last line.
        """
        if self.begin and self.begin >= total:
            raise InvalidInputError(
                f"`cursor` is {quoted(self.cursor)}, and the whole list has {total} lines. Give the `next_cursor` of "
                "a page before, or begin anew without one.",
                parameter="cursor",
            )
        return str(self.end) if self.end < total else None
