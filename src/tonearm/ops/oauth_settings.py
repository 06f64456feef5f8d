"""Settings of the OAuth server, by which people let programs in."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from tonearm.ops import checks


class OAuthSettings(BaseSettings):
    """What an operator can choose about OAuth; a part of `Settings`."""

    oauth: bool = Field(
        default=True,
        description=(
            "Let programs ask people to let them in, by OAuth: see [the guide](../guides/oauth.md). Off: none is "
            "found by its documents, none gets a token, and no such token opens anything; keys do."
        ),
    )
    oauth_registration: bool = Field(
        default=True,
        description=(
            "Let programs register themselves. Off: only those come in that are described by a document at an "
            "address of theirs, or that somebody here has made by hand."
        ),
    )
    oauth_private_hosts: list[str] = Field(
        default=[],
        description=(
            "Hosts of the own network whose documents may describe programs, each as `host` or `host:port`, over plain "
            "HTTP too; every other such document is read from public addresses over HTTPS alone. As a JSON list."
        ),
    )

    _hosts = field_validator("oauth_private_hosts")(checks.hosts)
