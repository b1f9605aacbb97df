"""Everything the environment decides. Variables begin with RESONANZ_; a file `.env` is not read."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url

from service.grants import Grant


class Settings(BaseSettings):
    """Where things are stored and how the service is reached.

    `data` holds the SQLite database, the activity logs and, unless `key_file` says otherwise, the keys in a directory of their own;
    `service.places` tells which organisation's lies where. For PostgreSQL give `database` as `postgresql+psycopg://…`.
    """

    model_config = SettingsConfigDict(env_prefix="RESONANZ_", extra="ignore")

    data: Path = Field(default=Path("data"), description="directory for the database and the activity logs")
    database: str | None = Field(default=None, description="SQLAlchemy URL; default: SQLite in `data`")
    database_password_file: Path | None = Field(
        default=None, description="file with the password of `database`"
    )
    log: str | None = Field(
        default=None,
        description="URL or path below which each organisation has its activity log; default: in `data`",
    )
    key_file: Path | None = Field(
        default=None,
        description="name and place of pseudonym keys: an organisation's lies under this name in the folder of its key beside this path; "
        "default: `data`/key/pseudonym.key",
    )
    engine: Literal["duckdb", "spark"] = Field(default="duckdb", description="what computes the metrics")
    spark_reads: Literal["files", "delta"] = Field(
        default="files",
        description="how Spark reads the activity log: its Parquet files, or natively as a Delta table",
    )
    compute_memory: str = Field(
        default="25%",
        pattern=r"^([1-9]\d?%|[1-9]\d*(\.\d+)?[KMGT]i?B)$",
        description="how much memory DuckDB may hold, such as 2GB, or 25% of what the machine (or its container) has",
    )
    scratch: Path | None = Field(
        default=None,
        description="directory for what does not fit into that memory, emptied after each run; default: `data`/scratch",
    )
    host: str = Field(default="127.0.0.1", description="address the service listens on")
    port: int = Field(default=8080, description="port the service listens on")
    public_url: str | None = Field(
        default=None, description="URL the service is reached by, for cookies and origins"
    )
    requests_per_minute: int = Field(
        default=600,
        ge=0,
        description="requests of the API that one token, session or address may make in a minute; 0: as many as it likes",
    )
    metrics_token_file: Path | None = Field(
        default=None,
        description="file with the token Prometheus sends to `/metrics`; default: there is no such page",
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
    embed_hosts: str = Field(
        default="",
        description="hosts whose pages may show embeds, as https://intranet.example or https://*.example.com, separated by spaces",
    )
    cors_origins: str = Field(
        default="",
        description="origins whose pages may read the API with a token, exactly as browsers send them, comma-separated",
    )
    entra_tenant: str | None = Field(
        default=None, description="id of the Entra tenant whose tokens the web part may read with"
    )
    entra_audience: str | None = Field(default=None, description="client id of the API in Entra")
    entra_scope: str = Field(default="Resonanz.Read", description="scope of the API that such a token needs")
    entra_roles: dict[str, Annotated[Grant, BeforeValidator(Grant.read)]] = Field(
        default_factory=dict,
        description="JSON: from an app role of the API to a role, or with several organisations to role@key",
    )
    forge_app: str | None = Field(
        default=None, description="id of our app in Confluence Cloud, as its manifest has it"
    )
    forge_installations: dict[str, str] = Field(
        default_factory=dict,
        description="JSON: from the id of an installation of that app to the key of an organisation",
    )
    forge_jwks: str = Field(
        default="https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json",
        description="where Atlassian publishes the keys of invocation tokens; for an isolated cloud with {label} in it",
    )
    forge_isolated_label: str | None = Field(default=None, description="label of an isolated Atlassian cloud")
    role: Literal["all", "web", "worker"] = Field(
        default="all", description="what `resonanz serve` does: pages and API, jobs, or all"
    )
    worker_jobs: int = Field(default=1, ge=1, le=16, description="how many jobs one process does at a time")
    lease_seconds: int = Field(
        default=60,
        ge=1,
        le=3600,
        description="after so many seconds without a sign of life a job is somebody else's",
    )
    backups: Path | None = Field(
        default=None, description="folder in which the job `backup` makes a new one each time"
    )
    backups_kept: int = Field(default=7, ge=1, description="how many of those are kept")
    open_pages: bool = Field(default=False, description="no sign-in; only for the synthetic demonstration")

    @cached_property
    def database_url(self) -> str:
        if self.database is None:
            return f"sqlite:///{(self.data / 'resonanz.db').absolute()}"
        if self.database_password_file is None:
            return self.database
        password = self.database_password_file.read_text().strip()
        return make_url(self.database).set(password=password).render_as_string(hide_password=False)

    @property
    def key_path(self) -> Path:
        """Beside it lies every key."""
        return self.key_file or self.data.absolute() / "key" / "pseudonym.key"

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    @property
    def passwords_allowed(self) -> bool:
        return self.oidc_issuer is None if self.local_sign_in is None else self.local_sign_in
