"""`users`: who is matched."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from jobmatch_dagster.core.buckets import ONLY_BUCKET, Bucket
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.connection.locks import CLAUDE_BUDGET, lock
from jobmatch_dagster.errors import NotFoundError


class UnknownUserError(NotFoundError):
    """There is no user of that key."""


@dataclass(frozen=True)
class UserToMatch:
    """A user whose profile or preferences are newer than the matches."""

    user_id: int
    user_key: str
    profile_version: int
    preferences_version: int


@dataclass(frozen=True)
class ListedUser:
    """An active user, what is known of the current profile, and the matches; None is unknown or not yet."""

    user_key: str
    experience_level: str | None
    industries: Sequence[str] | None
    profile_version: int | None
    skills_known: int
    matched_at: datetime | None
    matches: int


def database_time(connection: Connection) -> datetime:
    """Now by the server's clock, by which `users.created_at` is set."""
    moment: datetime = connection.scalars(text("SELECT now()")).one()
    return moment


def lock_user(connection: Connection, user_key: str) -> None:
    """Let only this transaction ingest, change or erase the user; waits for another one that does."""
    lock(connection, f"jobmatch/user/{user_key}")


def find_user_id(connection: Connection, user_key: str) -> int | None:
    """The user's id; None if there is no such user."""
    found: int | None = connection.scalar(text("SELECT id FROM users WHERE user_key = :key"), {"key": user_key})
    return found


def require_user(connection: Connection, user_key: str) -> int:
    """The user's id.

    Raises:
        UnknownUserError: if there is no such user; it names the nearest keys.
    """
    found = find_user_id(connection, user_key)
    if found is None:
        raise UnknownUserError(no_such_user(connection, user_key))
    return found


def no_such_user(connection: Connection, user_key: str, *, otherwise: str = "") -> str:
    """The sentences for a key that nobody has: at most three near keys, else what may be `otherwise`."""
    keys = connection.scalars(text("SELECT user_key FROM users")).all()
    folded = {key.casefold(): key for key in keys}
    near = [folded[match] for match in difflib.get_close_matches(user_key.casefold(), folded, n=3)]
    hint = f"Did you mean {', '.join(near)}?" if near else otherwise
    return " ".join(filter(None, (f"There is no user {user_key!r}.", hint, "`jobmatch users` lists all.")))


def read_users(connection: Connection, *, with_profile: bool = False, most: int) -> list[ListedUser]:
    """Active users in the order of their keys."""
    rows = run_query(connection, "profiles/user_list", {"with_profile": with_profile, "most": most})
    return [ListedUser(**row._mapping) for row in rows]


def ensure_user(connection: Connection, user_key: str) -> int:
    """The user's id; a new user is created."""
    connection.execute(
        text("INSERT INTO users (user_key) VALUES (:key) ON CONFLICT (user_key) DO NOTHING"), {"key": user_key}
    )
    return int(connection.scalars(text("SELECT id FROM users WHERE user_key = :key"), {"key": user_key}).one())


def deactivate_user(connection: Connection, user_key: str) -> int | None:
    """Let no new work begin for a user who is about to be erased; returns the id, None if there is no such user.

    Waits for claims on Claude's budget that are being made. A later claim finds the user inactive.
    """
    lock(connection, CLAUDE_BUDGET)
    query = "UPDATE users SET active = false WHERE user_key = :key RETURNING id"
    found: int | None = connection.scalar(text(query), {"key": user_key})
    return found


def activate_user(connection: Connection, user_key: str) -> None:
    """Let a user be matched again."""
    connection.execute(text("UPDATE users SET active = true WHERE user_key = :key"), {"key": user_key})


def active_user_keys(connection: Connection, bucket: Bucket = ONLY_BUCKET) -> list[str]:
    """Keys of all active users of a bucket, oldest first."""
    query = text(
        "SELECT user_key FROM users WHERE active "
        "AND (CAST(:bucket AS integer) IS NULL OR is_in_bucket(id, :bucket, :buckets)) ORDER BY id"
    )
    return list(connection.scalars(query, bucket.parameters))


def users_to_match(
    connection: Connection, scoring_key: str | None = None, bucket: Bucket = ONLY_BUCKET
) -> list[UserToMatch]:
    """Active users of a bucket whose profile or preferences are newer than their matches, or of another scoring.

    Without a scoring key, the scoring does not matter.
    """
    parameters = {"scoring_key": scoring_key, **bucket.parameters}
    return [UserToMatch(**row._mapping) for row in run_query(connection, "profiles/users_to_match", parameters)]
