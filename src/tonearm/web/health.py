"""Whether this process lives, and whether it can serve."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from tonearm.domain.errors import UnavailableError
from tonearm.web.callers import Rooms
from tonearm.web.strict import StrictRoute

ROUTER = APIRouter(route_class=StrictRoute, tags=["system"])


@dataclass(frozen=True, slots=True)
class Health:
    """This process answers."""

    status: Literal["ok"]
    version: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """What this process needs in order to serve."""

    status: Literal["ok", "unavailable"]
    database: bool
    """The database answers."""
    spool: bool
    """Uploads can be stored."""


@ROUTER.get("/healthz", summary="Whether this process lives")
async def healthz(services: Rooms) -> Health:
    """Answer as long as the process does."""
    return Health("ok", services.version)


@ROUTER.get(
    "/readyz",
    summary="Whether this process can serve",
    responses={503: {"model": Readiness, "description": "Something it needs is missing"}},
)
def readyz(services: Rooms, response: Response) -> Readiness:
    """Ask the database and the spool folder."""
    database = _works(services.accounts.check_database)
    spool = _works(services.imports.check_spool)
    if not (database and spool):
        response.status_code = 503
    return Readiness("ok" if database and spool else "unavailable", database, spool)


def _works(check: Callable[[], None]) -> bool:
    try:
        check()
    except (UnavailableError, OSError):
        return False
    return True
