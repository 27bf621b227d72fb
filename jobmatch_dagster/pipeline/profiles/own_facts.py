"""Changing a user's own facts from a program or the command line.

A `profile.toml` in the inbox takes another way (`ingest.py`); both rest on `core/profiles/own_facts.py`.
"""

from dataclasses import dataclass
from pathlib import Path

from jobmatch_dagster.core.profiles.own_facts import OwnFacts, OwnFactsError, parse_own_facts
from jobmatch_dagster.core.profiles.user_keys import require_user_key
from jobmatch_dagster.core.profiles.user_toml import MAX_FILE_BYTES
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.cv_profiles import restate_profiles
from jobmatch_dagster.db.profiles.own_facts import read_own_facts, set_own_facts
from jobmatch_dagster.db.profiles.users import ensure_user, lock_user, require_user


@dataclass(frozen=True)
class OwnFactsChange:
    """A user's own facts, and the profile version that a change of them made; None if it made none."""

    facts: OwnFacts
    new_version: int | None = None


def change_own_facts(
    database: Database, user_key: str, *, file: Path | None = None, clear: bool = False
) -> OwnFactsChange:
    """Set a user's own facts from a file, or clear them; returns them.

    Without a file and clear nothing changes. A change for a new user creates the user. A change of the profile is a new
    version, and `cv_profile_sensor` matches the user again.

    Raises:
        UnknownUserError: if there is no such user and nothing to change.
        OwnFactsError: naming the file and every field that is wrong; nothing changes.
        UserKeyError: if the key cannot be a user key.
    """
    require_user_key(user_key)
    if file is not None and clear:
        raise OwnFactsError("give either a file or --clear")
    facts = OwnFacts() if file is None else _parse(file)
    with database.begin() as connection:
        lock_user(connection, user_key)
        if file is None and not clear:
            return OwnFactsChange(read_own_facts(connection, require_user(connection, user_key)))
        user_id = ensure_user(connection, user_key)
        set_own_facts(connection, user_id, facts)
        return OwnFactsChange(facts, restate_profiles(connection, user_id, None))


def _parse(file: Path) -> OwnFacts:
    if not file.is_file():
        raise OwnFactsError(f"There is no file {file}.")
    with file.open("rb") as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    try:
        return parse_own_facts(content)
    except OwnFactsError as error:
        raise OwnFactsError(f"{file}: {error}") from None
