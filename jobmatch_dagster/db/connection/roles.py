"""Reading with the eyes of one user, or of nobody in particular: roles and row-level security.

Put here how a transaction takes a role, and what is not isolated. Roles, grants and policies are made by
`isolate_users` (migration 0030), which every `jobmatch migrate` runs again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.errors import DatabaseError


class RoleMissingError(DatabaseError):
    """The database lacks a role, or this login may not take it."""


@contextmanager
def reading_as(database: Database, user_key: str) -> Iterator[Connection]:
    """One read-only transaction that sees the catalogue and what belongs to this user, and nothing of any other.

    The role and the user hold to the end of the transaction alone, so pooled connections are safe.

    Raises:
        RoleMissingError: if the role was not made, or the login is no member of it.
    """
    with _in_role(database, "reader") as connection:
        connection.execute(text("SELECT set_config('jobmatch.user_key', :key, true)"), {"key": user_key})
        yield connection


@contextmanager
def reading_for_statistics(database: Database) -> Iterator[Connection]:
    """One read-only transaction that counts over all users and sees no CV, no reasoning and no answer of Claude.

    Raises:
        RoleMissingError: if the role was not made, or the login is no member of it.
    """
    with _in_role(database, "statistics") as connection:
        yield connection


def unprotected_tables(connection: Connection) -> list[str]:
    """Tables of users, by `user_id` or a foreign key, that lack row-level security or the reader's policy."""
    return [row.name for row in run_query(connection, "operations/unprotected_tables")]


@contextmanager
def _in_role(database: Database, purpose: str) -> Iterator[Connection]:
    with database.begin() as connection:
        role = connection.scalars(text("SELECT isolation_role(:purpose)"), {"purpose": purpose}).one()
        if not connection.scalar(
            text("SELECT pg_has_role(oid, 'SET') FROM pg_roles WHERE rolname = :role"), {"role": role}
        ):
            raise RoleMissingError(
                f"The role {role} is missing, or this login is no member of it: run `jobmatch migrate` as a user that "
                f"may create roles, then GRANT {role} TO the login."
            )
        connection.exec_driver_sql(f'SET LOCAL ROLE "{role}"')
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        yield connection
