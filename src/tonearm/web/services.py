"""What the surfaces call into; put together once by `bootstrap`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonearm.accounts.administration import Administration
from tonearm.accounts.assistants import AssistantCalls
from tonearm.accounts.audit import Audit
from tonearm.accounts.identities import Identities
from tonearm.accounts.invitations import Invitations
from tonearm.accounts.keys import Keys
from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.linking import Linking
from tonearm.accounts.links import Links
from tonearm.accounts.oauth_clients import Clients
from tonearm.accounts.oauth_grants import Grants
from tonearm.accounts.oidc import Oidc
from tonearm.accounts.people import Accounts
from tonearm.accounts.profiles import Profiles
from tonearm.accounts.resets import Resets
from tonearm.accounts.sessions import Sessions
from tonearm.accounts.tokens import Tokens
from tonearm.collector.collections import Collections
from tonearm.covers.covers import Covers
from tonearm.history.adding import Adding
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.liked import Liked
from tonearm.history.shares import Shares
from tonearm.importers.clearing import Clearing
from tonearm.importers.imports import Imports
from tonearm.insights.insights import Insights
from tonearm.jobs.queue import Jobs
from tonearm.live.live import Live
from tonearm.live.making import PlaylistMaking
from tonearm.live.playing import Playing
from tonearm.notifications.notifications import Notifications
from tonearm.ops.metrics import Metrics
from tonearm.storage.kept_answers import KeptAnswers

if TYPE_CHECKING:
    from tonearm.ops.prometheus import Exposition


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms below, composed; every route makes one call into one of them."""

    accounts: Accounts
    administration: Administration
    invitations: Invitations
    profiles: Profiles
    resets: Resets
    sessions: Sessions
    keys: Keys
    tokens: Tokens
    clients: Clients
    grants: Grants
    identities: Identities
    oidc: Oidc | None
    """Log-in at a provider; None where none is set."""
    link_apps: LinkApps
    links: Links
    linking: Linking
    collections: Collections
    live: Live
    playing: Playing
    playlist_making: PlaylistMaking
    covers: Covers
    audit: Audit
    assistant_calls: AssistantCalls
    adding: Adding
    corrections: Corrections
    liked: Liked
    shares: Shares
    clearing: Clearing
    imports: Imports
    insights: Insights
    notifications: Notifications
    kept_answers: KeptAnswers
    jobs: Jobs
    metrics: Metrics
    version: str
    allowed_hosts: tuple[str, ...]
    secure_cookies: bool
    public_url: str
    """Address under which people reach this instance; empty where only requests tell."""
    takes_basic: bool
    """Whether operations of admins take HTTP Basic too."""
    takes_oauth: bool
    """Whether people can let programs in by OAuth."""
    registers_clients: bool
    """Whether programs may register themselves."""
    upload_bytes: int
    """Largest request body."""
    exposition: "Exposition | None" = None
    """What tells metrics; None where nobody asked for them."""
