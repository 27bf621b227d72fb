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

# A peer that is gone without a word is noticed after 90 seconds, by this side and by the server, which then frees the
# locks of a lost run; the operating system alone takes hours. Some servers end a transaction that waits for other work,
# and with it the lock of a step; this pipeline's transactions may wait.
_KEEPALIVE = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 3}
_PEER_LOST_MS = 90_000
_SESSION_OPTIONS = {
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": 0,
    "tcp_user_timeout": _PEER_LOST_MS,
    **{f"tcp_{name}": value for name, value in _KEEPALIVE.items()},
}
_LOST_CONNECTION = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
)

_CONFLICT = (
    "Another transaction on {url} changed the same rows at the same moment. Run this again: what was stored stays, and "
    "the rest is done then."
)
_REFUSALS: Mapping[type[psycopg2.Error], str] = {
    errors.ReadOnlySqlTransaction: "The database {url} is read-only (a standby, or default_transaction_read_only is "
    "on): use the primary server, or make it writable.",
    errors.LockNotAvailable: "A table of {url} is in use by another session and was not free in time: end that session "
    "(see pg_stat_activity) or stop the pipeline, then try again.",
    errors.DiskFull: "The disk of {url} is full: free some space there, then run this again. Nothing of the open "
    "transaction was stored.",
    errors.OutOfMemory: "The server of {url} is out of memory: give it more or lower its work_mem, then run this "
    "again.",
    errors.QueryCanceled: "A statement on {url} was cancelled, by a person or by the statement_timeout of this login: "
    "raise that (ALTER ROLE … SET statement_timeout), then run this again.",
    errors.SerializationFailure: _CONFLICT,
    errors.DeadlockDetected: _CONFLICT,
}


class DatabaseUnavailableError(DatabaseError):
    """The database does not answer, or the connection to it is lost."""


class DatabaseRefusedError(DatabaseError):
    """The database refuses a statement: it is read-only or full, a table is in use, or a statement takes too long."""


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
                "tcp_user_timeout": _PEER_LOST_MS,
                **_KEEPALIVE,
            },
            hide_parameters=True,
        )
        event.listen(self.engine, "connect", _set_session)
        event.listen(self.engine, "handle_error", _hide_values)

    def __repr__(self) -> str:
        return f"Database({safe_url(self.url)!r})"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back on any error.

        Raises:
            DatabaseUnavailableError: if the server does not answer or refuses the login, or the connection is lost.
            DatabaseRefusedError: if the database is read-only or full, a table stays in use for longer than the
                `lock_timeout`, a statement takes longer than the `statement_timeout`, or another transaction is in the
                way.
        """
        with self._translated(), self._transaction() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read-only transaction: every query sees the same snapshot, and the server refuses any write.

        It needs no right but SELECT. A statement that writes is a fault of the program and raises as it is.

        Raises:
            DatabaseUnavailableError, DatabaseRefusedError: as `begin`.
        """
        with self._translated(may_write=False), self._transaction() as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    @contextmanager
    def _translated(self, *, may_write: bool = True) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, psycopg2.Error) as error:
            if isinstance(cause_of(error), errors.ReadOnlySqlTransaction) and not may_write:
                raise
            if failure := _expected(error, safe_url(self.url)):
                raise failure from error
            raise

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None):
                raise  # the server answered: with an error of a statement
            raise DatabaseUnavailableError(
                f"The database {safe_url(self.url)} does not answer ({_first_line(error)}). {_connect_remedy(error)}"
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


def cause_of(error: DBAPIError | psycopg2.Error) -> BaseException | None:
    """The driver's own error: SQLAlchemy wraps it, COPY does not."""
    return error.orig if isinstance(error, DBAPIError) else error


def _expected(error: DBAPIError | psycopg2.Error, url: str) -> DatabaseError | None:
    """What an error of the server means, in a sentence with its remedy; None for a fault of the program."""
    cause = cause_of(error)
    if isinstance(cause, _LOST_CONNECTION) or _is_lost(cause):
        return DatabaseUnavailableError(
            f"The connection to {url} was lost ({_first_line(error)}). The open transaction was undone. When the "
            "server answers (`jobmatch stats` tests it), run this again."
        )
    sentence = next((said for kind, said in _REFUSALS.items() if isinstance(cause, kind)), None)
    return None if sentence is None else DatabaseRefusedError(sentence.format(url=url))


def _is_lost(cause: BaseException | None) -> bool:
    """Whether libpq says that the connection is gone: such an error has no code, and any class."""
    said = str(cause).lower()
    return (
        isinstance(cause, psycopg2.Error)
        and not cause.pgcode
        and any(part in said for part in ("connection", "data from server", "data to server"))
    )


def _connect_remedy(error: OperationalError) -> str:
    if "too many clients" in str(error) or "connection slots" in str(error):
        return "End idle sessions (see pg_stat_activity) or raise max_connections of the server."
    return "Check JOBMATCH_DATABASE_URL, or unset it to use the embedded PostgreSQL."


def _set_session(connection: Any, _record: object) -> None:
    """Set the options of the session. Not at the login: a pooler in transaction mode refuses options there.

    Such a pooler hands the time zone on to every connection of the server that it uses.
    """
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = '{value}'" for name, value in _SESSION_OPTIONS.items()))
    connection.autocommit = False


def _hide_values(context: ExceptionContext) -> None:
    """Reduce an error to its class and first sentence: the rest ("Failing row contains …") may quote a CV."""
    error = context.original_exception
    if message := getattr(getattr(error, "diag", None), "message_primary", None):
        error.args = (message,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(error).__name__}) {message}",)


def _first_line(error: DBAPIError | psycopg2.Error) -> str:
    return (str(cause_of(error) or "").strip().splitlines() or ["the server gives no reason"])[0]
