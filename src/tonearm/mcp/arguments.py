"""What tools take: strict, so that a misspelled argument is an error rather than another question."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted
from tonearm.domain.vocabulary import Rule
from tonearm.web.descriptions import Described

_MOST_FAULTS = 3
_NO_TEXT = frozenset({"int_type", "float_type", "bool_type", "list_type"})

Limit = Annotated[int, Field(ge=1, le=100, description="Most lines.")]
Lane = Literal["music", "podcast", "audiobook", "all"]
ItemName = Annotated[str, Field(min_length=1, max_length=200)]
Cursor = Annotated[
    str | None, Field(max_length=128, description="`next_cursor` of the answer before.")
]


class Arguments(Described):
    """What a tool takes; unknown arguments are errors, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def given(self) -> dict[str, Any]:
        """Give what was sent, by its names, without what was left out."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Judged(Arguments):
    """By whose clock, and by which rule."""

    zone: Annotated[str | None, Field(max_length=64)] = None
    """IANA time zone; else the listener's own."""
    rule: Literal["30s", "half", "done", "any"] | None = None
    """What counts as a play; else as the listener prefers."""


class Ranged(Judged):
    """Which days."""

    range: Annotated[str | None, Field(max_length=64)] = None
    """`all`, `2024`, `2024-05`, `2024-W07`, `2024-05-17`, `FROM..TO` (TO not part of it), `today`, `this_week`,
    `last_month`, `this_year`, `last_30_days` and the like; all of the history unless said."""
    from_: Annotated[str | None, Field(max_length=10, alias="from")] = None
    """First local day, YYYY-MM-DD, instead of a range."""
    to: Annotated[str | None, Field(max_length=10)] = None
    """First local day after it, YYYY-MM-DD."""


class Asked(Ranged):
    """Which plays."""

    kind: Lane | None = None
    """Music unless said."""
    artist: ItemName | None = None
    """Only this artist: name or number."""
    album: ItemName | None = None
    """Only this album: name or number."""
    track: ItemName | None = None
    """Only this track: title, URI or number."""


_Given = TypeVar("_Given", bound=Arguments)


def read_arguments(kind: type[_Given], tool: str, values: Mapping[str, Any]) -> _Given:
    """Read what was sent to a tool; raises InvalidInputError that names each fault and what is known."""
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        told = " ".join(_told(kind, tool, fault) for fault in faults[:_MOST_FAULTS])
        raise InvalidInputError(told, parameter=str(faults[0]["loc"][0])) from None


def argument_names(kind: type[Arguments]) -> list[str]:
    """Give the names under which arguments are sent."""
    return [field.alias or name for name, field in kind.model_fields.items()]


def _told(kind: type[Arguments], tool: str, fault: Any) -> str:  # noqa: ANN401 - pydantic's own type of errors
    name, known = str(fault["loc"][0]), argument_names(kind)
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(name, known, 1)
        meant = f" Did you mean '{near[0]}'?" if near else ""
        takes = f"It takes {', '.join(known)}." if known else "It takes none."
        return f"{tool} has no argument {quoted(name)}.{meant} {takes}"
    if fault["type"] == "missing":
        return f"{tool} needs the argument '{name}'."
    place = ".".join(map(str, fault["loc"][:2]))
    message = str(fault["msg"]).replace("Input should be", "It must be")
    # What is written in quotes looks like a number in this message, too.
    is_text = isinstance(fault["input"], str) and fault["type"] in _NO_TEXT
    return f"{tool} cannot use {place} = {quoted(fault['input'])}. {message}{', not text' if is_text else ''}."


RULES: Mapping[str, str] = {
    Rule.THIRTY_SECONDS: "a play counts when it lasted 30 seconds or the track was played to its end",
    Rule.HALF: "a play counts when it lasted half of the track or 4 minutes, 30 seconds where no length is known",
    Rule.DONE: "a play counts when the track was played to its end",
    Rule.ANY: "a play counts when it lasted at all",
}
"""What each rule says, as an assistant may repeat it."""
