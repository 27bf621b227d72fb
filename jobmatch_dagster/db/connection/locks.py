"""Advisory locks: work that must not run twice at once, in whatever process.

PostgreSQL releases a lock when its transaction or the process ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import Database

COLLECTING = "jobmatch/collecting"
LOADING = "jobmatch/loading"
EMBEDDING = "jobmatch/embedding"
EMBEDDING_PROFILES = "jobmatch/embedding-profiles"
MATCHING = "jobmatch/matching"
CALIBRATING = "jobmatch/calibrating"
DERIVING = "jobmatch/deriving"
DAGSTER_STORAGE = "jobmatch/dagster-storage"
ASKING_CLAUDE = "jobmatch/claude"
CLAUDE_BUDGET = "jobmatch/claude-budget"


def lock(connection: Connection, name: str) -> None:
    """Wait for the lock and keep it to the end of the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def lock_share(connection: Connection, name: str, share: str) -> None:
    """As `lock`, for a share of the work: only the same share waits, and whoever locks the whole."""
    connection.execute(text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))"), {"name": name})
    lock(connection, f"{name}/{share}")


@contextmanager
def exclusively(database: Database, name: str, share: str | None = None) -> Iterator[None]:
    """Keep the lock, of the whole or of a share, for the length of the block, over all its transactions."""
    with database.begin() as connection:
        if share is None:
            lock(connection, name)
        else:
            lock_share(connection, name, share)
        yield
