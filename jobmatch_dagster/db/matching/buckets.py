"""The buckets of users: partitions of `user_job_matches`, and which users are in them."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from jobmatch_dagster.core.buckets import Bucket, all_buckets
from jobmatch_dagster.db.connection.engine import run_query


def read_buckets(connection: Connection) -> tuple[Bucket, ...]:
    """The buckets that the matches are cut into."""
    return all_buckets(int(connection.scalars(text("SELECT match_buckets()")).one()))


def cut_matches(connection: Connection, count: int) -> None:
    """Cut the matches into this many buckets, under an exclusive lock, unless they are cut so already.

    Every row is written once. Users whose postings were matched stay matched.
    """
    connection.execute(text("SELECT cut_matches(:count)"), {"count": count})


def users_by_bucket(connection: Connection, user_keys: Sequence[str]) -> dict[Bucket, list[str]]:
    """These users by their bucket, in the order of the keys; keys that nobody has are left out."""
    buckets = read_buckets(connection)
    parameters = {"user_keys": list(user_keys), "buckets": len(buckets)}
    index_of = {row.user_key: row.bucket for row in run_query(connection, "matching/buckets_of_users", parameters)}
    found: dict[Bucket, list[str]] = {}
    for key in user_keys:
        if key in index_of:
            found.setdefault(buckets[index_of[key]], []).append(key)
    return found
