"""Everything the environment decides. Variables begin with RESONANZ_; a file `.env` is not read."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url

from service.security.roles import Grant


class Settings(BaseSettings):
    """Where things are stored and how the service is reached.

    `data` holds the SQLite database, the activity log and, unless `key_file` says otherwise, the pseudonym key in a
    directory of its own. For PostgreSQL give `database` as `postgresql+psycopg://…`.
    """

    model_config = SettingsConfigDict(env_prefix="RESONANZ_", extra="ignore")

    data: Path = Field(default=Path("data"), description="directory for the database and the activity log")
    database: str | None = Field(default=None, description="SQLAlchemy URL; default: SQLite in `data`")
    database_password_file: Path | None = Field(
        default=None, description="file with the password of `database`"
    )
    log: str | None = Field(default=None, description="URL or path of the activity log; default: in `data`")
    key_file: Path | None = Field(
        default=None, description="pseudonym key; default: `data`/key/pseudonym.key"
    )
    engine: Literal["duckdb", "spark"] = Field(default="duckdb", description="what computes the metrics")
    spark_reads: Literal["files", "delta"] = Field(
        default="files",
        description="how Spark reads the activity log: its Parquet files, or natively as a Delta table",
    )
    host: str = Field(default="127.0.0.1", description="address the service listens on")
    port: int = Field(default=8080, description="port the service listens on")
    public_url: str | None = Field(
        default=None, description="URL the service is reached by, for cookies and origins"
    )
    minimum_group: int = Field(default=10, ge=5, description="k: fewer people are never shown (hard floor 5)")
    survey_minimum_group: int = Field(
        default=7, ge=5, description="the same for surveys, unless a round says more (hard floor 5)"
    )
    oidc_issuer: str | None = Field(
        default=None, description="the company's sign-in service (OpenID Connect), exactly as it names itself"
    )
    oidc_client_id: str | None = Field(default=None, description="id of Resonanz at that service")
    oidc_client_secret_file: Path | None = Field(default=None, description="file with the secret for that id")
    oidc_ca_file: Path | None = Field(
        default=None, description="certificate authority of that service, PEM; default: the usual ones"
    )
    oidc_roles_claim: str = Field(
        default="roles", description="claim that names roles or groups; with dots where it is nested"
    )
    oidc_roles: dict[str, Annotated[Grant, BeforeValidator(Grant.read)]] = Field(
        default_factory=dict,
        description="JSON: from a value of that claim to a role, or with several organisations to role@key; of several the first "
        "here holds",
    )
    local_sign_in: bool | None = Field(
        default=None,
        description="sign-in with name and password; default: only while there is no oidc_issuer",
    )
    allowed_hosts: str = Field(
        default="",
        description="hosts inside the house that may be called, by name or address, comma-separated",
    )
    open_pages: bool = Field(default=False, description="no sign-in; only for the synthetic demonstration")

    @cached_property
    def database_url(self) -> str:
        if self.database is None:
            return f"sqlite:///{(self.data / 'resonanz.db').absolute()}"
        if self.database_password_file is None:
            return self.database
        password = self.database_password_file.read_text().strip()
        return make_url(self.database).set(password=password).render_as_string(hide_password=False)

    @cached_property
    def log_url(self) -> str:
        return self.log or str((self.data / "activity").absolute())

    @property
    def passwords_allowed(self) -> bool:
        return self.oidc_issuer is None if self.local_sign_in is None else self.local_sign_in

    @cached_property
    def key_path(self) -> Path:
        return self.key_file or self.data.absolute() / "key" / "pseudonym.key"
