"""Who is acting right now: set once where a request or a command comes in, read where something is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where."""

    user_id: int | None
    """None for the command line, for Tonearm itself, and for nobody known."""
    name: str
    address: str | None = None
    request_id: str | None = None
    path: str | None = None
    """What was asked for, as its operation is described: with names in place of numbers, and without the query."""


SYSTEM = Actor(None, "tonearm")
COMMAND_LINE = Actor(None, "command line")
_ACTING: ContextVar[Actor] = ContextVar("acting", default=SYSTEM)


def actor() -> Actor:
    """Give who is acting in this thread or task; Tonearm itself unless somebody was named."""
    return _ACTING.get()


def act_as(who: Actor) -> None:
    """Name who acts from here on, in this thread or task and those that it starts."""
    _ACTING.set(who)


@contextmanager
def acting_as(who: Actor) -> Iterator[None]:
    """Name who acts inside a block."""
    token = _ACTING.set(who)
    try:
        yield
    finally:
        _ACTING.reset(token)
