"""What speaks to Spotify, put together: the vault, links, the client, and what collects through them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import tonearm
from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.link_tokens import LinkTokens
from tonearm.accounts.linking import Linking
from tonearm.accounts.links import Links
from tonearm.accounts.vault import Vault
from tonearm.collector.backfill import BackfillBounds
from tonearm.collector.collections import Collections
from tonearm.collector.pace import Pace
from tonearm.collector.poller import Poller
from tonearm.collector.sampler import Sampler
from tonearm.covers.covers import Covers, forget_covers
from tonearm.covers.pictures import Pictures
from tonearm.covers.seeking import Seeking
from tonearm.history.polls import Polls
from tonearm.jobs.queue import Jobs
from tonearm.live.live import Live
from tonearm.live.making import PlaylistMaking
from tonearm.live.playing import Playing
from tonearm.ops.clock import Clock
from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.ops.settings import MEGABYTE, Settings
from tonearm.spotify.client import Reach, Spotify
from tonearm.spotify.login import App, Login
from tonearm.spotify.pacing import Allowance, Pacer
from tonearm.storage.database import Database
from tonearm.storage.kept_answers import KeptAnswers


@dataclass(frozen=True, slots=True)
class LiveRooms:
    """What asks Spotify for somebody who waits."""

    live: Live
    playing: Playing
    playlist_making: PlaylistMaking


@dataclass(frozen=True, slots=True)
class CoverRooms:
    """What finds covers, and what shows them."""

    covers: Covers
    seeking: Seeking


@dataclass(frozen=True, slots=True)
class SpotifyRooms:
    """The rooms around Spotify."""

    vault: Vault
    link_apps: LinkApps
    links: Links
    linking: Linking
    spotify: Spotify
    polls: Polls
    collections: Collections
    poller: Poller
    sampler: Sampler
    live: LiveRooms
    covers: CoverRooms


def build_spotify(
    settings: Settings,
    database: Database,
    clock: Clock,
    jobs: Jobs,
    cache: Path,
    metrics: Metrics = UNCOUNTED,
) -> SpotifyRooms:
    """Put the rooms around Spotify together; pictures are kept in a folder of the cache."""
    given = [key.get_secret_value() for key in settings.vault_keys]
    is_prod = settings.mode == "prod"
    vault = Vault(database, clock, settings.vault_file, given, must_be_private=is_prod)
    client_id = settings.spotify_client_id
    app = App(client_id, settings.spotify_client_secret.get_secret_value()) if client_id else None
    apps = LinkApps(database, clock, vault, app)
    login = Login(settings.spotify_accounts_url, settings.spotify_api_url, clock)
    spotify = _client(settings, database, clock, metrics)
    bounds = BackfillBounds(
        settings.collector_backfill_days,
        settings.collector_backfill_requests,
        settings.collector_backfill_blocks,
        settings.collector_backfills_at_once,
    )
    daily_calls = settings.spotify_daily_calls
    collections = Collections(
        database, clock, jobs, spotify, _pace(settings), bounds, daily_calls=daily_calls
    )
    links = Links(
        database,
        clock,
        LinkTokens(database, clock, vault, apps, login),
        forgetting=(collections.forget,),
        on_unlinked=(collections.end, forget_covers),
    )
    polls = Polls(database, clock)
    return SpotifyRooms(
        vault=vault,
        link_apps=apps,
        links=links,
        linking=Linking(database, clock, vault, apps, login, on_linked=(collections.begin,)),
        spotify=spotify,
        polls=polls,
        collections=collections,
        poller=Poller(database, clock, links, spotify, polls, collections, bounds, metrics),
        sampler=Sampler(database, clock, links, spotify, polls, collections),
        live=_live(database, clock, links, spotify),
        covers=_covers(settings, database, clock, jobs, cache, links, spotify),
    )


def _covers(
    settings: Settings,
    database: Database,
    clock: Clock,
    jobs: Jobs,
    cache: Path,
    links: Links,
    spotify: Spotify,
) -> CoverRooms:
    pictures = Pictures(
        cache / "covers",
        settings.covers_mb * MEGABYTE,
        api_url=settings.spotify_api_url,
        proxy=settings.spotify_proxy.get_secret_value(),
    )
    covers = Covers(database, clock, jobs, pictures, is_on=settings.covers)
    return CoverRooms(covers, Seeking(database, clock, links, spotify, covers, pictures))


def _live(database: Database, clock: Clock, links: Links, spotify: Spotify) -> LiveRooms:
    live = Live(links, spotify)
    making = PlaylistMaking(live, KeptAnswers(database, clock))
    return LiveRooms(live, Playing(clock, links, spotify, live), making)


def _client(settings: Settings, database: Database, clock: Clock, metrics: Metrics) -> Spotify:
    allowance = Allowance(
        settings.spotify_daily_calls,
        settings.spotify_reserve,
        settings.spotify_burst,
        settings.covers_daily_calls,
    )
    reach = Reach(settings.spotify_api_url, settings.spotify_proxy.get_secret_value())
    return Spotify(Pacer(database, clock, allowance), reach, tonearm.__version__, metrics)


def _pace(settings: Settings) -> Pace:
    return Pace(
        timedelta(minutes=settings.collector_least_minutes),
        timedelta(minutes=settings.collector_minutes),
        timedelta(minutes=settings.collector_most_minutes),
    )
