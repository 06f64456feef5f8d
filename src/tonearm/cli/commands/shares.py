"""`tonearm shares`: public pages of a listener, each opened by one link."""

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from tonearm.cli.session import UsageError, listener, opened, print_json, print_list, say

if TYPE_CHECKING:
    from tonearm.history.shared import Share

COMMAND = App(name="shares", help="Public pages of a listener, each opened by one link.")
_USUAL_DAYS = 30


@COMMAND.command
def create(
    view: str,
    item: int | None = None,
    /,
    *,
    range: str = "all",
    kind: Literal["music", "podcast", "audiobook", "all"] = "music",
    by: Literal["plays", "time"] = "plays",
    title: str = "",
    shown_name: str = "",
    private: bool = False,
    days: int | None = None,
    never_ends: bool = False,
    user: str | None = None,
    json: bool = False,
) -> None:
    """Make a share and print its link; the link can never be read again.

    Args:
        view: What to show, such as `overview`, `top-artists` or `year`; `tonearm shares views` lists them.
        item: Number of the artist, album or track, for a view of one.
        range: A range as `tonearm stats` takes it; one with a name, such as this_month, moves on with time.
        kind: Which lane to show.
        by: What rankings are ordered by.
        title: What stands above it; the range unless said.
        shown_name: Whose it is, in your words; nobody's unless said.
        private: Tell of plays of private sessions too.
        days: For how many days it holds; 30 unless said.
        never_ends: Let it hold until it is revoked.
        user: Whose; the owner's unless named.
        json: Print one JSON document.
    """
    from tonearm.domain.vocabulary import RankBy  # noqa: PLC0415 - `--help` does not need it
    from tonearm.history.shared import SharedView, ShareWish  # noqa: PLC0415 - the same
    from tonearm.web.scope import SHARE_PATH  # noqa: PLC0415 - the same

    if view not in tuple(SharedView):
        raise UsageError(f"There is no view '{view}'. There are {', '.join(SharedView)}.")
    if never_ends and days is not None:
        raise UsageError("Say --days or --never-ends, not both.")
    wish = ShareWish(
        view=SharedView(view),
        range=range,
        kind=kind,
        by=RankBy(by),
        item=None if item is None else str(item),
        title=title,
        shown_name=shown_name,
        has_private=private,
        lifetime=None if never_ends else timedelta(days=_USUAL_DAYS if days is None else days),
    )
    with opened() as tonearm:
        share, token = tonearm.shares.create(listener(tonearm, user), wish)
        settings = tonearm.settings
    link = f"{settings.public_url or f'http://127.0.0.1:{settings.port}'}{SHARE_PATH}{token}"
    if json:
        print_json({"link": link, "share": share})
    else:
        say(link)


@COMMAND.command(name="list")
def list_(*, user: str | None = None, json: bool = False) -> None:
    """List the shares that work, the newest first, without their links.

    Args:
        user: Whose; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = tonearm.shares.list(listener(tonearm, user).id)
    none = "No shares. Make one with: tonearm shares create overview --range this_year"
    print_list(found, _line, json=json, none=none)


def _line(share: "Share") -> str:
    about = f" {share.item}" if share.item else ""
    title = f" “{share.title}”" if share.title else ""
    ends = f"ends {share.ends_at:%Y-%m-%d %H:%M} UTC" if share.ends_at else "never ends"
    last = f", last {share.viewed_at:%Y-%m-%d %H:%M} UTC" if share.viewed_at else ""
    seen = f"seen {share.views} time{'' if share.views == 1 else 's'}{last}"
    return f"{share.id:>4}  {share.view}{about}, {share.range}{title}: {ends}, {seen}"


@COMMAND.command
def change(
    share_id: int,
    /,
    *,
    title: str | None = None,
    shown_name: str | None = None,
    days: int | None = None,
    user: str | None = None,
) -> None:
    """Change the title, the name or the end of a share; its link stays.

    Args:
        share_id: Number of the share, as `tonearm shares list` shows it.
        title: What stands above it; empty for the range.
        shown_name: Whose it is; empty for nobody's.
        days: For how many days from now it holds.
        user: Whose; the owner's unless named.
    """
    from tonearm.history.shared import ShareChange  # noqa: PLC0415 - `--help` does not need it

    lifetime = None if days is None else timedelta(days=days)
    wish = ShareChange(title, shown_name, lifetime)
    with opened() as tonearm:
        tonearm.shares.change(listener(tonearm, user).id, share_id, wish)
    say(f"Share {share_id} is changed.")


@COMMAND.command
def revoke(share_id: int, /, *, user: str | None = None) -> None:
    """End a share at once.

    Args:
        share_id: Number of the share, as `tonearm shares list` shows it.
        user: Whose; the owner's unless named.
    """
    with opened() as tonearm:
        tonearm.shares.revoke(listener(tonearm, user).id, share_id)
    say(f"Share {share_id} has ended. Its link leads nowhere.")


@COMMAND.command
def views() -> None:
    """List what a share can show."""
    from tonearm.history.shared import SharedView  # noqa: PLC0415 - `--help` does not need it

    for view in SharedView:
        say(f"{view:<14} {view.meaning}")
