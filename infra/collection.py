"""The three collectors' functions.

How the rates of the sources hold over the account, whatever runs:

1. No more than `filings_at_once` filings functions exist at a time: reserved concurrency is also a limit, of all
   executions of the machine together, which wait for one to be free (`lode.workflow.machine`). The same holds for the
   market and the news.
2. Each asks the SEC no faster than LODE_SEC_RATE, which is lowered so that all of them together stay within its ten
   requests a second.
3. The functions, and whoever else uses this lake, claim their time windows from the lake (`rate/sec`, objects that only
   one can create): a second guard, which also holds for a person's own `lode collect filings` over the same lake.

Each function may read what the machine hands it (`requests/`) and its own source's answers, and write only these.
"""

from __future__ import annotations

from aws_cdk import CfnParameter, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.audit import acknowledge
from infra.lambdas import Function, Place, Shape
from infra.network import Network
from infra.permissions import discard_objects, list_objects, read_objects, read_secret, use_key, write_objects
from infra.storage import Storage
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment
from lode.workflow.machine import FUNCTION_SECONDS

RAW = {"market": "raw/yahoo/", "filings": "raw/sec/", "news": "raw/news/"}  # where each keeps what it was answered
RATE = "rate/sec/"
_HANDED, _ANSWERED = "requests/", "requests/batches/"
_MEMORY = 2048
_SEC_RATE, _SEC_LIMIT = 8.0, 10.0  # requests a second: the setting's default, and what the SEC allows


class Collection(Stack):
    """`functions` by collector; `settings` are what the machine's steps have to know of them."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
        warehouse: Warehouse,
    ) -> None:
        super().__init__(scope, name, description="Lode: collection")
        self.deployment, self.storage, self.warehouse = deployment, storage, warehouse
        self.settings = self._settings()
        self.news_key = self._news_key() if deployment.news_provider == "tavily" else None
        place = Place(deployment, network, storage, warehouse)
        at_once = {
            "market": deployment.market_at_once,
            "filings": deployment.filings_at_once,
            "news": deployment.news_at_once,
        }
        self.collectors = {
            collector: Function(
                self,
                collector.title(),
                place,
                Shape(
                    handler=f"lode.workflow.handlers.collect_{collector}",
                    room="collectors",
                    subnets="Outside",
                    seconds=FUNCTION_SECONDS,
                    memory=_MEMORY,
                    at_once=at_once[collector],
                ),
                place.environment | self.settings | self._key_of(collector),
                self._may(collector),
            )
            for collector in RAW
        }

    @property
    def functions(self) -> dict[str, functions.IFunction]:
        """The functions by collector."""
        return {collector: made.function for collector, made in self.collectors.items()}

    def _settings(self) -> dict[str, str]:
        """Return what the collectors read of the environment; the person and the site are parameters."""
        contact = CfnParameter(
            self,
            "SecContact",
            description="Name and e-mail address that the SEC asks every program to send, for example: Jane Doe "
            "jane@example.org",
            allowed_pattern=r"[^\r\n]*\S+@\S+\.\S+[^\r\n]*",
            constraint_description="a name and an e-mail address",
        )
        rate = min(_SEC_RATE, _SEC_LIMIT / self.deployment.filings_at_once)
        settings = {
            "LODE_COLLECTORS": self.deployment.collectors,
            "LODE_SEC_CONTACT": contact.value_as_string,
            "LODE_SEC_RATE": f"{rate:g}",
            "LODE_NEWS_PROVIDER": self.deployment.news_provider,
        }
        if self.deployment.news_provider != "searxng":
            return settings
        site = CfnParameter(
            self,
            "SearxngUrl",
            description="Base of a SearXNG that answers JSON",
            allowed_pattern=r"https://\S+",
            constraint_description="an address that begins with https://",
        )
        return settings | {"LODE_SEARXNG_URL": site.value_as_string}

    def _news_key(self) -> secrets.Secret:
        """Return the secret that a person puts Tavily's key into; what is in it at first is no key."""
        secret = secrets.Secret(
            self,
            "NewsKey",
            description="Lode: the key of Tavily's search, as it is; put it in with put-secret-value",
            encryption_key=self.storage.secrets_key,
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            secret,
            {
                "AwsSolutions-SMG4": "Tavily gives out its keys by hand and has no interface that could rotate one.",
                "NIST.800.53.R5-SecretsManagerRotationEnabled": "Tavily gives out its keys by hand and has no "
                "interface that could rotate one.",
            },
        )
        return secret

    def _key_of(self, collector: str) -> dict[str, str]:
        return {"LODE_TAVILY_SECRET": self.news_key.secret_arn} if self.news_key and collector == "news" else {}

    def _may(self, collector: str) -> list[iam.PolicyStatement]:
        """Return what a collector's function may do with the lake and with secrets."""
        lake, raw = self.storage.lake, RAW[collector]
        rate = [RATE] if collector == "filings" else []
        may = [
            read_objects(lake, _HANDED, raw, *rate),
            list_objects(lake, raw, *rate),
            write_objects(lake, _ANSWERED, raw, *rate),
            use_key(self.storage.key, through=("s3",)),
            read_secret(self.warehouse.secret),
            use_key(self.storage.secrets_key, write=False, through=("secretsmanager",)),
        ]
        if rate:
            may.append(discard_objects(lake, *rate))
        if self.news_key and collector == "news":
            may.append(read_secret(self.news_key))
        return may
