"""Work that is due for users: new files in the inbox, and matches older than the profile or the preferences.

It is found by comparing what is stored with what should be, so nothing is lost when a tick or a run fails.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jobmatch_dagster import names
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.documents import stored_files
from jobmatch_dagster.db.profiles.users import users_to_match
from jobmatch_dagster.pipeline.profiles.inbox import Inbox, InboxFile, list_inbox, new_files

# The longest time that files are read in one tick (Dagster ends a tick after 60 s); the next tick reads the others.
MAX_READING_SECONDS = 20.0


@dataclass(frozen=True)
class Work:
    """Work for one user. `cause` says in one line what makes it due; `tags` are put on its run."""

    user_key: str
    cause: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same work, whenever it is found due; nothing about the user can be read from it."""
        return digest(f"{self.user_key}\n{self.cause}")


@dataclass(frozen=True)
class DueWork:
    """Work that is due, and what was examined in numbers."""

    work: Sequence[Work]
    examined: str


def work_of_inbox(database: Database, folder: Path, now: datetime) -> DueWork:
    """One piece of work for each user with new files in the inbox; `now` is the time of the machine."""
    inbox = list_inbox(folder, now)
    with database.read() as connection:
        stored = stored_files(connection, sorted({file.user_key for file in inbox.files}))
    deadline = time.monotonic() + MAX_READING_SECONDS
    files_of: dict[str, list[InboxFile]] = {}
    for file in new_files(inbox.files, stored):
        files_of.setdefault(file.user_key, []).append(file)
        if time.monotonic() > deadline:
            break
    # The time of change belongs to the cause, because nobody can set it: the same file, put there again, is other
    # work. So attempts from before do not count for a user who was erased and came back.
    causes = {key: " ".join(f"{file.sha256} {file.changed_ns}" for file in files) for key, files in files_of.items()}
    return DueWork([Work(key, cause) for key, cause in causes.items()], _counted(inbox))


def work_of_profiles(database: Database) -> DueWork:
    """One piece of work for each user whose profile or preferences are newer than their matches."""
    with database.read() as connection:
        users = users_to_match(connection)
    work = [
        Work(
            user.user_key,
            f"user {user.user_id}, profile {user.profile_version}, preferences {user.preferences_version}",
            {
                names.TAG_PROFILE_VERSION: str(user.profile_version),
                names.TAG_PREFERENCES_VERSION: str(user.preferences_version),
            },
        )
        for user in users
    ]
    return DueWork(work, f"{len(users)} users whose profile or preferences are newer than their matches")


def digest(text: str) -> str:
    """A short hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _counted(inbox: Inbox) -> str:
    counts = f"{len(inbox.files)} files in the inbox"
    if inbox.being_written:
        counts += f", {inbox.being_written} still being written"
    if inbox.skipped:
        counts += f", {inbox.skipped} skipped (a link, no file, or a name that cannot be a user key)"
    return counts
