"""Countries as people ask for them: those there are, and those that plays name."""

from collections.abc import Callable

from sqlalchemy import Connection, exists, select

from tonearm.domain.countries import is_country
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted
from tonearm.storage.tables import contexts

_HABITS = {"UK": "GB", "EL": "GR"}
"""Letters that people write by habit, and those of ISO 3166 that they mean."""


def find_country(connect: Callable[[], Connection], user_id: int, text: str) -> str:
    """Give the two letters of a country, in capitals.

    What is no country may be asked for where a listener's plays name it, such as one that is no more; only then is
    `connect` asked for a transaction.

    Raises:
        InvalidInputError: it is no country, and no play names it.
    """
    country = text.upper()
    if is_country(country):
        return country
    heard = exists().where(contexts.c.user_id == user_id, contexts.c.country == country)
    if connect().scalar(select(heard)):
        return country
    meant = _HABITS.get(country, "DE")
    raise InvalidInputError(
        f"{quoted(text)} is no country of ISO 3166. Write its two letters, such as {meant}.",
        parameter="country",
    )
