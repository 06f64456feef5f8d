"""Settings: read once from the environment, `.env` and a file, then passed in."""

from pathlib import Path
from typing import Annotated, Literal, Self

import platformdirs
from pydantic import Field, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

MEGABYTE = 1_000_000


class Settings(BaseSettings):
    """Everything an operator can choose, each as `TONEARM_<NAME>`, in `.env`, or in `tonearm.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="TONEARM_", env_file=".env", extra="ignore", toml_file="tonearm.toml"
    )

    mode: Literal["dev", "prod"] = Field(
        default="dev",
        description="`prod` refuses unsafe defaults: see the notes of the other settings.",
    )
    data_dir: Path = Field(
        default=Path(platformdirs.user_data_dir("tonearm", appauthor=False)),
        description="Folder of the embedded database, logs, spool and cache.",
    )
    database_url: str = Field(
        default="",
        description=(
            "`postgresql://user:password@host/name` for PostgreSQL; empty for the embedded SQLite "
            "database in the data folder."
        ),
    )
    spool_dir: Path | None = Field(
        default=None,
        description=(
            "Folder for uploads on their way in; shared by API and workers. Default: `spool` in "
            "the data folder."
        ),
    )
    cache_dir: Path | None = Field(
        default=None,
        description=(
            "Folder for column files of each host; may be deleted at any time. Default: `cache` "
            "in the data folder."
        ),
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8420, description="Port to listen on."
    )
    allowed_hosts: list[str] = Field(
        default=[],
        description=(
            "Host names under which the server may be reached besides loopback; required in prod "
            "when it listens on more than loopback. As a JSON list."
        ),
    )
    secure_cookies: bool = Field(
        default=False,
        description="Send session cookies over HTTPS only; required in prod beyond loopback.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe level that is logged."
    )
    session_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=30, description="Days after which an unused log-in ends."
    )
    session_longest_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=180, description="Days after which a log-in ends, however often it is used."
    )
    import_zip_mb: Annotated[int, Field(ge=1)] = Field(
        default=500, description="Largest upload or archive, in MB."
    )
    import_inflated_mb: Annotated[int, Field(ge=1)] = Field(
        default=8_000, description="Most that the members of one import may inflate to, in MB."
    )
    import_rows: Annotated[int, Field(ge=1)] = Field(
        default=10_000_000, description="Most rows one import may hold."
    )
    import_members: Annotated[int, Field(ge=1)] = Field(
        default=10_000, description="Most members an archive may have."
    )
    import_commit_mb: Annotated[int, Field(ge=1)] = Field(
        default=8, description="Most history, in MB, that one transaction of an import writes."
    )
    spool_hours: Annotated[int, Field(ge=1)] = Field(
        default=24, description="Hours for which a failed import's upload and a preview are kept."
    )
    job_days: Annotated[int, Field(ge=1)] = Field(
        default=7, description="Days for which finished jobs and their logs are kept."
    )
    store_cache_mb: Annotated[int, Field(ge=16)] = Field(
        default=512, description="Most memory, in MB, for open column stores of all listeners."
    )

    @field_validator("data_dir", "spool_dir", "cache_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @model_validator(mode="after")
    def _safe_in_prod(self) -> Self:
        if self.mode == "prod" and self.host not in {"127.0.0.1", "::1"}:
            if not self.allowed_hosts:
                raise ValueError(
                    "TONEARM_MODE=prod on a public address needs TONEARM_ALLOWED_HOSTS, for example "
                    '["music.example.org"].'
                )
            if not self.secure_cookies:
                raise ValueError(
                    "TONEARM_MODE=prod on a public address needs TONEARM_SECURE_COOKIES=true "
                    "and HTTPS in front."
                )
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The database's URL in SQLAlchemy's form."""
        url = self.database_url
        if not url:
            return f"sqlite:///{self.data_dir / 'tonearm.db'}"
        scheme, separator, rest = url.partition("://")
        if scheme in {"postgres", "postgresql"}:
            scheme = "postgresql+psycopg"
        return f"{scheme}{separator}{rest}"

    @property
    def spool(self) -> Path:
        """Where uploads wait."""
        return self.spool_dir or self.data_dir / "spool"

    @property
    def cache(self) -> Path:
        """Where column files lie."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def logs(self) -> Path:
        """Where log files lie."""
        return self.data_dir / "logs"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over `.env`, and `.env` over `tonearm.toml`."""
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            TomlConfigSettingsSource(settings_cls),
            file_secret_settings,
        )
