"""The one composition root: settings in, a working Tonearm out."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import tonearm
from tonearm.accounts.audit import Audit
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts
from tonearm.accounts.sessions import Sessions
from tonearm.domain.errors import UnavailableError
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.store import ColumnStore
from tonearm.importers.child import ImportChild
from tonearm.importers.imports import Imports, worker_name
from tonearm.importers.limits import Limits
from tonearm.importers.worker import ImportWorker
from tonearm.insights.insights import Insights
from tonearm.jobs.desk import Desk
from tonearm.jobs.queue import Jobs
from tonearm.jobs.schedules import Schedule, Schedules
from tonearm.jobs.work import Deed, Worker
from tonearm.ops.clock import Clock, system_clock
from tonearm.ops.settings import MEGABYTE, Settings
from tonearm.storage.database import Database
from tonearm.storage.schema import migrate

if TYPE_CHECKING:
    from fastapi import FastAPI


_HOUSEKEEPING = "housekeeping"
_SCHEDULES = (
    Schedule("sweep imports", "importers.sweep", _HOUSEKEEPING, timedelta(minutes=5)),
    Schedule("forget old jobs", "jobs.purge", _HOUSEKEEPING, timedelta(hours=6)),
)


@dataclass(frozen=True, slots=True)
class Tonearm:
    """Everything that runs, put together."""

    settings: Settings
    database: Database
    accounts: Accounts
    sessions: Sessions
    keys: Keys
    audit: Audit
    corrections: Corrections
    imports: Imports
    insights: Insights
    jobs: Jobs
    clock: Clock

    def worker(self) -> ImportWorker:
        """Make a worker that runs imports in processes of their own."""
        settings = self.settings
        child = ImportChild(
            database_url=settings.sqlalchemy_url,
            spool=settings.spool,
            limits=_limits(settings),
            logs=settings.logs,
            log_level=settings.log_level,
        )
        return ImportWorker(self.imports, child)

    def job_worker(self) -> Worker:
        """Make a worker that does jobs in threads of this process."""
        return Worker(
            self.database,
            Desk(self.database, self.clock),
            self._deeds(),
            Schedules(self.database, self.clock, self.jobs, _SCHEDULES),
            name=worker_name("jobs"),
        )

    def _deeds(self) -> dict[str, Deed]:
        return {
            "importers.sweep": lambda _task: self.imports.sweep(),
            "jobs.purge": lambda _task: self.jobs.purge(
                self.clock() - timedelta(days=self.settings.job_days)
            ),
        }

    def close(self) -> None:
        """Give connections back."""
        self.database.close()


def build(settings: Settings, clock: Clock = system_clock) -> Tonearm:
    """Prepare folders and database, and put the rooms together; raises UnavailableError."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UnavailableError(
            f"The data folder {settings.data_dir} cannot be made. Set TONEARM_DATA_DIR to a folder "
            "that can be written."
        ) from error
    database = Database(settings.sqlalchemy_url)
    migrate(database)
    # Databases that share a cache folder must not read each other's files.
    cache = settings.cache / hashlib.sha256(settings.sqlalchemy_url.encode()).hexdigest()[:16]
    most_bytes = settings.store_cache_mb * MEGABYTE
    return Tonearm(
        settings=settings,
        database=database,
        accounts=Accounts(database, clock),
        sessions=Sessions(
            database,
            clock,
            idle=timedelta(days=settings.session_days),
            longest=timedelta(days=settings.session_longest_days),
        ),
        keys=Keys(database, clock),
        audit=Audit(database),
        corrections=Corrections(database, clock),
        imports=Imports(
            database,
            settings.spool,
            _limits(settings),
            clock,
            kept=timedelta(hours=settings.spool_hours),
        ),
        insights=Insights(database, ColumnStore(cache), clock, most_bytes=most_bytes),
        jobs=Jobs(database, clock, known=(_HOUSEKEEPING,)),
        clock=clock,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        archive_bytes=settings.import_zip_mb * MEGABYTE,
        inflated_bytes=settings.import_inflated_mb * MEGABYTE,
        rows=settings.import_rows,
        members=settings.import_members,
        commit_bytes=settings.import_commit_mb * MEGABYTE,
    )


def create_app(settings: Settings, *, with_worker: bool = True) -> "FastAPI":
    """Make the web application: API, pages, and a worker beside them unless it runs elsewhere."""
    # What serves HTTP takes half a second to import and is of no use to the command line.
    from tonearm import api, ui  # noqa: PLC0415 - see above
    from tonearm.web.app import create_app as create_web  # noqa: PLC0415 - see above
    from tonearm.web.services import Services  # noqa: PLC0415 - see above

    built = build(settings)
    services = Services(
        accounts=built.accounts,
        sessions=built.sessions,
        keys=built.keys,
        audit=built.audit,
        corrections=built.corrections,
        imports=built.imports,
        insights=built.insights,
        jobs=built.jobs,
        version=tonearm.__version__,
        allowed_hosts=tuple(settings.allowed_hosts),
        secure_cookies=settings.secure_cookies,
        upload_bytes=settings.import_zip_mb * MEGABYTE,
    )

    @asynccontextmanager
    async def lifespan(_app: "FastAPI") -> AsyncIterator[None]:
        workers = (built.worker(), built.job_worker()) if with_worker else ()
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            for worker in workers:
                worker.stop()
            built.close()

    app = create_web(
        services,
        api_routers=api.list_routers(),
        page_routers=ui.list_routers(),
        lifespan=lifespan,
        error_page=ui.error_page,
    )
    app.mount(ui.STATIC_PATH, ui.static_app())
    return app
