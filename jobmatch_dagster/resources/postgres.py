"""The database as a Dagster resource. Queries belong in `jobmatch_dagster.db`."""

import functools

import dagster as dg

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import require_schema
from jobmatch_dagster.errors import ConfigurationError
from jobmatch_dagster.settings import DatabaseSettings


class DatabaseNotConfiguredError(ConfigurationError):
    """No database URL is set and nobody started the embedded server."""


class PostgresResource(dg.ConfigurableResource[Database]):
    """The project's database, from `JOBMATCH_DATABASE_URL`."""

    def database(self) -> Database:
        """One `Database` (a connection pool) per process.

        Raises:
            DatabaseNotConfiguredError: if `JOBMATCH_DATABASE_URL` is not set.
            SchemaVersionError: if the database has the schema of another version of the program.
        """
        url = DatabaseSettings.read().url.get_secret_value()
        if not url:
            raise DatabaseNotConfiguredError(
                "JOBMATCH_DATABASE_URL is not set. Start Dagster with `jobmatch dev` (or `make dev`), which runs the "
                "embedded PostgreSQL, or set the variable to your own database."
            )
        return _database(url)


@functools.lru_cache(maxsize=8)
def _database(url: str) -> Database:
    database = Database(url)
    require_schema(database)
    return database
