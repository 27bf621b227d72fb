"""Erasure of a user.

Put here what is erased and how it is proved. Dagster's event history holds the user key and nothing else.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
from sqlalchemy import Connection, text

from jobmatch_dagster import names
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import MATCHING, lock
from jobmatch_dagster.defs.profiles.inbox import inbox_folder
from jobmatch_dagster.observability.history import forget_explanations
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.resources.postgres import PostgresResource


@dataclass
class ErasureReport:
    """What was erased, and how many rows of the user each table still holds (all 0)."""

    found: bool
    files_deleted: int = 0
    rows_left: dict[str, int] = field(default_factory=dict)


class UserKey(dg.Config):
    """Which user; the key as the caller gave it."""

    user_key: str


def erase_user(database: Database, user_key: str, inbox: Path | None) -> ErasureReport:
    """Erase a user's files and every row of theirs; looks afterwards into every table that names users."""
    files = _delete_files(inbox, user_key) if inbox else 0
    with database.begin() as connection:
        lock(connection, f"jobmatch/user/{user_key}")
        lock(connection, MATCHING)
        user_id = connection.scalar(text("SELECT id FROM users WHERE user_key = :key"), {"key": user_key})
        if user_id is None:
            return ErasureReport(found=False, files_deleted=files)
        tables = _tables_of_users(connection)
        connection.execute(text("DELETE FROM users WHERE id = :id"), {"id": user_id})
        left = {
            table: int(
                connection.scalar(text(f'SELECT count(*) FROM "{table}" WHERE user_id = :id'), {"id": user_id}) or 0
            )
            for table in tables
        }
    return ErasureReport(found=True, files_deleted=files, rows_left=left)


@dg.op
def erase_one_user(context: dg.OpExecutionContext, config: UserKey, database: PostgresResource) -> None:
    """Erase one user: files, documents, profiles, vectors, matches, ledger, partition."""
    report = erase_user(database.database(), config.user_key, inbox_folder())
    context.instance.delete_dynamic_partition(USERS.name or "", config.user_key)
    explanations = forget_explanations(context.instance, config.user_key)
    context.add_output_metadata(
        {
            "found": report.found,
            "files_deleted": report.files_deleted,
            "explanations_deleted": explanations,
            "places_searched": len(report.rows_left),
            "rows_left": sum(report.rows_left.values()),
        }
    )
    if any(report.rows_left.values()):
        raise dg.Failure(f"Rows of the user are left in: {sorted(t for t, n in report.rows_left.items() if n)}")


@dg.job(
    name="forget_user",
    tags={names.TAG_PURPOSE: "erasure"},
    description="Erase a user everywhere and prove it.",
)
def forget_user() -> None:
    """Erase a user."""
    erase_one_user()


def _tables_of_users(connection: Connection) -> list[str]:
    """Every table with a column `user_id`, from the catalogue: a table added later is searched too."""
    query = (
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' "
        "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    return list(connection.scalars(text(query)))


def _delete_files(inbox: Path, user_key: str) -> int:
    deleted = 0
    if not inbox.is_dir():
        return 0
    for entry in list(inbox.iterdir()):
        if entry.is_dir() and entry.name == user_key:
            deleted += sum(1 for file in entry.iterdir() if file.is_file())
            shutil.rmtree(entry)
        elif entry.is_file() and entry.stem == user_key:
            entry.unlink()
            deleted += 1
    return deleted
