"""Settings of links to Spotify, and of what is collected through them."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from tonearm.ops import checks


class SpotifySettings(BaseSettings):
    """What an operator can choose about Spotify; a part of `Settings`."""

    spotify_client_id: str = Field(
        default="",
        description=(
            "Client id of an app at developer.spotify.com, through which listeners link who have none of their own: "
            "see [the guide](../guides/link-spotify.md)."
        ),
    )
    spotify_client_secret: SecretStr = Field(
        default=SecretStr(""),
        description="The app's secret; not needed, as PKCE protects the link.",
    )
    spotify_accounts_url: str = Field(
        default="https://accounts.spotify.com",
        description="Spotify's accounts service, or a stand-in; in prod over HTTPS, or on this machine.",
    )
    spotify_api_url: str = Field(
        default="https://api.spotify.com/v1",
        description="Spotify's Web API, or a stand-in; in prod over HTTPS, or on this machine.",
    )
    vault_keys: list[SecretStr] = Field(
        default=[],
        description=(
            "Keys that tokens for Spotify are sealed by, the newest first, each 32 random bytes as URL-safe base64. As "
            "a JSON list. Empty: those of `TONEARM_VAULT_KEY_FILE`."
        ),
    )
    vault_key_file: Path | None = Field(
        default=None,
        description=(
            "File of those keys; made where there is none, and readable by nobody else, which prod insists on. All "
            "servers of one database share it. Default: `vault-keys.json` in the data folder."
        ),
    )
    spotify_proxy: SecretStr = Field(
        default=SecretStr(""),
        description=(
            "Proxy for calls to Spotify, such as `http://user:password@proxy.example.org:3128`. Empty: "
            "none, whatever `HTTPS_PROXY` says."
        ),
    )
    spotify_daily_calls: Annotated[int, Field(ge=1)] = Field(
        default=1_000,
        description=(
            "Calls to Spotify in 24 hours, of each Spotify app; Spotify locks out whoever makes too many: "
            "see [what is asked of Spotify](../explanation/spotify.md)."
        ),
    )
    spotify_reserve: Annotated[int, Field(ge=0)] = Field(
        default=500,
        description=(
            "How many of them are kept for recent plays, which are lost if nobody asks in time; at most "
            "all of them."
        ),
    )
    spotify_burst: Annotated[int, Field(ge=30)] = Field(
        default=60,
        description=(
            "Calls to Spotify in any 30 seconds, of each Spotify app and process: half of them at once, "
            "the rest evenly."
        ),
    )
    covers: bool = Field(
        default=True,
        description=(
            "Whether pages of listeners who have linked Spotify show covers. Tonearm fetches and keeps them; pages ask "
            "nobody else: see [covers](../explanation/spotify.md#covers)."
        ),
    )
    covers_daily_calls: Annotated[int, Field(ge=0)] = Field(
        default=100,
        description=(
            "How many of the calls to Spotify in 24 hours may look for covers, of each Spotify app; those that are "
            "kept for recent plays are not among them."
        ),
    )
    covers_mb: Annotated[int, Field(ge=1)] = Field(
        default=200,
        description="Megabytes of pictures kept in the cache; those that were not shown for longest go first.",
    )
    collector_minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(
        default=15,
        description="Minutes from one poll of a listener's recent plays to the next, while they listen.",
    )
    collector_least_minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(
        default=5, description="The same for whoever hears so much that plays would be lost."
    )
    collector_most_minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(
        default=60, description="The same for whoever has not listened for a while."
    )
    collector_backfill_days: Annotated[int, Field(ge=1)] = Field(
        default=30,
        description=(
            "How many days the backfill of a new link goes back; Spotify tells of the last 50 plays, whatever is asked."
        ),
    )
    collector_backfill_requests: Annotated[int, Field(ge=1)] = Field(
        default=10, description="Pages that the backfill of a new link asks for at most."
    )
    collector_backfill_blocks: Annotated[int, Field(ge=1)] = Field(
        default=3, description="Lock-outs by Spotify after which a backfill gives up."
    )
    collector_backfills_at_once: Annotated[int, Field(ge=1)] = Field(
        default=1, description="How many backfills run at a time."
    )

    _services = field_validator("spotify_accounts_url", "spotify_api_url")(checks.service)
    _proxy = field_validator("spotify_proxy")(checks.proxy)
    _keys = field_validator("vault_keys")(checks.secret_keys)

    @model_validator(mode="after")
    def _usable_links(self) -> Self:
        if self.spotify_reserve > self.spotify_daily_calls:
            raise ValueError(
                "TONEARM_SPOTIFY_RESERVE is a part of TONEARM_SPOTIFY_DAILY_CALLS, so it cannot be more."
            )
        if self.spotify_client_secret.get_secret_value() and not self.spotify_client_id:
            raise ValueError("TONEARM_SPOTIFY_CLIENT_SECRET needs TONEARM_SPOTIFY_CLIENT_ID.")
        if self.vault_keys and self.vault_key_file:
            raise ValueError(
                "TONEARM_VAULT_KEYS and TONEARM_VAULT_KEY_FILE exclude each other: set one of them."
            )
        return self

    @model_validator(mode="after")
    def _usable_pace(self) -> Self:
        if not (
            self.collector_least_minutes <= self.collector_minutes <= self.collector_most_minutes
        ):
            raise ValueError(
                "TONEARM_COLLECTOR_MINUTES has to lie between TONEARM_COLLECTOR_LEAST_MINUTES and "
                "TONEARM_COLLECTOR_MOST_MINUTES."
            )
        return self
