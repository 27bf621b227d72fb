"""Settings: every environment variable of the project, with its type, default and meaning.

A variable that is unset or empty has its default. Nothing is read at import time or cached: a group reads the
environment when it is asked to, so a missing key never keeps the code location from loading.
"""

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from jobmatch_dagster.environment import SettingsGroup, Takes, variable
from jobmatch_dagster.names import MOST_BUCKETS

_URL = re.compile(r"\s*https?://[^/\s]+")
# Mail has a scheme of its own: what Apprise sends as mailto has another Message-ID in each attempt.
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,31}=(?!mailtos?:)[a-z][a-z0-9+.-]*://\S+")
_SENDER = re.compile(r"[?&]from=[^\s&@]+@[^\s&@]+")
_POSTGRES_URL = re.compile(r"\s*postgres(ql)?(\+\w+)?://.*/[^/?]+")


def _check_url(url: str) -> str:
    if not _URL.match(url):
        raise ValueError("not an address")
    return url


def _check_secret_url(url: SecretStr) -> SecretStr:
    _check_url(url.get_secret_value())
    return url


def _check_postgres(url: SecretStr) -> SecretStr:
    if not _POSTGRES_URL.match(url.get_secret_value()):
        raise ValueError("not the URL of a PostgreSQL database")
    return url


def _check_channels(addresses: SecretStr) -> SecretStr:
    items = addresses.get_secret_value().split()
    names = [item.partition("=")[0] for item in items]
    if not all(_CHANNEL.fullmatch(item) for item in items) or len(set(names)) < len(names) or "files" in names:
        raise ValueError("not names with addresses")
    addresses_alone = [item.partition("=")[2] for item in items]
    if any(address.startswith("smtp") and not _SENDER.search(address) for address in addresses_alone):
        raise ValueError("no sender")
    return addresses


def _read_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read_paths(text: str) -> tuple[Path, ...]:
    return tuple(Path(name) for name in text.split(os.pathsep) if name)


ClaudeModel = Annotated[str, Takes("the name of a Claude model")]
EmbeddingModel = Annotated[str, Takes("a folder or a name on the model hub")]
Url = Annotated[str, AfterValidator(_check_url), Takes("a URL such as https://host/path")]
SecretUrl = Annotated[SecretStr, AfterValidator(_check_secret_url), Takes("a URL such as https://host/path")]
PostgresUrl = Annotated[
    SecretStr,
    AfterValidator(_check_postgres),
    Takes("the URL of a PostgreSQL database, such as postgresql://user:password@host:5432/name"),
]
Addresses = Annotated[SecretStr, Takes("addresses such as ntfy://host/topic")]
Channels = Annotated[
    SecretStr,
    AfterValidator(_check_channels),
    Takes("names with addresses, such as hook=https://host/path mail=smtps://user:password@host?from=jobs@host"),
]
Key = Annotated[SecretStr, Takes("a key")]
Folder = Annotated[Path, Takes("a folder")]
OptionalPath = Annotated[Path | None, Takes("a path")]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_read_paths), Takes("paths, separated as in PATH")]
Switch = Annotated[bool, Takes("1 or 0")]
OptionalSwitch = Annotated[bool | None, Takes("1 or 0")]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False), Takes("a number from 0")]
Count = Annotated[int, Field(ge=1), Takes("a whole number from 1")]
Buckets = Annotated[int, Field(ge=1, le=MOST_BUCKETS), Takes(f"a whole number from 1 to {MOST_BUCKETS}")]
Executor = Annotated[
    Literal["in_process", "multiprocess", "docker", "celery", "kubernetes"],
    Takes("in_process, multiprocess, docker, celery or kubernetes"),
]
OptionalTime = Annotated[
    datetime | None, BeforeValidator(_read_time), Takes("a time such as 2026-11-20T09:15:00+00:00")
]
Day = Annotated[date, Takes("a day such as 2026-11-20")]
Generation = Annotated[Literal["g1", "g2"], Takes("g1 or g2")]
Backend = Annotated[Literal["openvino-bf16", "torch-fp32"], Takes("openvino-bf16 or torch-fp32")]
Automation = Annotated[Literal["off", "sensors", "running"], Takes("off, sensors or running")]


class DatabaseSettings(SettingsGroup):
    """Database."""

    url: PostgresUrl = variable(
        "JOBMATCH_DATABASE_URL",
        SecretStr(""),
        "Your database: PostgreSQL 16 or newer with the extension `vector` 0.7 or newer.",
        shown="embedded PostgreSQL",
    )
    dagster_url: PostgresUrl = variable(
        "DAGSTER_DATABASE_URL",
        SecretStr(""),
        "Where Dagster stores runs and events.",
        shown="same server, `<name>_dagster`",
    )


class FolderSettings(SettingsGroup):
    """Folders."""

    home: Folder = variable(
        "JOBMATCH_HOME", Path(".jobmatch"), "Folder of the embedded database, the inbox and Dagster's home."
    )
    inbox: OptionalPath = variable("CV_INBOX", None, "Folder where CVs land.", shown="`$JOBMATCH_HOME/inbox`")
    digests: OptionalPath = variable(
        "JOBMATCH_DIGESTS", None, "Folder where digests of new matches are written.", shown="`$JOBMATCH_HOME/digests`"
    )
    erasures: OptionalPath = variable(
        "JOBMATCH_ERASURES",
        None,
        "Folder that notes which users were erased, as hashes, for `jobmatch forget-again` after a restore. Choose one "
        "that a restore of the database does not reach.",
        shown="`$JOBMATCH_HOME/erasures`",
    )
    data_home: OptionalPath = variable(
        "XDG_DATA_HOME",
        None,
        "Folder for the embedded database where the path of `JOBMATCH_HOME` is too long for its socket.",
        shown="`~/.local/share`",
    )
    cache_home: OptionalPath = variable(
        "XDG_CACHE_HOME", None, "Folder for the compiled embedding model.", shown="`~/.cache`"
    )

    @property
    def inboxes(self) -> tuple[Path, ...]:
        """Every folder that may have CVs: the inbox, and the one of the home, which the demo uses."""
        return tuple(dict.fromkeys(folder for folder in (self.inbox, self.home.resolve() / "inbox") if folder))

    @property
    def digest_folder(self) -> Path:
        """`digests` or its default: a folder for each user is in it."""
        return self.digests or self.home.resolve() / "digests"

    @property
    def folders_of_users(self) -> tuple[Path, ...]:
        """Every folder that may have files of users: what an export has and an erasure empties."""
        folders = (*self.inboxes, self.digest_folder, self.home.resolve() / "digests")
        return tuple(dict.fromkeys(folders))

    @property
    def erasure_folder(self) -> Path:
        """`erasures` or its default: what is to be erased again after a restore."""
        return self.erasures or self.home.resolve() / "erasures"

    @property
    def data_folder(self) -> Path:
        """`data_home` or its default: where programs store data of this user."""
        return self.data_home or Path.home() / ".local" / "share"

    @property
    def cache_folder(self) -> Path:
        """`cache_home` or its default: where programs store what they can compute again."""
        return self.cache_home or Path.home() / ".cache"


class ActiveJobsSettings(SettingsGroup):
    """Active Jobs DB API."""

    api_key: Key = variable("RAPIDAPI_KEY", SecretStr(""), "Key of the Active Jobs DB API.")
    generation: Generation = variable("ACTIVE_JOBS_GENERATION", "g1", "Generation of the API.")
    base_url: Url = variable(
        "ACTIVE_JOBS_BASE_URL", "https://active-jobs-db.p.rapidapi.com", "Address of the API, or of a proxy."
    )


class ClaudeSettings(SettingsGroup):
    """Claude."""

    api_key: Key = variable(
        "ANTHROPIC_API_KEY", SecretStr(""), "Key of the Claude API. Without it no request is made and pairs wait."
    )
    base_url: Url = variable(
        "ANTHROPIC_BASE_URL", "https://api.anthropic.com", "Address of the Claude API, or of a proxy."
    )
    model: ClaudeModel = variable("CLAUDE_MODEL", "claude-haiku-5-5", "Model that explains matches.")
    budget_usd_per_day: Usd = variable(
        "CLAUDE_BUDGET_USD_PER_DAY", 1.0, "Highest cost of a day (UTC) in USD; the rest waits. 0: no requests."
    )
    budget_usd_per_run: Usd = variable(
        "CLAUDE_BUDGET_USD_PER_RUN", 0.5, "Highest cost of a run in USD; the rest waits. 0: no requests."
    )
    budget_usd_per_user: Usd = variable(
        "CLAUDE_BUDGET_USD_PER_USER",
        0.25,
        "Highest cost of one user's requests on a day (UTC) in USD; the user's rest waits. 0: no requests.",
    )
    batch_min: Count = variable(
        "CLAUDE_BATCH_MIN", 100, "So many requests or more are sent as a message batch, at half the price."
    )
    max_pairs_per_run: Count = variable(
        "CLAUDE_MAX_PAIRS", 100_000, "Highest number of pairs of a run, every user's best first."
    )
    prices_file: OptionalPath = variable(
        "CLAUDE_PRICES",
        None,
        "TOML file of prices, in the form of `core/enrichment/data/claude_prices.toml`.",
        shown="packaged list",
    )
    fill_profiles: Switch = variable(
        "CLAUDE_FILL_PROFILES",
        False,
        "Whether Claude is asked for fields that a CV's reading left unknown. Personal data is removed from the text "
        "first, and every value needs a quote from it.",
    )


class EmbeddingSettings(SettingsGroup):
    """Embedding model."""

    name: EmbeddingModel = variable(
        "EMBEDDING_MODEL",
        "",
        "The sentence-transformers model.",
        shown="packaged all-MiniLM-L6-v2",
    )
    backend: Backend = variable(
        "EMBEDDING_BACKEND",
        "openvino-bf16",
        "How the model runs: compiled, or unchanged at half the speed. Vectors of the two are never compared.",
    )
    hub_offline: OptionalSwitch = variable(
        "HF_HUB_OFFLINE",
        None,
        "Whether no request goes to the model hub.",
        shown="`0` where `EMBEDDING_MODEL` is a name on the hub, else `1`",
    )


class MatchingSettings(SettingsGroup):
    """Matching."""

    buckets: Buckets = variable(
        "JOBMATCH_BUCKETS",
        1,
        "Shares that users and postings are cut into for several machines; after a change run `jobmatch migrate`, "
        "which writes every match once.",
    )
    esco_skills: Paths = variable(
        "ESCO_SKILLS",
        (),
        "Official ESCO files (`skills_en.csv:skills_de.csv`): names of skills beside the project's own table.",
        shown="none",
    )
    evaluation_data: OptionalPath = variable(
        "EVALUATION_DATA",
        None,
        "Folder with real CVs, ads and titles that `quality/match_quality` measures on too.",
        shown="none",
    )


class DigestSettings(SettingsGroup):
    """Digests."""

    channels: Channels = variable(
        "JOBMATCH_CHANNELS",
        SecretStr(""),
        "Channels that deliver digests beside the files: `name=address`, separated by blanks. `https://…` is a "
        "webhook, `smtps://…?from=…` mail, the others are addresses of Apprise (`ntfy://…`, `slack://…`). "
        "`{user_key}` and `{email}` in an address are those of the user.",
        shown="none",
    )

    @property
    def channel_addresses(self) -> dict[str, str]:
        """Addresses by the name of the channel; they are secrets."""
        items = (item.partition("=") for item in self.channels.get_secret_value().split())
        return {name: address for name, _, address in items}


class OperationsSettings(SettingsGroup):
    """Operations."""

    automation: Automation = variable(
        "JOBMATCH_AUTOMATION",
        "off",
        "What starts switched on: nothing, the sensors, or the schedules too (`running`). Schedules spend credits.",
    )
    executor: Executor = variable(
        "JOBMATCH_EXECUTOR",
        "in_process",
        "Where the steps of a run are executed: in its process, a process for each, or a container or worker for each "
        "(docs/deployment.md).",
    )
    failure_webhook: SecretUrl = variable(
        "JOBMATCH_FAILURE_WEBHOOK",
        SecretStr(""),
        "Address to which each failed run, failed check and stale asset is posted as JSON, with its next step.",
        shown="none",
    )
    notify: Addresses = variable(
        "JOBMATCH_NOTIFY",
        SecretStr(""),
        "Addresses in the form of Apprise, separated by blanks (`mailto://…`, `slack://…`, `ntfy://…`): they hear of "
        "failed runs, failed checks and stale assets.",
        shown="none",
    )
    heartbeat_url: SecretUrl = variable(
        "JOBMATCH_HEARTBEAT_URL",
        SecretStr(""),
        "Address that is fetched (GET) after each good hour, at a monitor that raises the alarm when it is not.",
        shown="none",
    )
    clock: OptionalTime = variable(
        "JOBMATCH_CLOCK",
        None,
        "Fixed time that counts as now, for recorded pages. UTC where it names no offset.",
        shown="the machine's time",
    )
    first_day: Day = variable(
        "JOBMATCH_FIRST_DAY",
        date(2024, 1, 1),
        "First day of the hourly and daily partitions, in UTC: the day on which you begin to collect. Earlier postings "
        "are loaded, but have no partition.",
    )


GROUPS: tuple[type[SettingsGroup], ...] = (
    DatabaseSettings,
    FolderSettings,
    ActiveJobsSettings,
    ClaudeSettings,
    EmbeddingSettings,
    MatchingSettings,
    DigestSettings,
    OperationsSettings,
)
