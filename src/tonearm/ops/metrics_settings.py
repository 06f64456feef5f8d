"""Settings of metrics, for whoever watches over Tonearm."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

SHORTEST_TOKEN = 24


class MetricsSettings(BaseSettings):
    """What an operator can choose about metrics; a part of `Settings`."""

    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description=(
            f"What Prometheus shows as its bearer token at `/metrics`, {SHORTEST_TOKEN} characters or more. Empty: "
            "nothing is counted, and nothing is there. See [the guide](../guides/metrics.md)."
        ),
    )
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=0,
        description=(
            "Port at which `tonearm worker` answers `/metrics`, on the address of `TONEARM_HOST`; 0 for none. A server "
            "answers at its own port."
        ),
    )

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and (len(text) < SHORTEST_TOKEN or not text.isascii() or not text.isprintable()):
            raise ValueError(
                f"TONEARM_METRICS_TOKEN must have {SHORTEST_TOKEN} printable characters of ASCII or more, such as what "
                "`openssl rand -hex 32` prints."
            )
        return value

    @model_validator(mode="after")
    def _for_somebody(self) -> Self:
        if self.metrics_port and not self.metrics_token.get_secret_value():
            raise ValueError("TONEARM_METRICS_PORT needs TONEARM_METRICS_TOKEN.")
        return self
