"""`tonearm plays`: plays one by one, newest first, what each is known from, and those that are added by hand."""

from datetime import datetime
from typing import Any

from cyclopts import App

from tonearm.cli.answers import wide_console
from tonearm.cli.questions import given_values, tell_options
from tonearm.cli.session import UsageError, listener, opened, print_json, printable, say
from tonearm.domain.vocabulary import Kind
from tonearm.insights.evidence import PlayEvidence
from tonearm.insights.plays import Play, PlayList, PlaysQuestion
from tonearm.insights.question import make_question

_MINUTE_MS = 60_000
_SECOND_MS = 1_000


def _list(**options: Any) -> None:  # noqa: ANN401 - typed by the signature given below
    question = make_question(PlaysQuestion, given_values(PlaysQuestion, options))
    with opened() as tonearm:
        person = listener(tonearm, options.get("user"))
        answer = tonearm.insights.plays(person.id, question, person.preferences)
    if options.get("json"):
        print_json(answer)
    else:
        _print(answer)


def show(play_id: int, /, *, user: str | None = None, json: bool = False) -> None:
    """Show one play with the rows of files, and the polls, that tell of it.

    Args:
        play_id: Its number, as `tonearm plays` shows it.
        user: Whose play; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        person = listener(tonearm, user)
        answer = tonearm.insights.play(person.id, play_id, person.preferences)
    if json:
        print_json(answer)
    else:
        _print_evidence(answer)


def add(
    track: str | None = None,
    /,
    *,
    ended_at: str,
    ms_played: int,
    title: str | None = None,
    artist: str | None = None,
    album: str | None = None,
    kind: Kind = Kind.MUSIC,
    user: str | None = None,
    json: bool = False,
) -> None:
    """Add a play by hand; one that is known already is not counted twice.

    Args:
        track: A track of the history, by its number or its URI; or give a title instead.
        ended_at: When it ended, with its offset: 2024-03-31T01:00:00Z.
        ms_played: How long it was heard, in milliseconds.
        title: The title of what was played.
        artist: Artist, show or audiobook.
        album: The album.
        kind: The lane of what has a title.
        user: Who heard it; the owner unless named.
        json: Print one JSON document.
    """
    from tonearm.history.adding import NewPlay  # noqa: PLC0415 - `--help` does not need it

    play = NewPlay(_moment(ended_at), ms_played, track, title, artist, album, kind)
    with opened() as tonearm:
        (added,) = tonearm.adding.add(listener(tonearm, user).id, [play])
    if json:
        print_json(added)
    else:
        say(f"Play {added.play}: {added.outcome.replace('_', ' ')}.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError("--ended-at is an instant with its offset, such as 2024-03-31T01:00:00Z.")
    return moment


def _print(answer: PlayList) -> None:
    from rich.table import Table  # noqa: PLC0415 - only people read tables

    if not answer.items:
        say("No plays fit.")
        return
    table = Table(box=None, header_style="bold")
    for name in ("play", "ended", "heard"):
        table.add_column(name, justify="right")
    for name in ("track", "artist", "album", ""):
        table.add_column(name)
    for play in answer.items:
        table.add_row(*_row(play))
    console = wide_console()
    console.print(table)
    console.print(f"{len(answer.items):,} of {answer.total:,} plays", highlight=False)
    if answer.next_cursor is not None:
        console.print(f"More: --cursor {answer.next_cursor}", highlight=False)


def _row(play: Play) -> tuple[str, ...]:
    from rich.markup import escape  # noqa: PLC0415 - only people read tables

    marks = (
        "" if play.counted else "not counted",
        "hidden" if play.hidden else "",
        "length estimated" if play.is_estimated else "",
    )
    names = (
        play.track.name,
        play.artist.name if play.artist else "",
        play.album.name if play.album else "",
    )
    return (
        str(play.id),
        _clock(play),
        _length(play.ms_played),
        *map(escape, map(printable, names)),
        " ".join(filter(None, marks)),
    )


def _print_evidence(answer: PlayEvidence) -> None:
    play = answer.play
    by = f" by {play.artist.name}" if play.artist else ""
    say(f"Play {play.id}: {play.track.name}{by}")
    at_most = "at most " if play.is_estimated else ""
    say(f"  ended {_clock(play)}, heard {at_most}{_length(play.ms_played)}, {play.kind}")
    ending = f"ended by {play.reason_end}" if play.reason_end else "how it ended is not known"
    where = filter(None, (ending, play.platform, play.country))
    say(f"  {'counted' if play.counted else 'not counted'} by your rule: {', '.join(where)}")
    for told in answer.sightings:
        wording = " / ".join(filter(None, (told.title, told.artist, told.album)))
        say(f"  {told.source}: {wording or 'no names'} {told.uri or ''}".rstrip())
        say(f"    {told.clock_at:%Y-%m-%d %H:%M:%S} UTC, {told.ms_played:,} ms")
        for support in told.supports:
            # Programs count rows from 0, people from 1, as pages do.
            rows = ", ".join(str(row + 1) for row in support.rows)
            say(f"    import {support.import_id}, {support.file}, row {rows}")
        for poll in told.polls:
            say(
                f"    Spotify's answer of {poll.fetched_at:%Y-%m-%d %H:%M:%S} UTC, link {poll.link_id}"
            )


def _clock(play: Play) -> str:
    return play.ended_local[:16].replace("T", " ")


def _length(ms_played: int) -> str:
    return f"{ms_played // _MINUTE_MS}:{ms_played % _MINUTE_MS // _SECOND_MS:02}"


tell_options(_list, PlaysQuestion, "List plays, newest first.")
COMMAND = App(
    name="plays",
    help="Plays one by one, newest first, and what each is known from; add some by hand.",
)
COMMAND.default(_list)
COMMAND.command(show)
COMMAND.command(add)
