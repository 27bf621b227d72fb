"""Who was erased and is back: users of a restored backup that is older than their erasure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jobmatch_dagster.core.profiles.user_keys import is_user_key
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.operations.personal import stored_user_keys
from jobmatch_dagster.pipeline.operations.erasure_notes import count_erasures, erased_at
from jobmatch_dagster.pipeline.profiles.user_files import files_of_user, keys_with_files


@dataclass(frozen=True)
class UsersToErase:
    """Keys to erase again, in order; how many erasures are noted, and how many stored keys were compared with them."""

    user_keys: Sequence[str]
    erasures: int
    keys_compared: int


def find_users_to_erase_again(
    database: Database, *, inboxes: Sequence[Path], erasures: Path, partitions: Collection[str]
) -> UsersToErase:
    """Compare every user key of the database, the folders and Dagster's partitions with the notes of erasures.

    Who was erased and came back later is left alone: the row of the user is newer than the erasure, or, where no CV was
    read yet, the file in the inbox is.

    Raises:
        ErasureNotesError: if a note cannot be read.
    """
    with database.read() as connection:
        stored = stored_user_keys(connection)
    in_folders = {key for inbox in inboxes for key in keys_with_files(inbox)}
    keys = set(filter(is_user_key, {*stored, *in_folders, *partitions}))
    erased = erased_at(erasures, keys)
    back = [key for key, moment in sorted(erased.items()) if not _is_newer(key, moment, stored.get(key), inboxes)]
    return UsersToErase(back, count_erasures(erasures), len(keys))


def _is_newer(user_key: str, erasure: datetime, created_at: datetime | None, inboxes: Sequence[Path]) -> bool:
    """Whether a user came after an erasure."""
    if created_at is not None:
        return created_at > erasure
    files = [file for inbox in inboxes for file in files_of_user(inbox, user_key)]
    return any(datetime.fromtimestamp(file.lstat().st_mtime, UTC) > erasure for file in files)
