"""What the surfaces call into; put together once by `bootstrap`."""

from dataclasses import dataclass

from tonearm.accounts.audit import Audit
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts
from tonearm.accounts.sessions import Sessions
from tonearm.history.corrections.corrections import Corrections
from tonearm.importers.imports import Imports
from tonearm.insights.insights import Insights
from tonearm.jobs.queue import Jobs


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms below, composed; every route makes one call into one of them."""

    accounts: Accounts
    sessions: Sessions
    keys: Keys
    audit: Audit
    corrections: Corrections
    imports: Imports
    insights: Insights
    jobs: Jobs
    version: str
    allowed_hosts: tuple[str, ...]
    secure_cookies: bool
    upload_bytes: int
    """Largest request body."""
