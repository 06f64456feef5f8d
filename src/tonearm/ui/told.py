"""Sentences with emphasis in them, in the language of who reads them."""

from typing import Any

from markupsafe import Markup

from tonearm.domain.errors import TonearmError
from tonearm.domain.vocabulary import Role
from tonearm.speech import N_, from_below, gettext

_ROLES = {
    Role.OWNER: N_("owner"),
    Role.ADMIN: N_("admin"),
    Role.DEVELOPER: N_("developer"),
    Role.LISTENER: N_("listener"),
    Role.VIEWER: N_("viewer"),
}


def told(message: str, **values: Any) -> Markup:  # noqa: ANN401 - what `str.format` takes
    """Give a sentence of ours, whose tags are meant, with values that are escaped."""
    # Catalogues are ours as the code is, and a test compares their tags with those of the code.
    return Markup(gettext(message)).format(**values)  # noqa: S704 # nosec B704 - see above


def told_problem(problem: TonearmError | None) -> str | None:
    """Give what an error tells, for the page on which it happened; None where there was none."""
    return None if problem is None else from_below(problem.message)


def role_name(role: Role) -> str:
    """Name a role inside a sentence."""
    return gettext(_ROLES[role])


def role_words(role: Role) -> str:
    """Name a role and tell what it allows."""
    name = role_name(role)
    return f"{name[0].upper()}{name[1:]}: {from_below(role.meaning)}"
