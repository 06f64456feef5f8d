"""Operations of the Web API as data: each method of the client declares the one that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.spotify.asking import Ask
    from tonearm.spotify.calling import Caller

_P = ParamSpec("_P")
_T = TypeVar("_T")
_R = TypeVar("_R", bound="Resource")
_ATTRIBUTE: Final = "operation"


class Scope(StrEnum):
    """What a listener can grant."""

    READ_RECENT = "user-read-recently-played"
    READ_CURRENT = "user-read-currently-playing"
    READ_PLAYBACK = "user-read-playback-state"
    MODIFY_PLAYBACK = "user-modify-playback-state"
    READ_POSITION = "user-read-playback-position"
    READ_TOP = "user-top-read"
    READ_LIBRARY = "user-library-read"
    MODIFY_LIBRARY = "user-library-modify"
    READ_FOLLOWS = "user-follow-read"
    MODIFY_FOLLOWS = "user-follow-modify"
    READ_PLAYLISTS = "playlist-read-private"
    MODIFY_PUBLIC_PLAYLISTS = "playlist-modify-public"
    MODIFY_PRIVATE_PLAYLISTS = "playlist-modify-private"
    UPLOAD_IMAGES = "ugc-image-upload"
    READ_PRIVATE = "user-read-private"
    READ_EMAIL = "user-read-email"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the Web API."""

    name: str
    """As Spotify's description of its API calls it."""
    method: str
    path: str
    """With the name of its part in braces, if it has one."""
    needs: tuple[frozenset[Scope], ...] = ()
    """Of each group the listener must have granted one."""
    uses: frozenset[Scope] = frozenset()
    """What more is told with these."""
    is_repeatable: bool = True
    """Whether doing it twice is the same as doing it once."""

    @property
    def kind(self) -> str | None:
        """Of what kind the thing is that the path names, if it names one."""
        return self.path.split("/")[1].removesuffix("s") if "{" in self.path else None

    @property
    def scopes(self) -> frozenset[Scope]:
        """Everything that the listener may be asked to grant for it."""
        return self.uses.union(*self.needs)


class Resource:
    """A family of operations, for one link."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller


def operation(
    name: str,
    method: str,
    path: str,
    *needs: Scope | frozenset[Scope],
    uses: frozenset[Scope] = frozenset(),
    is_repeatable: bool | None = None,
) -> Callable[[Callable[Concatenate[_R, Ask, _P], _T]], Callable[Concatenate[_R, _P], _T]]:
    """Declare the operation of a method, which gets an `Ask` for it; unless said, all but POST are repeatable."""
    groups = tuple(frozenset((need,)) if isinstance(need, Scope) else need for need in needs)
    repeatable = method != "POST" if is_repeatable is None else is_repeatable
    declared = Operation(name, method, path, groups, uses, repeatable)

    def declare(
        function: Callable[Concatenate[_R, Ask, _P], _T],
    ) -> Callable[Concatenate[_R, _P], _T]:
        @wraps(function)
        def method_of_link(resource: _R, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
            return function(resource, resource._caller.about(declared), *args, **kwargs)  # noqa: SLF001 - it is of this module

        setattr(method_of_link, _ATTRIBUTE, declared)
        return method_of_link

    return declare


def operation_of(method: Callable[..., object]) -> Operation:
    """Give the operation that a method of a resource declares; raises AttributeError where there is none."""
    declared: Operation = getattr(method, _ATTRIBUTE)
    return declared
