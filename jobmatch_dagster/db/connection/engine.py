"""The database: connections, transactions, named queries, and where the files of `sql/` are."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors
from sqlalchemy import Connection, ExceptionContext, Row, create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from jobmatch_dagster.db.connection.urls import safe_url, sqlalchemy_url, with_database
from jobmatch_dagster.errors import DatabaseError


class DatabaseUnavailableError(DatabaseError):
    """The database does not answer."""


class DatabaseRefusedError(DatabaseError):
    """The database refuses a statement: it is read-only, or a table is in use."""


class Database:
    """A PostgreSQL database with the tables of `sql/migrations`.

    Args:
        url: any usual PostgreSQL URL.
    """

    def __init__(self, url: str) -> None:
        self.url = sqlalchemy_url(url)
        self.engine = create_engine(
            self.url,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                "application_name": "jobmatch",
            },
            hide_parameters=True,
        )
        event.listen(self.engine, "connect", _use_utc)
        event.listen(self.engine, "handle_error", _hide_values)

    def __repr__(self) -> str:
        return f"Database({safe_url(self.url)!r})"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back on any error.

        Raises:
            DatabaseUnavailableError: if the server does not answer or refuses the login.
            DatabaseRefusedError: if the database is read-only, or a table stays in use for longer than a
                `lock_timeout` that the block has set.
        """
        try:
            with self._transaction() as connection:
                yield connection
        except (DBAPIError, psycopg2.Error) as error:
            if sentence := _refusal(error, self.url):
                raise DatabaseRefusedError(sentence) from error
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read-only transaction: every query sees the same snapshot, and the server refuses any write.

        It needs no right but SELECT. A statement that writes is a fault of the program and raises as it is.

        Raises:
            DatabaseUnavailableError: if the server does not answer or refuses the login.
        """
        with self._transaction() as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except OperationalError as error:
            raise DatabaseUnavailableError(
                f"The database {safe_url(self.url)} does not answer ({_first_line(error)}). "
                "Check JOBMATCH_DATABASE_URL, or unset it to use the embedded PostgreSQL."
            ) from None
        with connection, connection.begin():
            yield connection

    def fetch(self, name: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """All rows of a named query (see `run_query`), in a transaction of its own."""
        with self.begin() as connection:
            return run_query(connection, name, parameters)

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def run_query(connection: Connection, name: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
    """Run `sql/queries/<name>.sql`; returns its rows, none for a statement without a result."""
    result = connection.execute(text(read_sql(f"queries/{name}.sql")), dict(parameters or {}))
    return result.all() if result.returns_rows else []


def run_script(connection: Connection, script: str) -> None:
    """Run SQL as it is written, colons and percent signs included."""
    cursor = connection.connection.cursor()
    cursor.execute(script)
    cursor.close()


@functools.cache
def read_sql(path: str) -> str:
    """Text of a file under `sql/`."""
    return (sql_folder() / path).read_text(encoding="utf-8")


@functools.cache
def sql_folder() -> Path:
    """The folder `sql/`."""
    return packaged_path("sql")


def packaged_path(name: str) -> Path:
    """A file or folder of the project: inside the installed package, or at the root of the checkout."""
    package = Path(str(resources.files("jobmatch_dagster")))
    return package / name if (package / name).exists() else package.parent / name


def ensure_database(url: str) -> None:
    """Create the database that the URL names, unless it exists.

    Raises:
        DatabaseUnavailableError: if the server does not answer.
    """
    name = sqlalchemy_url(url).rsplit("/", 1)[-1].split("?", 1)[0]
    try:
        create_engine(sqlalchemy_url(url), connect_args={"connect_timeout": 10}).connect().close()
    except OperationalError as error:
        if f'database "{name}" does not exist' not in str(error):
            raise DatabaseUnavailableError(
                f"The database {safe_url(url)} does not answer ({_first_line(error)}). "
                "Check JOBMATCH_DATABASE_URL and DAGSTER_DATABASE_URL."
            ) from None
        maintenance = create_engine(sqlalchemy_url(with_database(url, "postgres")), isolation_level="AUTOCOMMIT")
        with maintenance.connect() as connection:
            quoted = connection.dialect.identifier_preparer.quote(name)
            # Another process may create it at the same moment.
            with suppress(ProgrammingError, IntegrityError):
                connection.execute(text(f"CREATE DATABASE {quoted}"))
            if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
                raise DatabaseUnavailableError(
                    f"The database {safe_url(url)} does not exist and could not be created: create it first."
                ) from None
        maintenance.dispose()


def _refusal(error: DBAPIError | psycopg2.Error, url: str) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, errors.ReadOnlySqlTransaction):
        return (
            f"The database {safe_url(url)} is read-only (a standby, or default_transaction_read_only is on): "
            "use the primary server, or make it writable."
        )
    if isinstance(cause, errors.LockNotAvailable):
        return (
            f"A table of {safe_url(url)} is in use by another session and was not free in time: end that session "
            "(see pg_stat_activity) or stop the pipeline, then try again."
        )
    return None


def _use_utc(connection: Any, _record: object) -> None:
    """Not by the option of a login: a pooler in transaction mode drops that, and passes this on."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = False


def _hide_values(context: ExceptionContext) -> None:
    """Reduce an error to its class and first sentence: the rest ("Failing row contains …") may quote a CV."""
    error = context.original_exception
    if message := getattr(getattr(error, "diag", None), "message_primary", None):
        error.args = (message,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(error).__name__}) {message}",)


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig else "the server gives no reason"
