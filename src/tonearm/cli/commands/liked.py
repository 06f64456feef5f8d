"""`tonearm liked`: the tracks that a listener likes."""

from cyclopts import App

from tonearm.cli.session import listener, opened, print_json, print_list, say

COMMAND = App(name="liked", help="The tracks that a listener likes.")


@COMMAND.command(name="list")
def list_(*, user: str | None = None, limit: int = 50, json: bool = False) -> None:
    """List liked tracks, the last liked first.

    Args:
        user: Whose; the owner's unless named.
        limit: Most tracks to list.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        person = listener(tonearm, user)
        likes = tonearm.liked.list(person.id, limit=max(limit, 1))
    print_list(
        likes,
        lambda like: (
            f"{like.liked_at:%Y-%m-%d}  {like.name or 'Without a name'}, "
            f"{like.artist or 'unknown artist'}  {like.key}"
        ),
        json=json,
    )


@COMMAND.command
def add(track: str, /, *, user: str | None = None, json: bool = False) -> None:
    """Like a track.

    Args:
        track: Its number or its URI.
        user: Who likes it; the owner unless named.
        json: Print the like as one JSON document.
    """
    with opened() as tonearm:
        like = tonearm.liked.add(listener(tonearm, user).id, track)
    if json:
        print_json(like)
    else:
        say(f"Liked: {like.name or like.key}.")


@COMMAND.command
def remove(track: str, /, *, user: str | None = None) -> None:
    """Like a track no longer.

    Args:
        track: Its number or its URI.
        user: Who likes it no longer; the owner unless named.
    """
    with opened() as tonearm:
        tonearm.liked.remove(listener(tonearm, user).id, track)
    say(f"Not liked: {track}.")
