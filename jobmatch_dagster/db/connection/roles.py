"""Read-only transactions with the rights of a role: one user's rows, or statistics over all users.

Roles, grants and policies come from the SQL function `isolate_users`, which every `jobmatch migrate` calls.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.errors import DatabaseError


class RoleMissingError(DatabaseError):
    """The database lacks a role, or the login is not a member of it."""


@contextmanager
def reading_as(database: Database, user_key: str) -> Iterator[Connection]:
    """One read-only transaction that sees the catalog and this user's rows, but no other user's.

    Role and user end with the transaction, so pooled connections are safe.

    Raises:
        RoleMissingError: if the role does not exist, or the login is not a member of it.
    """
    with database.begin() as connection:
        _become_reader(connection, user_key)
        yield connection


@contextmanager
def reading_for_statistics(database: Database) -> Iterator[Connection]:
    """One read-only transaction that counts over all users, without CVs, reasoning and answers of Claude.

    Raises:
        RoleMissingError: if the role does not exist, or the login is not a member of it.
    """
    with database.begin() as connection:
        _become(connection, "statistics")
        yield connection


def unprotected_tables(connection: Connection) -> list[str]:
    """Tables with data of users that lack row-level security or the reader's policy."""
    return [row.name for row in run_query(connection, "operations/unprotected_tables")]


class ReaderDatabase(Database):
    """A database of which every transaction is that of `reading_as`: whoever has it sees one user, and writes nothing.

    Raises:
        RoleMissingError: in each transaction, as `reading_as`.
    """

    def __init__(self, url: str, user_key: str) -> None:
        super().__init__(url)
        self._user_key = user_key

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A read-only transaction for the user."""
        with super().begin() as connection:
            _become_reader(connection, self._user_key)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """As `begin`."""
        with self.begin() as connection:
            yield connection


def _become_reader(connection: Connection, user_key: str) -> None:
    _become(connection, "reader")
    connection.execute(text("SELECT set_config('jobmatch.user_key', :key, true)"), {"key": user_key})


def _become(connection: Connection, purpose: str) -> None:
    """Give the rest of the transaction the rights of the role, to read alone."""
    role = connection.scalars(text("SELECT isolation_role(:purpose)"), {"purpose": purpose}).one()
    if not connection.scalar(
        text("SELECT pg_has_role(oid, 'SET') FROM pg_roles WHERE rolname = :role"), {"role": role}
    ):
        raise RoleMissingError(
            f"The role {role} is missing, or this login is not a member of it. Run `jobmatch migrate` as a user "
            f"who may create roles, then GRANT {role} TO the login."
        )
    connection.exec_driver_sql(f'SET LOCAL ROLE "{role}"')
    connection.exec_driver_sql("SET TRANSACTION READ ONLY")
