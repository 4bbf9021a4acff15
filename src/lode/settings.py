"""One frozen settings object, built at the entry point and passed down.

Sources, the first that has a value wins: arguments, the environment (`LODE_…`), `.env`, `lode.toml`, the default.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from lode.errors import SettingsError


def _iso_day(value: object) -> object:
    """Read a text as an ISO date; a number is none, which pydantic would take for seconds since 1970."""
    return date.fromisoformat(str(value)) if isinstance(value, (str, int, float)) else value


class Settings(BaseSettings):
    """What a deployment decides. Times are in seconds, rates in requests a second, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="LODE_", env_file=".env", toml_file="lode.toml", frozen=True, extra="ignore", env_ignore_empty=True
    )

    home: Path = Field(default=Path("~/.lode"), description="folder of the embedded warehouse and the local lake")
    warehouse_url: SecretStr | None = Field(default=None, description="ClickHouse server; absent: the embedded one")
    warehouse_secret: str | None = Field(
        default=None, description="secret in AWS Secrets Manager that opens a ClickHouse server, by ARN or name"
    )
    lake_url: str | None = Field(default=None, description="file:///… or s3://bucket/prefix; absent: a folder in home")
    warehouse_idle: float = Field(default=300.0, gt=0, description="the embedded warehouse ends after this idle time")
    query_limit: float = Field(default=60.0, gt=0, description="longest read-only query of `lode sql` and the app")
    collectors: str = Field(default="market", description="what a run from Yahoo collects: market,filings,news")
    yahoo_url: str = Field(default="https://query1.finance.yahoo.com", description="base of the v8 chart endpoint")
    yahoo_rate: float = Field(default=4.0, gt=0, description="requests a second to Yahoo")
    yahoo_concurrency: int = Field(default=4, ge=1, le=32, description="requests to Yahoo under way at once")
    sec_data_url: str = Field(default="https://data.sec.gov", description="base of submissions and companyfacts")
    sec_archives_url: str = Field(default="https://www.sec.gov", description="base of documents, indexes and tickers")
    sec_contact: str | None = Field(
        default=None, description="name and e-mail address that the SEC asks every program to send; needed for filings"
    )
    sec_rate: float = Field(default=8.0, gt=0, le=10, description="requests a second to the SEC, over all processes")
    sec_concurrency: int = Field(default=4, ge=1, le=16, description="requests to the SEC under way at once")
    news_provider: str = Field(
        default="ddgs", pattern="^(ddgs|tavily|searxng)$", description="who searches the web for `lode collect news`"
    )
    news_rate: float = Field(default=1.0, gt=0, description="requests a second to the search provider")
    ddgs_backends: str = Field(default="duckduckgo,bing", description="search engines that ddgs asks, pinned")
    tavily_url: str = Field(default="https://api.tavily.com", description="base of Tavily's search")
    tavily_key: SecretStr | None = Field(default=None, description="key of Tavily's search")
    tavily_secret: str | None = Field(default=None, description="ARN of the AWS secret that is the key, instead of it")
    searxng_url: str | None = Field(default=None, description="base of a SearXNG that answers JSON")
    tone_model: str = Field(
        default="vader", pattern="^(vader|loughran-mcdonald|bedrock)$", description="what measures tone"
    )
    tone_words: Path | None = Field(default=None, description="the user's Loughran-McDonald word list (CSV)")
    bedrock_model: str = Field(
        default="amazon.nova-micro-v1:0", description="model that Amazon Bedrock measures tone with"
    )
    french_url: str = Field(
        default="https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp", description="base of Fama/French files"
    )
    http_timeout: float = Field(default=20.0, gt=0, description="limit of one request to a source")
    app_address: str = Field(default="127.0.0.1", description="address that the dashboard listens on")
    app_domain: str | None = Field(default=None, description="domain that the dashboard is reached at; no other then")
    app_path: str = Field(default="", pattern="^([a-z0-9-]+)?$", description="path under which the dashboard stands")
    sign_in: Literal["none", "balancer", "oidc"] = Field(
        default="none", description="who says who looks at the dashboard; none on loopback only"
    )
    balancer_arn: str | None = Field(default=None, description="load balancer whose signed header names the visitor")
    sign_in_client: str | None = Field(default=None, description="client that visitors are signed in with")
    sign_in_issuer: str | None = Field(default=None, description="who issues the identities, as the tokens spell it")
    sign_in_client_secret: SecretStr | None = Field(default=None, description="oidc: what proves to be the client")
    sign_in_cookie_secret: SecretStr | None = Field(
        default=None, description="oidc: what signs the cookies, the same for every copy of the dashboard"
    )
    sign_in_redirect_url: str | None = Field(
        default=None, description="oidc: …/oauth2callback as browsers reach it; absent: built from domain and path"
    )
    sign_in_scope: str = Field(default="openid email profile", description="oidc: what the issuer is asked for")
    sign_in_groups_claim: str = Field(default="groups", description="claim that names the visitor's groups")
    sign_in_keys_url: str | None = Field(
        default=None, description="base of the balancer's public keys; absent: AWS's address for its region"
    )
    sign_in_session: float = Field(default=28800.0, gt=0, description="longest visit on one sign-in")
    researchers: str = Field(
        default="", description="who may start work: e-mail addresses, group:NAME and subject:ID, by commas"
    )
    state_machine_arn: str | None = Field(default=None, description="the deployed machine of `--executor aws`")
    share: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9]{1,64}$",
        description="whose runs these are in the deployed machine's queue; absent: the user of this computer",
    )
    memory: float = Field(
        default=2.0, gt=0, description="most gigabytes that `lode compute` and `lode update` use, at their peak"
    )
    operators: str | None = Field(
        default=None,
        description="your own operators: .py files, or names of entry points, by commas; they run as your code",
    )
    proposer: str | None = Field(
        default=None,
        pattern=r"^(bedrock|openai):[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$",
        description="who proposes for `--searcher language_model`: bedrock:MODEL or openai:MODEL",
    )
    proposer_url: str = Field(
        default="https://api.openai.com/v1", description="base of the OpenAI-compatible endpoint, without /chat/…"
    )
    proposer_key: SecretStr | None = Field(default=None, description="key of the OpenAI-compatible endpoint")
    proposer_cutoff: Annotated[date, BeforeValidator(_iso_day)] | None = Field(
        default=None, description="day up to which the proposer's model knows history: its training cut-off"
    )
    proposer_requests: int = Field(
        default=40, ge=1, le=100_000, description="most questions that a run asks its proposer"
    )
    proposer_tokens: int = Field(
        default=240_000, ge=1, description="most tokens that a run's questions and answers take"
    )
    proposer_timeout: float = Field(default=120.0, gt=0, description="limit of one answer of the proposer")
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="least severe line logged"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the base class names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put `lode.toml` behind the environment and `.env`."""
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)

    def disclosed(self) -> dict[str, Any]:
        """Return every setting as JSON holds it, secrets in clear: for a pipe to our own worker, never for a log."""
        plain = self.model_dump(mode="json")
        secrets = {name: value for name, value in self if isinstance(value, SecretStr)}
        return plain | {name: value.get_secret_value() for name, value in secrets.items()}

    @property
    def has_server(self) -> bool:
        """Whether the warehouse is a server's: the embedded one otherwise."""
        return self.warehouse_url is not None or self.warehouse_secret is not None

    @property
    def folder(self) -> Path:
        """`home` with `~` resolved, absolute."""
        return self.home.expanduser().absolute()

    @property
    def memory_bytes(self) -> int:
        """`memory` in bytes."""
        return int(self.memory * (1 << 30))

    @property
    def lake(self) -> str:
        """The lake's URL."""
        return self.lake_url or (self.folder / "lake").as_uri()

    @property
    def warehouse_folder(self) -> Path:
        """Folder of the embedded warehouse."""
        return self.folder / "warehouse"

    @property
    def cache(self) -> Path:
        """Folder of local copies, safe to delete."""
        return self.folder / "cache"


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401  values of any setting
    """Settings of this process; `overrides` win over every source.

    Raises SettingsError that names each faulty setting and the places where it is looked for.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, got {e['input']!r}" for e in error.errors())
        files = " and ".join(str(Path(name).absolute()) for name in (".env", "lode.toml"))
        msg = f"{faults}. Looked in the environment (LODE_…), {files}."
        raise SettingsError(msg) from None
