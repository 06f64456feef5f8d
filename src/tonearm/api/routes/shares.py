"""The caller's shares: public pages, each opened by one link."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Path
from pydantic import Field, StrictBool, StrictInt
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.domain.vocabulary import RankBy, Role, Rule, Scope
from tonearm.history.shared import (
    LONGEST_LIFETIME,
    LONGEST_NAME,
    LONGEST_TITLE,
    USUAL_LIFETIME,
    Share,
    ShareChange,
    SharedView,
    ShareWish,
)
from tonearm.web.callers import Access, AccountHolder, Rooms
from tonearm.web.joining import share_link
from tonearm.web.strict import Body, Change, api_router, problems

ROUTER = api_router("/user/shares", "user")
_LARGEST_ID = 2_147_483_647

ShareHolder = Annotated[User, Depends(Access(Scope.ADMIN, Role.LISTENER))]
"""Who may show their history to others. Whoever only looks now may still take back what they showed."""
ShareId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the share")]
Days = Annotated[StrictInt, Field(ge=1, le=LONGEST_LIFETIME.days)]
Title = Annotated[str, Field(max_length=LONGEST_TITLE)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]


class ShareBody(Body):
    """A share to make."""

    view: SharedView
    """A page, or one panel of a page."""
    range: Annotated[str, Field(max_length=64)] = "all"
    """A range as measures take it; one with a name, such as `this_month`, moves on with time. Stories of
    a year: `YYYY`, of a month: `YYYY-MM`, or the present and the last one by name."""
    kind: Annotated[str, Field(max_length=16)] = "music"
    """Which lane: `music`, `podcast`, `audiobook` or `all`."""
    rule: Rule | None = None
    """What counts as a play; without it as you prefer now."""
    by: RankBy = RankBy.PLAYS
    """What rankings are ordered by."""
    item: Annotated[StrictInt, Field(ge=1, le=_LARGEST_ID)] | None = None
    """The number of the artist, album or track, for a view of one."""
    title: Title = ""
    """What stands above it; without it the range."""
    shown_name: Name = ""
    """Whose it is, in your words; without it nobody's."""
    has_private: StrictBool = False
    """Whether plays of private sessions are among those that it tells of."""
    days: Days | None = USUAL_LIFETIME.days
    """For how many days it holds; null for until it is revoked."""


class ShareUpdate(Change):
    """What shall be otherwise about a share."""

    title: Title | None = None
    """What stands above it; empty for the range."""
    shown_name: Name | None = None
    """Whose it is; empty for nobody's."""
    days: Days | None = None
    """For how many days from now it holds."""


@dataclass(frozen=True, slots=True)
class SharePage:
    """Shares, newest first; all of them are on one page."""

    items: tuple[Share, ...]
    next_cursor: None = None
    """There is no next page."""


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A share just made: the only time that its link can be read."""

    link: str
    """Whoever has it sees the share, and nothing else."""
    share: Share


@ROUTER.get("", summary="List shares")
def list_shares(services: Rooms, caller: AccountHolder) -> SharePage:
    """Give the caller's shares that work, the newest first, without their links."""
    return SharePage(tuple(services.shares.list(caller.id)))


@ROUTER.post("", status_code=201, summary="Make a share", responses=problems(404, 409, 503))
def post_share(
    request: Request, response: Response, services: Rooms, caller: ShareHolder, wish: ShareBody
) -> ShareLink:
    """Make a link to a page or panel of the caller's. The answer is the only place that ever shows it."""
    share, token = services.shares.create(
        caller,
        ShareWish(
            view=wish.view,
            range=wish.range,
            kind=wish.kind,
            rule=wish.rule,
            by=wish.by,
            item=None if wish.item is None else str(wish.item),
            title=wish.title,
            shown_name=wish.shown_name,
            has_private=wish.has_private,
            lifetime=None if wish.days is None else timedelta(days=wish.days),
        ),
    )
    response.headers["cache-control"] = "no-store"
    return ShareLink(share_link(request, token), share)


@ROUTER.patch("/{share_id}", summary="Change a share", responses=problems(404, 503))
def patch_share(
    services: Rooms, caller: ShareHolder, share_id: ShareId, wish: ShareUpdate
) -> Share:
    """Change the title, the name or the end of a share; its link stays."""
    lifetime = None if wish.days is None else timedelta(days=wish.days)
    change = ShareChange(wish.title, wish.shown_name, lifetime)
    return services.shares.change(caller.id, share_id, change)


@ROUTER.delete(
    "/{share_id}", status_code=204, summary="Revoke a share", responses=problems(404, 503)
)
def delete_share(services: Rooms, caller: AccountHolder, share_id: ShareId) -> None:
    """End a share at once, in every process."""
    services.shares.revoke(caller.id, share_id)
