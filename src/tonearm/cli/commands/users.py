"""`tonearm users`: the people of this instance."""

import getpass
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Literal, get_args

from cyclopts import App

from tonearm.cli.durations import duration
from tonearm.cli.session import UsageError, listener, opened, print_json, print_list, say
from tonearm.domain.events import EventName
from tonearm.domain.preferences import Language

if TYPE_CHECKING:
    from tonearm.accounts.invitations import Invitation
    from tonearm.accounts.people import User
    from tonearm.bootstrap import Tonearm
    from tonearm.domain.vocabulary import Role

GivenRole = Literal["admin", "developer", "listener", "viewer"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
COMMAND = App(name="users", help="The people of this instance.")


@COMMAND.command
def add(
    name: str, /, *, role: GivenRole = "listener", zone: str = "UTC", json: bool = False
) -> None:
    """Add somebody without a password: `tonearm users set-password` or `reset-password` gives them one.

    Args:
        name: What to call them.
        role: What they may; `tonearm users roles` tells what each is for.
        zone: Their IANA time zone.
        json: Print the user as one JSON document.
    """
    with opened() as tonearm:
        user = tonearm.administration.add(name, zone, _role(role), by=None)
    if json:
        print_json(user)
    else:
        say(f"Added {user.name}, {user.role} ({user.zone}).")


@COMMAND.command(name="list")
def list_(*, json: bool = False) -> None:
    """List people.

    Args:
        json: Print one JSON document.
    """
    with opened() as tonearm:
        users = tonearm.administration.list()
    print_list(users, _line, json=json)


def _line(user: "User") -> str:
    password = "" if user.has_password else "  no password yet"
    password = "  disabled" if user.is_disabled else password
    return f"{user.id:>4}  {user.name:<24} {user.role:<10} {user.zone}{password}"


@COMMAND.command(name="set-preferences")
def set_preferences(
    name: str,
    /,
    *,
    zone: str | None = None,
    rule: Literal["30s", "half", "done", "any"] | None = None,
    private: bool | None = None,
    travel: bool | None = None,
    theme: Literal["system", "light", "dark"] | None = None,
    language: str | None = None,
    week_start: Weekday | None = None,
    mute: list[str] | None = None,
    unmute: list[str] | None = None,
    json: bool = False,
) -> None:
    """Change how a listener is counted where a question leaves it open, and shown and told; what is not named stays.

    Args:
        name: Whose.
        zone: IANA time zone in which days and hours are counted.
        rule: What counts as a play.
        private: Count plays of private sessions; `--no-private` leaves them out.
        travel: Let a play's country choose its zone; `--no-travel` keeps to the zone.
        theme: The colours of pages.
        language: The language of pages and mail, such as `de`.
        week_start: The day that weeks begin with on pages.
        mute: An event that shall give no notification, such as `import.finished`.
        unmute: An event that shall give one again.
        json: Print the preferences as one JSON document.
    """
    with opened() as tonearm:
        user = listener(tonearm, name)
        known = user.preferences
        wanted = replace(
            known,
            zone=zone or known.zone,
            rule=known.rule if rule is None else type(known.rule)(rule),
            counts_private=known.counts_private if private is None else private,
            travels=known.travels if travel is None else travel,
        )
        shown = user.presentation
        muted = {*shown.muted, *_events(mute)} - {*_events(unmute)}
        presentation = replace(
            shown,
            theme=shown.theme if theme is None else type(shown.theme)(theme),
            language=_language(language) or shown.language,
            week_start=get_args(Weekday).index(week_start) + 1 if week_start else shown.week_start,
            muted=tuple(muted),
        )
        user = tonearm.accounts.set_preferences(user.id, wanted, presentation)
    if json:
        print_json(asdict(user.preferences) | asdict(user.presentation))
        return
    private_plays = "count" if user.counts_private else "do not count"
    travelling = ", a play's country chooses its zone" if user.travels else ""
    say(
        f"{user.name}: {user.zone}{travelling}, rule {user.rule}, private sessions {private_plays}."
    )


def _language(code: str | None) -> Language | None:
    if code is None or code in set(Language):
        return None if code is None else Language(code)
    raise UsageError(f"There is no language '{code}'. There are {', '.join(Language)}.")


def _events(names: list[str] | None) -> list[EventName]:
    known = set(EventName)
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise UsageError(f"There is no event '{unknown[0]}'. There are {', '.join(EventName)}.")
    return [EventName(name) for name in names or ()]


@COMMAND.command(name="clear-history")
def clear_history(name: str, /, *, confirm: str | None = None) -> None:
    """Remove all plays, imports and corrections of a listener, for good; likes and the account stay.

    Args:
        name: Whose.
        confirm: The same name once more; asked for on a terminal, else read from standard input.
    """
    with opened() as tonearm:
        user = listener(tonearm, name)
        if confirm is None:
            if sys.stdin.isatty():
                say(f"This removes the whole history of {user.name}. Type the name to go on:")
            confirm = sys.stdin.readline()
        tonearm.clearing.clear(user.id, confirm)
    say(f"The history of {user.name} is cleared.")


@COMMAND.command(name="set-password")
def set_password(name: str, /) -> None:
    """Set a password: asked for on a terminal, else read from standard input.

    Args:
        name: Whose.
    """
    with opened() as tonearm:
        user = listener(tonearm, name)
        tonearm.accounts.set_password(user.id, _read_password())
    say(f"{user.name} has a new password.")


@COMMAND.command(name="reset-password")
def reset_password(name: str, /, *, json: bool = False) -> None:
    """Make a link by which somebody chooses a new password, once, within an hour, and print it.

    Args:
        name: Whose.
        json: Print the link as one JSON document.
    """
    with opened() as tonearm:
        new = tonearm.resets.create(listener(tonearm, name).id, by=None)
        link = f"{_address(tonearm)}/reset?token={new.token}"
    if json:
        print_json({"link": link, "ends_at": new.ends_at})
    else:
        say(link)


@COMMAND.command(name="set-role")
def set_role(name: str, role: GivenRole, /) -> None:
    """Change what somebody may.

    Args:
        name: Whose role.
        role: What they may from now on.
    """
    with opened() as tonearm:
        person = listener(tonearm, name)
        user = tonearm.administration.change(person.id, by=None, role=_role(role))
    say(f"{user.name} is {user.role} now.")


@COMMAND.command(name="set-email")
def set_email(name: str, email: str, /) -> None:
    """Change somebody's e-mail address, where links to a new password go.

    Args:
        name: Whose; the owner sets theirs on the account page.
        email: The address; an empty one, "", for none.
    """
    with opened() as tonearm:
        person = listener(tonearm, name)
        user = tonearm.administration.change(person.id, by=None, email=email)
    say(
        f"{user.name} has the e-mail address {user.email}."
        if user.email
        else f"{user.name} has none."
    )


@COMMAND.command
def disable(name: str, /) -> None:
    """Let an account open nothing any more; what is in it stays.

    Args:
        name: Whose.
    """
    with opened() as tonearm:
        person = listener(tonearm, name)
        user = tonearm.administration.change(person.id, by=None, is_disabled=True)
    say(f"{user.name} is disabled: logged out everywhere, and their keys open nothing.")


@COMMAND.command
def enable(name: str, /) -> None:
    """Let a disabled account in again.

    Args:
        name: Whose.
    """
    with opened() as tonearm:
        person = listener(tonearm, name)
        user = tonearm.administration.change(person.id, by=None, is_disabled=False)
    say(f"{user.name} is enabled.")


@COMMAND.command
def delete(name: str, /, *, confirm: str | None = None) -> None:
    """Delete somebody with everything that is theirs; it cannot be undone.

    Args:
        name: Whom.
        confirm: Their name once more, exactly as it is written; asked for on a terminal.
    """
    with opened() as tonearm:
        person = listener(tonearm, name)
        if confirm is None and sys.stdin.isatty():
            confirm = input(f"History, imports and keys of {person.name} go for good. Their name: ")
        tonearm.administration.delete(person.id, confirm or "", by=None)
    say(f"{person.name} is gone, with everything that was theirs.")


@COMMAND.command
def invite(
    *, role: GivenRole = "listener", expires: str = "7d", note: str = "", json: bool = False
) -> None:
    """Make a link by which one person makes an account, and print it; it can never be read again.

    Args:
        role: What they may.
        expires: After which time it ends, such as `12h`, `7d` or `4w`.
        note: For whom it is, in your words.
        json: Print the invitation as one JSON document.
    """
    with opened() as tonearm:
        owner = tonearm.accounts.ensure_owner()
        lifetime = duration("expires", expires)
        new = tonearm.invitations.create(owner, _role(role), lifetime, note)
        link = f"{_address(tonearm)}/register?invitation={new.token}"
    if json:
        print_json({"id": new.id, "link": link, "role": new.role, "ends_at": new.ends_at})
    else:
        say(link)


@COMMAND.command
def invitations(*, json: bool = False) -> None:
    """List the invitations that can be used, the newest first, without their links.

    Args:
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = tonearm.invitations.list()
    print_list(found, _invitation_line, json=json)


def _invitation_line(one: "Invitation") -> str:
    ends = f"ends {one.ends_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.id:>4}  {one.role:<10} {ends}, by {one.made_by}  {one.note}"


@COMMAND.command(name="revoke-invitation")
def revoke_invitation(invitation_id: int, /) -> None:
    """Let an invitation let nobody in any more.

    Args:
        invitation_id: Its number, as `tonearm users invitations` shows it.
    """
    with opened() as tonearm:
        tonearm.invitations.revoke(invitation_id, by=None)
    say(f"Invitation {invitation_id} lets nobody in any more.")


@COMMAND.command
def roles() -> None:
    """List the roles, and what each is for."""
    from tonearm.domain.vocabulary import Role  # noqa: PLC0415 - `--help` does not need it

    for role in Role:
        say(f"{role:<10} {role.meaning}")


def _role(name: str) -> "Role":
    from tonearm.domain.vocabulary import Role  # noqa: PLC0415 - `--help` does not need it

    return Role(name)


def _address(tonearm: "Tonearm") -> str:
    """Give the address that links lead to: the one of the settings, or that of a server on this machine."""
    settings = tonearm.settings
    return settings.public_url or f"http://127.0.0.1:{settings.port}"


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != first:
        raise UsageError("The two passwords differ; nothing was changed.")
    return first
