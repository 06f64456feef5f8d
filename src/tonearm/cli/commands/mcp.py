"""`tonearm mcp`: answer an assistant over standard input and output."""

from typing import TYPE_CHECKING

from tonearm.cli.session import UsageError, listener, load_settings, opened
from tonearm.domain.errors import ForbiddenError, UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.accounts.people import User
    from tonearm.bootstrap import Tonearm
    from tonearm.mcp.desk import Desk


def mcp(*, user: str | None = None, server: str | None = None) -> None:
    """Answer an assistant over standard input and output, in the Model Context Protocol.

    Without options it answers for the listener whose key stands in TONEARM_API_KEY, else for the only one there is.

    Args:
        user: Whose history, of those in the data folder.
        server: Address of a Tonearm elsewhere, which is asked with the key in TONEARM_API_KEY.
    """
    settings = load_settings()
    key = settings.api_key.get_secret_value()
    if server is not None:
        if not key:
            raise UsageError(
                "A Tonearm elsewhere is asked with a key of a listener there. Put one with the scope mcp in "
                "TONEARM_API_KEY."
            )
        if user is not None:
            raise UsageError(
                "The key in TONEARM_API_KEY says whose history a Tonearm elsewhere tells of. Leave out --user."
            )
        _speak_for(server, key)
        return
    with opened() as tonearm:
        _serve(tonearm, _caller(tonearm, user, key))


def _speak_for(server: str, key: str) -> None:
    from tonearm.mcp.bridge import run  # noqa: PLC0415 - `--help` does not need it
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - the same

    if not server.startswith(("http://", "https://")):
        raise UsageError(
            f"--server is an address such as https://music.example.org, not '{server}'."
        )
    configure_logging(None, "warning")
    run(server, key)


def _serve(tonearm: "Tonearm", find: "Callable[[], Desk]") -> None:
    from tonearm.mcp.stdio import run  # noqa: PLC0415 - `--help` does not need it

    run(tonearm.services().version, find)


def _caller(tonearm: "Tonearm", name: str | None, key: str) -> "Callable[[], Desk]":
    """Give what opens the desk of whoever is asking, anew for each message: a key may end, a person be disabled."""
    from tonearm.accounts.acting import Actor, act_as  # noqa: PLC0415 - `--help` does not need it
    from tonearm.domain.vocabulary import Scope  # noqa: PLC0415 - `--help` does not need it
    from tonearm.mcp.desk import Desk  # noqa: PLC0415 - the same

    services, address = tonearm.services(), tonearm.settings.address
    if name is None and key:

        def by_key() -> Desk:
            found = tonearm.keys.find_holder(key)
            if found is None:
                raise UnauthenticatedError(
                    "The key in TONEARM_API_KEY is unknown, or has ended. Make a new one: tonearm keys create."
                )
            holder, shown = found
            if Scope.MCP not in shown.scopes:
                raise ForbiddenError(
                    f"The key in TONEARM_API_KEY does not have the scope {Scope.MCP}."
                )
            act_as(Actor(holder.id, holder.name))
            return Desk(services, holder, frozenset(shown.scopes), address)

        by_key()
        return by_key
    person = _only(tonearm) if name is None else listener(tonearm, name)

    def by_name() -> Desk:
        # Whoever reads the data folder may do all that its listener may.
        return Desk(services, tonearm.accounts.get(person.id), frozenset(Scope), address)

    return by_name


def _only(tonearm: "Tonearm") -> "User":
    people = tonearm.accounts.list()
    if len(people) > 1:
        names = ", ".join(person.name for person in people[:10])
        raise UsageError(f"Say whose history it is, with --user or TONEARM_API_KEY: {names}.")
    return people[0] if people else tonearm.accounts.ensure_owner()


COMMAND = mcp
