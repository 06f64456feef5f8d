"""The dispatcher: looks for events again and again and hands them out, and does what is due once a day."""

import threading
from datetime import datetime, timedelta

import structlog

from tonearm.domain.errors import TonearmError
from tonearm.notifications.notifications import Notifications
from tonearm.ops.clock import Clock
from tonearm.ops.metrics import UNCOUNTED, Metrics

_log = structlog.get_logger()
_DAY = timedelta(days=1)


class Dispatcher:
    """Turns events into notifications until told to stop; any number of them may share a database."""

    def __init__(
        self,
        notifications: Notifications,
        clock: Clock,
        metrics: Metrics = UNCOUNTED,
        *,
        idle_seconds: float = 1.0,
    ) -> None:
        """Look every `idle_seconds`."""
        self._notifications = notifications
        self._clock = clock
        self._metrics = metrics
        self._idle_seconds = idle_seconds
        self._looked_at: datetime | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in a thread of this process."""
        self._thread = threading.Thread(target=self.work, name="dispatcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish; what is half done is done anew by the next one."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def work(self) -> None:
        """Hand events out until stopped."""
        while not self._stopping.is_set():
            wait = self._idle_seconds
            try:
                self.work_once()
            except TonearmError as error:  # such as a database that is away for a moment
                _log.warning("dispatcher.waiting", reason=error.message)
                wait *= 5
            except Exception:  # noqa: BLE001 - one that ends leaves everybody untold
                _log.exception("dispatcher.failed")
                wait *= 5
            self._stopping.wait(wait)

    def work_once(self) -> None:
        """Do what is due now."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= _DAY:
            self._notifications.look_around()
            self._looked_at = now
        self._metrics.events_told(self._notifications.deliver_all())
