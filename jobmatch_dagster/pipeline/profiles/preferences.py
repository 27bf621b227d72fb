"""Changing a user's preferences from a program or the command line.

A preferences file in the inbox takes another way (`ingest.py`); both rest on `core/profiles/preferences.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobmatch_dagster.core.profiles.preferences import (
    Preferences,
    PreferencesError,
    parse_preferences,
    validate_preferences,
)
from jobmatch_dagster.core.profiles.user_keys import require_user_key
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.preferences import read_preferences, read_preferences_version, set_preferences
from jobmatch_dagster.db.profiles.users import ensure_user, lock_user, require_user


def change_preferences(
    database: Database,
    user_key: str,
    fields: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    clear: bool = False,
) -> tuple[Preferences, int]:
    """Set some fields, or all of them from a file, or clear them; returns the user's preferences and their version.

    A field that is None is removed. Without fields, file and clear nothing changes. A change for a new user creates the
    user.

    Raises:
        UnknownUserError: if there is no such user and nothing to change.
        PreferencesError: naming every field that is wrong; nothing changes.
        UserKeyError: if the key cannot be a user key.
    """
    require_user_key(user_key)
    if sum((bool(fields), file is not None, clear)) > 1:
        raise PreferencesError("give either fields, or a file, or clear")
    with database.begin() as connection:
        lock_user(connection, user_key)
        preferences = read_preferences(connection, user_key)
        if fields:
            merged = {**preferences.as_row(), **fields}
            preferences = validate_preferences({name: value for name, value in merged.items() if value is not None})
        elif file is not None:
            preferences = parse_preferences(_content(file))
        elif clear:
            preferences = Preferences()
        else:
            require_user(connection, user_key)
            return preferences, read_preferences_version(connection, user_key)
        return preferences, set_preferences(connection, ensure_user(connection, user_key), preferences)


def _content(file: Path) -> bytes:
    if not file.is_file():
        raise PreferencesError(f"there is no file {file}")
    return file.read_bytes()
