"""Hide plays, and show them again."""

from collections.abc import Collection, Sequence
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
_MOST_TOLD = 100
_MOST_NAMED = 5


class HideArguments(Arguments):
    """Which plays; exactly one of the two."""

    plays: Annotated[list[PlayNumber] | None, Field(min_length=1, max_length=100)] = None
    """Hide these: numbers of plays, as the tool `plays` gives them."""
    correction: Annotated[int | None, Field(ge=1, le=2_147_483_647)] = None
    """Show again what an earlier call hid: the number that it gave."""


class StillHidden(Record, frozen=True):
    """A play that does not count although a hiding of it is undone."""

    play: Annotated[int, Meta(description="Number of the play.")]
    corrections: Annotated[
        tuple[int, ...],
        Meta(description="Other corrections that hide it, or rules that leave it out."),
    ]


class Hidden(Record, frozen=True):
    """What became of plays that were to be hidden, or shown again."""

    hidden: Annotated[tuple[int, ...], Meta(description="Plays that this call has hidden.")]
    hidden_before: Annotated[
        tuple[int, ...], Meta(description="Plays that earlier corrections hide already.")
    ]
    corrections_before: Annotated[
        tuple[int, ...], Meta(description="Those corrections; each can be undone by its number.")
    ]
    not_found: Annotated[
        tuple[int, ...], Meta(description="Numbers that are no play of this listener.")
    ]
    correction: Annotated[
        int | None,
        Meta(
            description=(
                "Number to undo this with. Where all plays were hidden before, of the newest correction that hides "
                "any of them; null where no number is a play."
            )
        ),
    ]
    undone: Annotated[bool, Meta(description="Whether this call has undone a hiding.")]
    undone_before: Annotated[bool, Meta(description="Whether that was undone already.")]
    still_hidden: Annotated[
        tuple[StillHidden, ...],
        Meta(description="Plays of the undone hiding that do not count all the same; at most 100."),
    ]
    words: Annotated[str, Meta(description="The same in a sentence.")]


def _answer(desk: Desk, given: HideArguments) -> Hidden:
    if given.plays is not None and given.correction is None:
        return _hide(desk, given.plays)
    if given.correction is not None and given.plays is None:
        return _undo(desk, given.correction)
    raise InvalidInputError("hide_plays needs exactly one of plays and correction.")


def _hide(desk: Desk, numbers: list[int]) -> Hidden:
    found = {play.id for play in desk.services.insights.plays_of(desk.caller.id, numbers)}
    asked = list(dict.fromkeys(numbers))
    known = [number for number in asked if number in found]
    missing = tuple(number for number in asked if number not in found)
    hiding = desk.services.corrections.hide(desk.caller.id, known) if known else None
    fresh = () if hiding is None else hiding.hidden
    before = {} if hiding is None else hiding.before
    words: list[str] = []
    if fresh:
        words.append(f"{_counted(fresh, 'is', 'are')} hidden now, and no answer counts them")
    if before:
        words.append(f"{_counted(before, 'was', 'were')} hidden already")
    if missing:
        is_one = len(missing) == 1
        words.append(
            f"{len(missing)} {'number is' if is_one else 'numbers are'} no play of this listener"
        )
    return Hidden(
        hidden=fresh,
        hidden_before=tuple(number for number in known if number in before),
        corrections_before=tuple(sorted({one for hiders in before.values() for one in hiders})),
        not_found=missing,
        correction=None if hiding is None else hiding.correction.id,
        undone=False,
        undone_before=False,
        still_hidden=(),
        words=f"{'; '.join(words)}.",
    )


def _undo(desk: Desk, number: int) -> Hidden:
    user, corrections = desk.caller.id, desk.services.corrections
    found = corrections.get(user, number)
    if found.kind is not CorrectionKind.HIDE:
        raise InvalidInputError(
            f"Correction {number} hides nothing: it is of the kind {found.kind}. The listener can undo it on the "
            f"page {desk.page('/corrections')}.",
            parameter="correction",
        )
    words, is_before = f"Hiding {number} is undone", False
    try:
        corrections.undo(user, number)
    except ConflictError:
        words, is_before = f"Hiding {number} was undone already", True
    held = corrections.plays_of(user, number)
    # What was deleted meanwhile, or whose evidence is gone, does not count again.
    plays = [play.id for play in desk.services.insights.plays_of(user, held)]
    still = desk.services.insights.hiders_of(user, plays)
    words += _told_undone(desk, plays, still, gone=len(held) - len(plays))
    return Hidden(
        hidden=(),
        hidden_before=(),
        corrections_before=(),
        not_found=(),
        correction=number,
        undone=not is_before,
        undone_before=is_before,
        still_hidden=tuple(StillHidden(*one) for one in sorted(still.items())[:_MOST_TOLD]),
        words=words,
    )


def _told_undone(
    desk: Desk, plays: Sequence[int], still: dict[int, tuple[int, ...]], *, gone: int
) -> str:
    """Say which plays count again, how many are gone, and what still stands in the way of others."""
    words = f"; {_counted(range(gone), 'is', 'are')} gone" if gone else ""
    free = [play for play in plays if play not in still]
    if free:
        words += f"; {_counted(free, 'is', 'are')} no longer hidden"
    if not still:
        return f"{words}."
    others = sorted({one for hiders in still.values() for one in hiders})
    said = [
        f"{one} ({'a rule' if kind is CorrectionKind.EXCLUDE else 'another hiding'})"
        for one in others[:_MOST_NAMED]
        for kind in [desk.services.corrections.get(desk.caller.id, one).kind]
    ]
    said += [f"{len(others) - _MOST_NAMED} more"] if len(others) > _MOST_NAMED else []
    many = "correction" if len(others) == 1 else "corrections"
    return (
        f"{words}; {_counted(still, 'does', 'do')} still not count, because of {many} "
        f"{', '.join(said)}. The listener can look at these on the page {desk.page('/corrections')}."
    )


def _counted(plays: Collection[int], one: str, many: str) -> str:
    return f"1 play {one}" if len(plays) == 1 else f"{len(plays):,} plays {many}"


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
        aliases={"undo_hide": {"plays": None}},
    ),
)
