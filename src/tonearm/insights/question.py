"""The parameters that all measures share, and how an answer's are settled."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from msgspec import Meta, Struct, ValidationError, convert, field, to_builtins
from msgspec.structs import fields, replace

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.periods import Period, find_zone, resolve_days, resolve_period
from tonearm.domain.platforms import FAMILIES
from tonearm.domain.preferences import Preferences
from tonearm.domain.text import quoted
from tonearm.domain.vocabulary import RankBy, Rule

Lane = Literal["music", "podcast", "audiobook", "all"]
Unit = Literal["day", "week", "month", "year"]
Side = Literal["in", "out"]
Item = Literal["artists", "albums", "tracks"]
Grouping = Literal["artists", "albums", "tracks", "credited"]
"""What plays are counted by: `credited` is every artist of a track, of whom there may be several."""
MOST_ITEMS = 500
_LONGEST = 200

By = Annotated[RankBy, Meta(description="What a ranking is ordered by.")]
Limit = Annotated[int, Meta(ge=1, le=MOST_ITEMS, description="Most lines to give.")]
Units = Annotated[Unit, Meta(description="Calendar unit; weeks begin on Monday.")]
_SURE = 'Where it could be both, `#25` is the number and `"25"`, in quotes, the name.'
Name = Annotated[str, Meta(min_length=1, max_length=_LONGEST)]


class Question(Struct, frozen=True, kw_only=True):
    """What every measure is asked: which plays to look at, and how to judge them."""

    range: Annotated[
        str,
        Meta(
            max_length=64,
            description=(
                "A named period, `YYYY`, `YYYY-MM`, `YYYY-Www`, `YYYY-MM-DD`, or `FROM..TO` with two "
                "such dates, the second one not part of it."
            ),
        ),
    ] = "all"
    from_: Annotated[
        Annotated[str, Meta(max_length=10)] | None,
        Meta(description="First local day, `YYYY-MM-DD`, instead of a range."),
    ] = field(default=None, name="from")
    to: Annotated[
        Annotated[str, Meta(max_length=10)] | None,
        Meta(description="First local day after the range, `YYYY-MM-DD`."),
    ] = None
    zone: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="IANA time zone; without it the listener's own."),
    ] = None
    rule: Annotated[
        Rule | None, Meta(description="What counts as a play; without it as the listener prefers.")
    ] = None
    kind: Annotated[Lane, Meta(description="Which lane to look at.")] = "music"
    credit: Annotated[
        Literal["primary", "all"],
        Meta(
            description=(
                "Whom a play counts for: its primary artist, or `all` artists of its track. Exports name one; the "
                "others are known of tracks that Spotify's answers tell of. Skips know primary artists alone."
            )
        ),
    ] = "primary"
    private: Annotated[
        Side | None,
        Meta(description="Plays of private sessions in or out; else as the listener prefers."),
    ] = None
    hidden: Annotated[Side, Meta(description="Hidden and excluded plays in or out.")] = "out"
    artist: Annotated[
        Name | None, Meta(description="Only plays of this artist: a number or a name. " + _SURE)
    ] = None
    album: Annotated[
        Name | None, Meta(description="Only plays of this album: a number or a name. " + _SURE)
    ] = None
    track: Annotated[
        Name | None,
        Meta(description="Only plays of this track: a number, a URI or a title. " + _SURE),
    ] = None
    platform: Annotated[
        Literal[FAMILIES] | None,  # type: ignore[valid-type] # the families are listed once, where they are told apart
        Meta(description="Only plays on this platform."),
    ] = None
    country: Annotated[
        Annotated[str, Meta(pattern="^[A-Za-z]{2}$")] | None,
        Meta(description="Only plays in this country: two letters of ISO 3166, such as DE."),
    ] = None

    def periods(self, now: datetime) -> tuple[Period, ...]:
        """Give the local days that an answer speaks of; raises InvalidInputError."""
        return (period_of(self, now),)


_Asked = TypeVar("_Asked", bound=Question)


def make_question(kind: type[_Asked], values: Mapping[str, object]) -> _Asked:
    """Make a question of values as people write them; raises InvalidInputError that names the parameter."""
    known = _parameters(kind)
    for name in values:
        if name not in known:
            raise InvalidInputError(
                f"There is no parameter {quoted(name)} here. There are {', '.join(known)}.",
                parameter=name,
            )
    try:
        return convert(values, kind, strict=False)
    except ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`")
        raise InvalidInputError(
            f"{name} cannot be {quoted(values.get(name))}. {_hint(known[name], problem)}",
            parameter=name,
        ) from None


@cache
def _parameters(kind: type[Question]) -> dict[str, Any]:
    """Give the types of a question's parameters by name."""
    return {field.encode_name: field.type for field in fields(kind)}


def check_question(question: Question) -> None:
    """Check a question that was made of values with their types; raises InvalidInputError."""
    make_question(type(question), to_builtins(question))


def _hint(kind: Any, problem: str) -> str:  # noqa: ANN401 - any annotation
    """Say what a parameter may be: one of some words, within its bounds, or as it is described."""
    allowed = allowed_values(kind)
    if allowed:
        return f"It is one of {', '.join(allowed)}."
    notes = list(_notes(kind))
    bounds = next((note for note in notes if note.ge is not None and note.le is not None), None)
    if bounds is not None:
        return f"It is a whole number from {bounds.ge} to {bounds.le}."
    said = next((note.description for note in notes if note.description), None)
    return said if said and "regex" in problem else f"{problem}."


def _notes(kind: Any) -> Iterator[Meta]:  # noqa: ANN401 - any annotation
    for part in get_args(kind):
        if isinstance(part, Meta):
            yield part
        else:
            yield from _notes(part)


def allowed_values(kind: Any) -> tuple[str, ...]:  # noqa: ANN401 - any annotation
    """Give the words that a parameter may be; empty where it may be more than a few words."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return tuple(kind)
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    return tuple(word for inner in get_args(kind) for word in allowed_values(inner))


def settled(question: Question, preferences: Preferences) -> Question:
    """Fill in what a question leaves to the listener's preferences."""
    return replace(
        question,
        zone=preferences.zone if question.zone is None else question.zone,
        rule=question.rule or preferences.rule,
        private=question.private or ("in" if preferences.counts_private else "out"),
    )


def period_of(question: Question, now: datetime) -> Period:
    """Give the local days that a question is about; raises InvalidInputError."""
    zone = find_zone("UTC" if question.zone is None else question.zone)
    if question.from_ is None and question.to is None:
        return resolve_period(question.range, now, zone)
    if question.range != "all":
        raise InvalidInputError(
            f"The range is {quoted(question.range)}, and from or to is given as well. Give either a "
            "range, or from and to, not both.",
            parameter="range",
        )
    return resolve_days(question.from_, question.to)
