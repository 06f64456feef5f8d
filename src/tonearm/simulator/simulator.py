"""The simulator as tests and programs drive it: listeners, apps, time, limits and faults."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tonearm.simulator.accounts import MOST_USERS_OF_AN_APP, SCOPES, Accounts, App, Grant, Tokens
from tonearm.simulator.calls import ApiError
from tonearm.simulator.clock import SimulatorClock
from tonearm.simulator.documents import Documents
from tonearm.simulator.faults import Faults
from tonearm.simulator.identifiers import spotify_id
from tonearm.simulator.limits import Limits
from tonearm.simulator.listening import Listen, write_script
from tonearm.simulator.player import Player, own_devices
from tonearm.simulator.playlists import Playlist, script_playlists
from tonearm.simulator.users import User, account_of, fill_library
from tonearm.simulator.world import World
from tonearm.testing.names import Namer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tonearm.simulator.world import Part

CLIENT_ID: Final = "simulator-client"
"""The app that every simulator has; it has no secret and takes every allowed redirect address."""

_CURATOR: Final = "curator"  # whoever owns the playlists that are not the listener's


@dataclass(frozen=True, slots=True)
class Plan:
    """What a simulator holds: listeners, the days of their lives before and after its start."""

    users: int = 3
    days_before: int = 60
    days_after: int = 60
    plays_per_day: int = 40
    tracks: int = 1_500
    episodes: int = 180
    chapters: int = 72


@dataclass(slots=True)
class Simulator:
    """Everything behind the simulated service; the same seed, plan and start give the same answers.

    Times are those of `clock`. `mark` says whether `played_at` is the end of a play or its start.
    Whoever changes anything while a server runs holds `lock`.
    """

    seed: int = 7
    clock: SimulatorClock = field(default_factory=SimulatorClock)
    plan: Plan = field(default_factory=Plan)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    mark: Literal["end", "start"] = "end"
    recent_kept: int = 50
    """How many recent plays of a listener are told of, over all pages."""
    accounts: Accounts = field(init=False)
    users: dict[str, User] = field(default_factory=dict, init=False)
    playlists: dict[str, Playlist] = field(default_factory=dict, init=False)
    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter, init=False)
    """Answers given, by method, path and status."""
    lock: threading.RLock = field(default_factory=threading.RLock, init=False)
    world: World = field(init=False)
    _started: datetime = field(init=False)
    _made: int = field(default=0, init=False)
    _documents: dict[str, Documents] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._started = self.clock()
        self.accounts = Accounts(self.seed)
        plan = self.plan
        self.world = World(
            self.seed, tracks=plan.tracks, episodes=plan.episodes, chapters=plan.chapters
        )
        for _ in range(self.plan.users):
            self._add_user()
        first = list(self.users)[:MOST_USERS_OF_AN_APP]
        self.add_app(CLIENT_ID, users=first)

    def _add_user(self) -> None:
        number = len(self.users) + 1
        user_id, now = f"listener{number}", self.clock.now_ms()
        names = Namer(np.random.default_rng([self.seed, 9, number]))
        script = write_script(
            self.world, self._started,
            days=(self.plan.days_before, self.plan.days_after),
            plays_per_day=self.plan.plays_per_day,
            seed=self.seed * 1_000 + number,
            # There is always somebody to watch.
            in_progress=number == 1,
        )  # fmt: skip
        user = User(
            user_id, account_of(self.seed, number),
            # Every third one has neither a name nor a picture.
            display_name=names.person() if number % 3 else None,
            has_picture=number % 3 != 0,
            premium=True,
            script=script,
            player=Player(script, own_devices(self.seed, user_id)),
            saved=fill_library(self.world, user_id, now, self.seed),
        )  # fmt: skip
        for playlist in script_playlists(self.world, user_id, _CURATOR, now, self.seed):
            self.playlists[playlist.id] = playlist
            user.playlists.append(playlist)
            user.saved["playlist"][playlist.uri] = now
        self.users[user_id] = user

    @property
    def app(self) -> App:
        """The app that every simulator has."""
        return self.accounts.apps[CLIENT_ID]

    def add_app(
        self, client_id: str, *, users: Iterable[str] = (), secret: str | None = None,
        developer: str | None = None, redirect_uris: tuple[str, ...] | None = None,
    ) -> App:  # fmt: skip
        """Register an app, by default of a developer of its own; raises ValueError for a sixth user."""
        app = App(client_id, secret, developer or client_id, redirect_uris)
        for user_id in users:
            self.list_user(app, user_id)
        self.accounts.apps[client_id] = app
        return app

    def list_user(self, app: App, user_id: str) -> None:
        """Put a listener on an app's list; raises ValueError for an unknown or a sixth one."""
        if user_id not in self.users:
            raise ValueError(f"there is no listener {user_id}")
        if user_id not in app.users and len(app.users) >= MOST_USERS_OF_AN_APP:
            raise ValueError(f"an app has {MOST_USERS_OF_AN_APP} users at most")
        app.users.add(user_id)

    def link(
        self, user_id: str = "listener1", *, client_id: str = CLIENT_ID,
        scopes: Iterable[str] = SCOPES,
    ) -> tuple[Grant, Tokens]:  # fmt: skip
        """Let a listener authorise an app as if they had gone through the page."""
        now = self.clock.now_ms()
        user, app = self.users[user_id], self.accounts.apps[client_id]
        grant = self.accounts.authorise(user, app, frozenset(scopes), now)
        return grant, self.accounts.give_tokens(grant, now, with_refresh=True)

    def listens(self, user_id: str = "listener1", until: datetime | None = None) -> list[Listen]:
        """What a listener truly heard up to an instant, at most the present one; nothing left out."""
        user, now = self.users[user_id], self.clock.now_ms()
        user.player.state(now)  # what was commanded goes on until now
        end = now if until is None else min(now, int(until.timestamp() * 1000))
        return user.script.ended(end)

    def play_advert(self, user_id: str, seconds: int) -> None:
        """Let an advert run from now on."""
        self.users[user_id].player.advert_until = self.clock.now_ms() + seconds * 1000

    def documents(self, origin: str) -> Documents:
        """The writer of documents whose links lead to an origin such as http://127.0.0.1:8000."""
        return self._documents.setdefault(origin, Documents(origin))

    def new_id(self) -> str:
        """An id for something that was just made."""
        self._made += 1
        return spotify_id(self.seed, "made", self._made)

    def heard_ms(self, user: User, part: Part, now: int) -> int:
        """How far a listener has heard an episode or chapter."""
        heard = sum(
            listen.ms_played for listen in user.script.ended(now) if listen.playable is part
        )
        return min(heard, part.duration_ms)

    def admit(self, authorization: str) -> Grant:
        """The authorisation behind an `Authorization` header; raises ApiError 401, 403 or 429."""
        scheme, _, shown = authorization.partition(" ")
        if scheme.lower() != "bearer" or not shown:
            raise ApiError(401, "No token provided")
        now, found = self.clock.now_ms(), self.accounts.find_grant(shown)
        if found is None or found[0].revoked:
            raise ApiError(401, "Invalid access token")
        grant, expires_at = found
        if now >= expires_at:
            raise ApiError(401, "The access token expired")
        self.limits.count(grant.app.client_id, grant.app.developer, now)
        if not grant.app.owner_premium:
            raise ApiError(403, "Active premium subscription required for the owner of the app.")
        if grant.user.id not in grant.app.users:
            raise ApiError(403, "User not registered in the Developer Dashboard")
        return grant
