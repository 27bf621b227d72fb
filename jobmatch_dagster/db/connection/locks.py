"""Advisory locks: work that must not meet itself, in whatever process it runs.

Put here the keys and how to hold them. PostgreSQL frees them when the transaction or its process ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import Database

COLLECTING = "jobmatch/collecting"
LOADING = "jobmatch/loading"
EMBEDDING = "jobmatch/embedding"
MATCHING = "jobmatch/matching"
DAGSTER_STORAGE = "jobmatch/dagster-storage"
ASKING_CLAUDE = "jobmatch/claude"
CLAUDE_BUDGET = "jobmatch/claude-budget"


def lock(connection: Connection, name: str) -> None:
    """Wait until nobody else holds the lock, then hold it to the end of the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


@contextmanager
def exclusively(database: Database, name: str) -> Iterator[None]:
    """Hold the lock for the length of the block, over as many transactions as it has."""
    with database.begin() as connection:
        lock(connection, name)
        yield
