"""Hide plays, and show them again."""

from typing import Annotated

from msgspec import Meta
from pydantic import Field

from tonearm.domain.errors import ConflictError, InvalidInputError
from tonearm.domain.vocabulary import CorrectionKind
from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool

PlayNumber = Annotated[int, Field(ge=1, le=4_294_967_295)]


class HideArguments(Arguments):
    """Which plays; exactly one of the two."""

    plays: Annotated[list[PlayNumber] | None, Field(min_length=1, max_length=100)] = None
    """Hide these: numbers of plays, as the tool `plays` gives them."""
    correction: Annotated[int | None, Field(ge=1, le=2_147_483_647)] = None
    """Show again what an earlier call hid: the number that it gave."""


class Hidden(Record, frozen=True):
    """What became of plays that were to be hidden, or shown again."""

    hidden: Annotated[tuple[int, ...], Meta(description="Plays that this call has hidden.")]
    hidden_before: Annotated[
        tuple[int, ...], Meta(description="Plays that were hidden or left out already.")
    ]
    not_found: Annotated[
        tuple[int, ...], Meta(description="Numbers that are no play of this listener.")
    ]
    correction: Annotated[
        int | None,
        Meta(description="Number to undo this with; null where nothing was hidden."),
    ]
    undone: Annotated[bool, Meta(description="Whether this call has undone a hiding.")]
    undone_before: Annotated[bool, Meta(description="Whether that was undone already.")]
    words: Annotated[str, Meta(description="The same in a sentence.")]


def _answer(desk: Desk, given: HideArguments) -> Hidden:
    if given.plays is not None and given.correction is None:
        return _hide(desk, given.plays)
    if given.correction is not None and given.plays is None:
        return _undo(desk, given.correction)
    raise InvalidInputError("hide_plays needs exactly one of plays and correction.")


def _hide(desk: Desk, numbers: list[int]) -> Hidden:
    plays = desk.services.insights.plays_of(desk.caller.id, numbers)
    is_hidden = {play.id: play.hidden for play in plays}
    asked = dict.fromkeys(numbers)
    fresh = [number for number in asked if is_hidden.get(number) is False]
    before = [number for number in asked if is_hidden.get(number)]
    missing = [number for number in asked if number not in is_hidden]
    correction = desk.services.corrections.hide(desk.caller.id, fresh).id if fresh else None
    words = f"{len(fresh)} plays are hidden now, and no answer counts them"
    words += f"; {len(before)} were so already" if before else ""
    words += f"; {len(missing)} numbers are no play of this listener" if missing else ""
    return Hidden(
        tuple(fresh),
        tuple(before),
        tuple(missing),
        correction,
        undone=False,
        undone_before=False,
        words=f"{words}.",
    )


def _undo(desk: Desk, number: int) -> Hidden:
    corrections = desk.services.corrections
    found = corrections.get(desk.caller.id, number)
    if found.kind is not CorrectionKind.HIDE:
        raise InvalidInputError(
            f"Correction {number} hides nothing: it is of the kind {found.kind}. The listener can undo it on the "
            f"page {desk.page('/corrections')}.",
            parameter="correction",
        )
    is_before, words = False, f"Hiding {number} is undone; its plays count again."
    try:
        corrections.undo(desk.caller.id, number)
    except ConflictError:
        is_before, words = True, f"Hiding {number} was undone already."
    return Hidden((), (), (), number, undone=not is_before, undone_before=is_before, words=words)


TOOLS = (
    Tool(
        name="hide_plays",
        title="Hide plays, or show them again",
        description=(
            "Leave single plays out of every answer, by their numbers (plays), for instance those of somebody else on "
            "the same account; or undo that (correction). Nothing is deleted. Ask the listener before."
        ),
        arguments=HideArguments,
        record=Hidden,
        answer=_answer,
        example={"plays": [1]},
        is_writing=True,
        is_destructive=True,
        aliases={"undo_hide": {}},
    ),
)
