"""The one composition root: settings in, a working Tonearm out."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

import tonearm
from tonearm.accounts.administration import Administration
from tonearm.accounts.assistants import AssistantCalls
from tonearm.accounts.audit import Action, Audit, record
from tonearm.accounts.identities import Identities
from tonearm.accounts.invitations import Invitations, Registration
from tonearm.accounts.keys import Keys
from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.linking import Linking
from tonearm.accounts.links import Links
from tonearm.accounts.mail import Mailer
from tonearm.accounts.oauth_clients import Clients
from tonearm.accounts.oauth_documents import Documents
from tonearm.accounts.oauth_grants import Grants
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.people import Accounts
from tonearm.accounts.profiles import Profiles
from tonearm.accounts.resets import Post, Resets
from tonearm.accounts.sessions import Sessions
from tonearm.accounts.signing import SigningKeys
from tonearm.accounts.throttle import Throttle
from tonearm.accounts.tokens import Tokens
from tonearm.accounts.vault import Vault
from tonearm.bootstrap.collecting import CoverRooms, LiveRooms, build_spotify
from tonearm.collector.collections import BACKFILL, FORGET, POLL, SAMPLE, Collections
from tonearm.collector.collections import QUEUE as COLLECTING
from tonearm.collector.poller import Poller
from tonearm.collector.sampler import Sampler
from tonearm.covers.covers import QUEUE as COVERS
from tonearm.covers.covers import SEEK
from tonearm.domain.errors import UnavailableError
from tonearm.history.adding import Adding
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.leaving import ColumnFiles
from tonearm.history.liked import Liked
from tonearm.history.polls import Polls
from tonearm.history.shares import Shares
from tonearm.history.store import ColumnStore
from tonearm.importers.child import ImportChild
from tonearm.importers.clearing import Clearing
from tonearm.importers.deed import ImportDeed
from tonearm.importers.following import QUEUE as IMPORTS
from tonearm.importers.following import RUN, Following
from tonearm.importers.imports import Imports
from tonearm.importers.leaving import Uploads
from tonearm.importers.limits import Limits
from tonearm.insights.insights import Insights
from tonearm.jobs.desk import Desk
from tonearm.jobs.process import worker_name
from tonearm.jobs.queue import Jobs
from tonearm.jobs.schedules import Schedule, Schedules
from tonearm.jobs.work import Deed, Worker
from tonearm.notifications.dispatcher import Dispatcher
from tonearm.notifications.notifications import Notifications
from tonearm.ops.clock import Clock, system_clock
from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.ops.redaction import learn
from tonearm.ops.settings import MEGABYTE, Settings
from tonearm.ops.strangers import Strangers
from tonearm.spotify.client import Spotify
from tonearm.storage.database import Database
from tonearm.storage.schema import migrate
from tonearm.storage.windows import Windows

if TYPE_CHECKING:
    from fastapi import FastAPI

    from tonearm.accounts.oidc import Oidc
    from tonearm.web.gate import GateRules
    from tonearm.web.services import Services

_HOUSEKEEPING = "housekeeping"
_SCHEDULES = (
    Schedule("plan polls", "collector.plan", COLLECTING, timedelta(minutes=1)),
    Schedule("sweep imports", "importers.sweep", _HOUSEKEEPING, timedelta(minutes=5)),
    Schedule("forget old jobs", "jobs.purge", _HOUSEKEEPING, timedelta(hours=6)),
    Schedule("forget old calls", "accounts.sweep_calls", _HOUSEKEEPING, timedelta(hours=6)),
    Schedule("forget old covers", "covers.sweep", _HOUSEKEEPING, timedelta(hours=24)),
)


@dataclass(frozen=True, slots=True)
class Tonearm:
    """Everything that runs, put together."""

    settings: Settings
    database: Database
    accounts: Accounts
    administration: Administration
    invitations: Invitations
    profiles: Profiles
    resets: Resets
    sessions: Sessions
    keys: Keys
    signing_keys: SigningKeys
    tokens: Tokens
    clients: Clients
    grants: Grants
    vault: Vault
    link_apps: LinkApps
    links: Links
    linking: Linking
    audit: Audit
    assistant_calls: AssistantCalls
    adding: Adding
    corrections: Corrections
    liked: Liked
    shares: Shares
    clearing: Clearing
    polls: Polls
    collections: Collections
    poller: Poller
    sampler: Sampler
    live: LiveRooms
    covers: CoverRooms
    imports: Imports
    insights: Insights
    notifications: Notifications
    dispatcher: Dispatcher
    jobs: Jobs
    desk: Desk
    spotify: Spotify
    clock: Clock
    metrics: Metrics

    def worker(self) -> Worker:
        """Make a worker that does jobs in threads of this process, and one import at a time in a process of its own."""
        return Worker(
            self.database,
            self.desk,
            self._deeds(),
            Schedules(self.database, self.clock, self.jobs, _SCHEDULES),
            name=worker_name("worker"),
            at_most={RUN: 1},
            metrics=self.metrics,
        )

    def services(self) -> "Services":
        """Put together what the surfaces call into."""
        return _services(self.settings, self)

    def _deeds(self) -> dict[str, Deed]:
        settings = self.settings
        child = ImportChild(
            database_url=settings.sqlalchemy_url,
            spool=settings.spool,
            limits=_limits(settings),
            logs=settings.logs,
            log_level=settings.log_level,
        )
        return {
            RUN: ImportDeed(self.imports, child, self.metrics),
            POLL: self.poller.poll,
            BACKFILL: self.poller.backfill,
            FORGET: self.poller.forget,
            SAMPLE: self.sampler.sample,
            SEEK: self.covers.seeking.seek,
            "collector.plan": self.poller.plan,
            "accounts.sweep_calls": lambda _task: self.assistant_calls.sweep(),
            "covers.sweep": lambda _task: self.covers.covers.sweep(),
            "importers.sweep": lambda _task: self.imports.sweep(),
            "jobs.purge": lambda _task: self.jobs.purge(
                self.clock() - timedelta(days=self.settings.job_days)
            ),
        }

    def close(self) -> None:
        """Give connections back."""
        self.assistant_calls.close()
        self.spotify.close()
        self.database.close()


def build(settings: Settings, clock: Clock = system_clock, metrics: Metrics = UNCOUNTED) -> Tonearm:
    """Prepare folders and database, and put the rooms together; raises UnavailableError."""
    learn(*settings.secrets)
    _make_data_folder(settings.data_dir)
    database = Database(settings.sqlalchemy_url)
    migrate(database)
    cache, session_ends = _cache(settings), _session_ends(settings)
    store, most_bytes = ColumnStore(cache), settings.store_cache_mb * MEGABYTE
    notifications = Notifications(database, clock)
    jobs, desk = _queue(settings, database, clock)
    leaving = (Uploads(settings.spool, clock, jobs).look, ColumnFiles(cache).look)
    windows, passwords = Windows(database, clock), Passwords()
    throttle, registration = Throttle(database, windows, clock), Registration(settings.registration)
    accounts = Accounts(database, clock, passwords, throttle)
    signing_keys = _signing_keys(settings, database, clock)
    rooms = build_spotify(settings, database, clock, jobs, cache, metrics)
    return Tonearm(
        settings=settings,
        database=database,
        accounts=accounts,
        administration=Administration(database, clock, accounts, leaving),
        invitations=Invitations(database, clock, passwords, throttle, registration),
        profiles=Profiles(
            database, clock, passwords, throttle, trusts_emails=settings.oidc_link_by_email
        ),
        resets=Resets(database, clock, passwords, throttle, windows, _post(settings, metrics)),
        sessions=Sessions(database, clock, **session_ends),
        keys=Keys(database, clock),
        signing_keys=signing_keys,
        tokens=Tokens(database, clock, signing_keys, **session_ends),
        clients=Clients(database, clock, Documents(Strangers(settings.oauth_private_hosts))),
        grants=Grants(database, clock, **session_ends),
        vault=rooms.vault,
        link_apps=rooms.link_apps,
        links=rooms.links,
        linking=rooms.linking,
        spotify=rooms.spotify,
        polls=rooms.polls,
        collections=rooms.collections,
        poller=rooms.poller,
        sampler=rooms.sampler,
        live=rooms.live,
        covers=rooms.covers,
        audit=Audit(database, clock),
        assistant_calls=AssistantCalls(database, clock),
        adding=Adding(database, clock, commit_bytes=settings.import_commit_mb * MEGABYTE),
        corrections=Corrections(database, clock),
        liked=Liked(database, clock),
        shares=Shares(database, clock),
        clearing=Clearing(database, settings.spool, clock, jobs, store.forget),
        imports=_imports(settings, database, clock, jobs, desk),
        insights=Insights(database, store, clock, most_bytes=most_bytes),
        notifications=notifications,
        dispatcher=Dispatcher(notifications, clock, metrics),
        jobs=jobs,
        desk=desk,
        clock=clock,
        metrics=metrics,
    )


def _session_ends(settings: Settings) -> dict[str, timedelta]:
    return {
        "idle": timedelta(days=settings.session_days),
        "longest": timedelta(days=settings.session_longest_days),
    }


def _signing_keys(settings: Settings, database: Database, clock: Clock) -> SigningKeys:
    given = [key.get_secret_value() for key in settings.signing_keys]
    is_prod = settings.mode == "prod"
    return SigningKeys(settings.signing_file, database, clock, given, must_be_private=is_prod)


def _queue(settings: Settings, database: Database, clock: Clock) -> tuple[Jobs, Desk]:
    followers = {RUN: Following(settings.spool, clock)}
    known = (_HOUSEKEEPING, IMPORTS, COLLECTING, COVERS)
    jobs = Jobs(database, clock, known, followers, _note_deed)
    return jobs, Desk(database, clock, followers=followers)


def _note_deed(
    connection: Connection,
    at: datetime,
    deed: str,
    subject_id: int | None,
    **details: Any,  # noqa: ANN401 - what JSON can hold
) -> None:
    """Write down what an admin, or the command line, does to jobs and queues."""
    record(connection, at, Action(deed), subject_id=subject_id, **details)


def _make_data_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UnavailableError(
            f"The data folder {folder} cannot be made. Set TONEARM_DATA_DIR to a folder "
            "that can be written."
        ) from error


def _cache(settings: Settings) -> Path:
    # Databases that share a cache folder must not read each other's files.
    return settings.cache / hashlib.sha256(settings.sqlalchemy_url.encode()).hexdigest()[:16]


def _imports(
    settings: Settings, database: Database, clock: Clock, jobs: Jobs, desk: Desk
) -> Imports:
    kept = timedelta(hours=settings.spool_hours)
    return Imports(database, settings.spool, _limits(settings), clock, jobs, desk, kept=kept)


def _limits(settings: Settings) -> Limits:
    return Limits(
        archive_bytes=settings.import_zip_mb * MEGABYTE,
        inflated_bytes=settings.import_inflated_mb * MEGABYTE,
        rows=settings.import_rows,
        members=settings.import_members,
        commit_bytes=settings.import_commit_mb * MEGABYTE,
    )


def _post(settings: Settings, metrics: Metrics) -> Post | None:
    """Prepare what sends mail, if the settings name a server."""
    url = settings.smtp_url.get_secret_value()
    if not url:
        return None
    return Post(Mailer(url, settings.smtp_from, metrics), settings.public_url)


def _oidc(settings: Settings, database: Database, identities: Identities) -> "Oidc | None":
    """Prepare log-in at the provider of the settings, if they name one."""
    if not settings.oidc_issuer:
        return None
    from tonearm.accounts.oidc import Oidc, Policy  # noqa: PLC0415 - of no use where none is named
    from tonearm.accounts.oidc_provider import Provider, Registration  # noqa: PLC0415 - the same

    registration = Registration(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.oidc_scopes,
    )
    provider = Provider(registration, system_clock)
    # Being known over there stands for an invitation.
    may_register = settings.oidc_register and settings.registration != "closed"
    policy = Policy(settings.oidc_link_by_email, may_register)
    return Oidc(database, system_clock, identities, provider, policy, settings.oidc_name)


def _gate_rules(settings: Settings, built: Tonearm) -> "GateRules":
    from tonearm.web.cors import Cors  # noqa: PLC0415 - what serves HTTP is of no use elsewhere
    from tonearm.web.gate import GateRules  # noqa: PLC0415 - the same
    from tonearm.web.proxies import Proxies  # noqa: PLC0415 - the same
    from tonearm.web.rates import RateLimits, Rates  # noqa: PLC0415 - the same

    limits = RateLimits.of(
        reading=settings.rate_reading,
        writing=settings.rate_writing,
        importing=settings.rate_importing,
        entering=settings.rate_entering,
        sharing=settings.rate_sharing,
    )
    windows = None if built.database.is_sqlite else Windows(built.database, system_clock)
    return GateRules(
        allowed_hosts=frozenset(settings.allowed_hosts),
        is_secure=settings.secure_cookies,
        proxies=Proxies(
            settings.trusted_proxies, uses_forwarded=settings.proxy_headers == "forwarded"
        ),
        cors=Cors.of(settings.cors_origins),
        rates=Rates(limits, windows) if settings.rate_limits else None,
        metrics=built.metrics,
    )


def _services(settings: Settings, built: Tonearm) -> "Services":
    from tonearm.storage.kept_answers import KeptAnswers  # noqa: PLC0415 - what serves HTTP is of no use elsewhere
    from tonearm.web.services import Services  # noqa: PLC0415 - the same

    identities = Identities(built.database, system_clock, settings.oidc_issuer)
    return Services(
        accounts=built.accounts,
        administration=built.administration,
        invitations=built.invitations,
        profiles=built.profiles,
        resets=built.resets,
        sessions=built.sessions,
        keys=built.keys,
        tokens=built.tokens,
        clients=built.clients,
        grants=built.grants,
        identities=identities,
        oidc=_oidc(settings, built.database, identities),
        link_apps=built.link_apps,
        links=built.links,
        linking=built.linking,
        collections=built.collections,
        live=built.live.live,
        playing=built.live.playing,
        playlist_making=built.live.playlist_making,
        covers=built.covers.covers,
        audit=built.audit,
        assistant_calls=built.assistant_calls,
        adding=built.adding,
        corrections=built.corrections,
        liked=built.liked,
        shares=built.shares,
        clearing=built.clearing,
        imports=built.imports,
        insights=built.insights,
        notifications=built.notifications,
        jobs=built.jobs,
        metrics=built.metrics,
        kept_answers=KeptAnswers(built.database, system_clock),
        version=tonearm.__version__,
        allowed_hosts=tuple(settings.allowed_hosts),
        secure_cookies=settings.secure_cookies,
        public_url=settings.public_url,
        takes_basic=settings.admin_auth_mode == "basic",
        takes_oauth=settings.oauth,
        registers_clients=settings.oauth_registration,
        upload_bytes=settings.import_zip_mb * MEGABYTE,
    )


def create_app(settings: Settings, *, with_worker: bool = True) -> "FastAPI":
    """Make the web application: API, pages, and a worker beside them unless it runs elsewhere."""
    # What serves HTTP takes half a second to import and is of no use to the command line.
    from tonearm import api, mcp, ui  # noqa: PLC0415 - see above
    from tonearm.bootstrap.metrics import count, expose  # noqa: PLC0415 - see above
    from tonearm.web.app import create_app as create_web  # noqa: PLC0415 - see above

    built = build(settings, metrics=count(settings))
    signs = built.signing_keys.prepare()
    built.vault.check()
    ColumnFiles(_cache(settings)).sweep(built.database)
    # A key that is given is rotated by a start with another one; one of the file tells of itself.
    given = {"signing_key": signs} if settings.signing_keys else {}
    built.audit.note_settings({**settings.audited, **given})
    services = replace(built.services(), exposition=expose(built))

    @asynccontextmanager
    async def lifespan(_app: "FastAPI") -> AsyncIterator[None]:
        workers = (built.worker(),) if with_worker else ()
        for working in (built.dispatcher, *workers):
            working.start()
        try:
            yield
        finally:
            for working in (*workers, built.dispatcher):
                working.stop()
            built.close()

    app = create_web(
        services,
        _gate_rules(settings, built),
        api_routers=(*api.list_routers(), *mcp.list_routers()),
        page_routers=ui.list_routers(),
        lifespan=lifespan,
        error_page=ui.error_page,
    )
    app.mount(ui.STATIC_PATH, ui.static_app())
    return app
