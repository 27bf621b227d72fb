"""The surroundings of a command: home folder, databases, Dagster instance.

Put here what a command needs before it can do its work. The commands stand in `cli.py`.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.connection.embedded import embedded_postgres
from jobmatch_dagster.db.connection.engine import Database, ensure_database
from jobmatch_dagster.db.connection.locks import DAGSTER_STORAGE, exclusively
from jobmatch_dagster.db.connection.migrations import migrate, require_schema
from jobmatch_dagster.db.connection.urls import dagster_url, sqlalchemy_url, with_database
from jobmatch_dagster.resources.postgres import DATABASE_URL_VARIABLE

HOME_VARIABLE = "JOBMATCH_HOME"
DAGSTER_URL_VARIABLE = "DAGSTER_DATABASE_URL"
INBOX_VARIABLE = "CV_INBOX"


@dataclass(frozen=True)
class Runtime:
    """What a command works with."""

    home: Path
    database: Database
    embedded: bool

    @contextmanager
    def dagster_instance(self) -> Iterator[dg.DagsterInstance]:
        """The Dagster instance on this home: runs made through it are seen in the UI."""
        with ExitStack() as stack:
            # Dagster makes its tables and its pools' slots at first use; two processes at once would collide.
            with exclusively(self.database, DAGSTER_STORAGE):
                instance = stack.enter_context(dg.DagsterInstance.from_config(str(self.home / "dagster")))
                instance.get_runs_count()
                storage = instance.event_log_storage
                for pool in set(names.POOLS) - {known.name for known in storage.get_pool_limits()}:
                    storage.initialize_concurrency_limit_to_default(pool)
            yield instance


def home_folder() -> Path:
    """`JOBMATCH_HOME`, by default `.jobmatch` in the present folder."""
    return Path(os.environ.get(HOME_VARIABLE) or ".jobmatch").resolve()


def packaged_file(name: str) -> Path:
    """A file that belongs to the project: beside the installed package, or at the root of the checkout."""
    package = Path(str(resources.files("jobmatch_dagster")))
    return package / name if (package / name).exists() else package.parent / name


@contextmanager
def open_runtime(*, database_name: str | None = None, prepare_schema: bool = True) -> Iterator[Runtime]:
    """Start what is needed and export it to this process and its children, for the length of the block.

    Without `JOBMATCH_DATABASE_URL` the embedded PostgreSQL runs and its schema is brought up to date. With
    it nothing is embedded and the schema is only checked: changing it is `jobmatch migrate`'s part.

    Args:
        database_name: a database of the embedded server other than the default one.
        prepare_schema: whether the schema must be the present one: the embedded server's is brought up to date,
            a configured database's is checked.

    Raises:
        DatabaseUnavailableError: if the configured database does not answer.
        SchemaVersionError: if the configured database has another version of the schema.
    """
    home = home_folder()
    home.mkdir(parents=True, exist_ok=True)
    configured = os.environ.get(DATABASE_URL_VARIABLE)
    with ExitStack() as stack:
        url = sqlalchemy_url(configured) if configured else stack.enter_context(embedded_postgres(home))
        if not configured and database_name:
            url = with_database(url, database_name)
        storage = sqlalchemy_url(os.environ.get(DAGSTER_URL_VARIABLE) or dagster_url(url))
        database = Database(url)
        stack.callback(database.dispose)
        if not configured:
            ensure_database(url)
        with database.begin():
            pass  # a clear sentence when the database does not answer
        if prepare_schema and configured:
            require_schema(database)
        elif prepare_schema:
            migrate(database)
        ensure_database(storage)
        inbox = Path(os.environ.get(INBOX_VARIABLE) or home / "inbox").resolve()
        inbox.mkdir(parents=True, exist_ok=True)
        stack.enter_context(
            environment(
                {
                    DATABASE_URL_VARIABLE: url,
                    DAGSTER_URL_VARIABLE: storage,
                    INBOX_VARIABLE: str(inbox),
                    "DAGSTER_HOME": str(_dagster_home(home)),
                    "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", _offline_by_default()),
                }
            )
        )
        yield Runtime(home=home, database=database, embedded=not configured)


@contextmanager
def environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables (None: unset) for the length of the block, for this process and its children."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _dagster_home(home: Path) -> Path:
    folder = home / "dagster"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(packaged_file("dagster.yaml"), folder / "dagster.yaml")
    return folder


def _offline_by_default() -> str:
    """The packaged model and folders need no hub; only a hub name may ask for one."""
    name = os.environ.get("EMBEDDING_MODEL", "")
    return "0" if name and not Path(name).is_dir() else "1"
