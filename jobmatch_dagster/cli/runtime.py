"""The runtime of a command: home folder, databases, Dagster instance."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jobmatch_dagster import names
from jobmatch_dagster.db.connection.embedded import embedded_postgres, server_folder
from jobmatch_dagster.db.connection.engine import Database, ensure_database, packaged_path
from jobmatch_dagster.db.connection.locks import DAGSTER_STORAGE, exclusively
from jobmatch_dagster.db.connection.migrations import migrate, require_schema
from jobmatch_dagster.db.connection.urls import dagster_url, sqlalchemy_url, with_database
from jobmatch_dagster.environment import check_environment, environment
from jobmatch_dagster.errors import DatabaseError
from jobmatch_dagster.settings import GROUPS, DatabaseSettings, EmbeddingSettings, FolderSettings

if TYPE_CHECKING:
    import dagster as dg

PRIVATE = 0o700
"""Mode of new folders with data of people, whatever the umask. A folder that exists keeps its own."""


class NoDatabaseError(DatabaseError):
    """The home has no embedded database yet."""


@dataclass(frozen=True)
class Runtime:
    """What a command works with."""

    home: Path
    inbox: Path
    database: Database
    embedded: bool

    @contextmanager
    def dagster_instance(self) -> Iterator["dg.DagsterInstance"]:
        """The Dagster instance in this home; the UI shows runs that are made through it."""
        import dagster as dg

        with ExitStack() as stack:
            # Dagster creates its tables and its pools' slots at first use; two processes at once would collide.
            with exclusively(self.database, DAGSTER_STORAGE):
                instance = stack.enter_context(dg.DagsterInstance.from_config(str(self.home / "dagster")))
                instance.get_runs_count()
                storage = instance.event_log_storage
                for pool in set(names.POOLS) - {known.name for known in storage.get_pool_limits()}:
                    storage.initialize_concurrency_limit_to_default(pool)
            yield instance


@contextmanager
def open_runtime(
    *,
    database_name: str | None = None,
    prepare_schema: bool = True,
    prepare_dagster: bool = True,
    must_exist: bool = False,
) -> Iterator[Runtime]:
    """Start what a command needs and export it to this process and its children, for the length of the block.

    Without `JOBMATCH_DATABASE_URL` the embedded PostgreSQL is started and its schema is migrated. A configured database
    is only checked: `jobmatch migrate` changes its schema.

    Args:
        database_name: a database of the embedded server other than the default one.
        prepare_schema: False leaves the schema as it is, unchecked.
        prepare_dagster: False leaves Dagster's database alone: a command without a run needs none.
        must_exist: refuse to make an embedded database: there is nothing to read or change in a new one.

    Raises:
        SettingsError: if a variable is malformed or unknown.
        NoDatabaseError: if there must be an embedded database and there is none.
        DatabaseUnavailableError: if the configured database does not answer.
        SchemaVersionError: if the configured database has another version of the schema.
    """
    check_environment(GROUPS)
    folders, databases = FolderSettings.read(), DatabaseSettings.read()
    home = folders.home.resolve()
    configured = databases.url.get_secret_value()
    if must_exist and not configured and not server_folder(home, folders.data_folder).exists():
        raise NoDatabaseError(
            f"There is no database in {home} yet. Run `jobmatch demo` for one with invented data, or set "
            "JOBMATCH_HOME or JOBMATCH_DATABASE_URL to where yours is."
        )
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if configured:
            url = sqlalchemy_url(configured)
        else:
            url = stack.enter_context(embedded_postgres(home, folders.data_folder))
            url = with_database(url, database_name) if database_name else url
        storage = sqlalchemy_url(databases.dagster_url.get_secret_value() or dagster_url(url))
        database = Database(url)
        stack.callback(database.dispose)
        if not configured:
            ensure_database(url)
        with database.begin():
            pass  # raises when the database does not answer
        if prepare_schema and configured:
            require_schema(database)
        elif prepare_schema:
            migrate(database)
        if prepare_dagster:
            ensure_database(storage)
        inbox = inbox_of(folders, url)
        inbox.mkdir(PRIVATE, parents=True, exist_ok=True)
        stack.enter_context(
            environment(
                {
                    "JOBMATCH_DATABASE_URL": url,
                    "DAGSTER_DATABASE_URL": storage,
                    "CV_INBOX": str(inbox),
                    "DAGSTER_HOME": str(_dagster_home(home)),
                    "HF_HUB_OFFLINE": str(int(_is_hub_offline())),
                }
            )
        )
        yield Runtime(home=home, inbox=inbox, database=database, embedded=not configured)


def inbox_of(folders: FolderSettings, url: str) -> Path:
    """The inbox of a database: `CV_INBOX`, else a folder of the home, which demos of own pages have for themselves."""
    if folders.inbox:
        return folders.inbox.resolve()
    own = folders.home.resolve() / f"inbox-{urlsplit(url).path.strip('/')}"
    return own if own.is_dir() else folders.home.resolve() / "inbox"


def configured_inbox() -> Path:
    """The inbox of the configured database, without a look at the database.

    Raises:
        SettingsError: if a variable is malformed or unknown.
    """
    check_environment(GROUPS)
    inbox = inbox_of(FolderSettings.read(), DatabaseSettings.read().url.get_secret_value())
    inbox.mkdir(PRIVATE, parents=True, exist_ok=True)
    return inbox


def _dagster_home(home: Path) -> Path:
    folder = home / "dagster"
    folder.mkdir(PRIVATE, exist_ok=True)
    shutil.copyfile(packaged_path("dagster.yaml"), folder / "dagster.yaml")
    return folder


def _is_hub_offline() -> bool:
    """Only a model that is a name on the hub needs the hub."""
    settings = EmbeddingSettings.read()
    if settings.hub_offline is not None:
        return settings.hub_offline
    return not settings.name or Path(settings.name).is_dir()
