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
    """Which plays."""

    plays: Annotated[list[PlayNumber], Field(min_length=1, max_length=100)]
    """Numbers of plays, as the tool `plays` gives them."""


class Hidden(Record, frozen=True):
    """What became of the plays that were to be hidden."""

    hidden: Annotated[tuple[int, ...], Meta(description="Plays that this call has hidden.")]
    hidden_before: Annotated[
        tuple[int, ...], Meta(description="Plays that were hidden or left out already.")
    ]
    not_found: Annotated[
        tuple[int, ...], Meta(description="Numbers that are no play of this listener.")
    ]
    correction: Annotated[
        int | None,
        Meta(description="Number to undo this with `undo_hide`; null where nothing was done."),
    ]
    words: Annotated[str, Meta(description="The same in a sentence.")]


class UndoArguments(Arguments):
    """Which hiding."""

    correction: Annotated[int, Field(ge=1, le=2_147_483_647)]
    """The number that `hide_plays` gave."""


class Undone(Record, frozen=True):
    """What became of a hiding that was to be undone."""

    correction: Annotated[int, Meta(description="Its number.")]
    undone: Annotated[bool, Meta(description="Whether this call has undone it.")]
    undone_before: Annotated[bool, Meta(description="Whether it was undone already.")]
    words: Annotated[str, Meta(description="The same in a sentence.")]


def _hide(desk: Desk, given: HideArguments) -> Hidden:
    plays = desk.services.insights.plays_of(desk.caller.id, given.plays)
    is_hidden = {play.id: play.hidden for play in plays}
    asked = dict.fromkeys(given.plays)
    fresh = [number for number in asked if is_hidden.get(number) is False]
    before = [number for number in asked if is_hidden.get(number)]
    missing = [number for number in asked if number not in is_hidden]
    correction = desk.services.corrections.hide(desk.caller.id, fresh).id if fresh else None
    words = f"{len(fresh)} plays are hidden now, and no answer counts them"
    words += f"; {len(before)} were so already" if before else ""
    words += f"; {len(missing)} numbers are no play of this listener" if missing else ""
    return Hidden(tuple(fresh), tuple(before), tuple(missing), correction, f"{words}.")


def _undo(desk: Desk, given: UndoArguments) -> Undone:
    number, corrections = given.correction, desk.services.corrections
    found = corrections.get(desk.caller.id, number)
    if found.kind is not CorrectionKind.HIDE:
        raise InvalidInputError(
            f"Correction {number} hides nothing: it is of the kind {found.kind}. The listener can undo it on the "
            f"page {desk.page('/corrections')}.",
            parameter="correction",
        )
    try:
        corrections.undo(desk.caller.id, number)
    except ConflictError:
        return Undone(
            number, undone=False, undone_before=True, words=f"Hiding {number} was undone already."
        )
    return Undone(
        number,
        undone=True,
        undone_before=False,
        words=f"Hiding {number} is undone; its plays count again.",
    )


TOOLS = (
    Tool(
        name="hide_plays",
        title="Hide plays",
        description=(
            "Leave single plays out of every answer, by their numbers, for instance those of somebody else on "
            "the same account. Nothing is deleted: `undo_hide` shows them again. Ask the listener before."
        ),
        arguments=HideArguments,
        record=Hidden,
        answer=_hide,
        example={"plays": [1]},
        is_writing=True,
        is_destructive=True,
    ),
    Tool(
        name="undo_hide",
        title="Show hidden plays again",
        description="Undo what `hide_plays` did, by the number of its correction.",
        arguments=UndoArguments,
        record=Undone,
        answer=_undo,
        example={"correction": 1},
        is_writing=True,
    ),
)
