"""The number of buckets that the matches are cut into."""

from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock
from jobmatch_dagster.db.connection.migrations import changing_schema
from jobmatch_dagster.db.matching.buckets import cut_matches, read_buckets


def ensure_buckets(database: Database, count: int, *, dry_run: bool = False) -> int:
    """Cut the matches into so many buckets, in one transaction that waits for running matchings.

    Returns:
        The number before, 0 when nothing is to be done.

    Raises:
        MigrationError: if a table stays in use, or another process is changing the schema.
    """
    with database.read() as connection:
        # A plan for a database whose schema is older.
        is_new = connection.scalar(text("SELECT to_regproc('match_buckets') IS NULL"))
        before = 1 if is_new else len(read_buckets(connection))
    if before == count:
        return 0
    if not dry_run:
        with changing_schema(database) as connection:
            lock(connection, MATCHING)
            cut_matches(connection, count)
    return before
