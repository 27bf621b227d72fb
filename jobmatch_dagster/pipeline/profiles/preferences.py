"""Setting what a user asks for, from a program or the command line.

Put here the door; what may be asked stands in `core/profiles/preferences.py`. The side file in the inbox goes the same
way (`stage.py`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobmatch_dagster.core.profiles.preferences import (
    Preferences,
    PreferencesError,
    check_preferences,
    read_preferences,
)
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import lock
from jobmatch_dagster.db.profiles.preferences import get_preferences, preferences_version, set_preferences
from jobmatch_dagster.db.profiles.profiles import ensure_user
from jobmatch_dagster.pipeline.profiles.inbox import require_user_key
from jobmatch_dagster.pipeline.profiles.read import user_lock


def change_preferences(
    database: Database,
    user_key: str,
    fields: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    clear: bool = False,
) -> tuple[Preferences, int]:
    """Set the given fields and leave the others, or all from a file, or none; gives what holds now and its version.

    Without any of them nothing is changed. The user is made when new.

    Raises:
        PreferencesError: naming every field that is wrong; nothing is changed.
        InboxError: if the key can be no user key.
    """
    require_user_key(user_key)
    if sum((bool(fields), file is not None, clear)) > 1:
        raise PreferencesError("give either fields, or a file, or clear")
    with database.begin() as connection:
        lock(connection, user_lock(user_key))
        wanted = get_preferences(connection, user_key)
        if fields:
            kept = {name: value for name, value in wanted.as_row().items() if value is not None}
            wanted = check_preferences({**kept, **fields})
        elif file is not None:
            wanted = read_preferences(_content(file))
        elif clear:
            wanted = Preferences()
        else:
            return wanted, preferences_version(connection, user_key)
        return wanted, set_preferences(connection, ensure_user(connection, user_key), wanted)


def _content(file: Path) -> bytes:
    if not file.is_file():
        raise PreferencesError(f"there is no file {file}")
    return file.read_bytes()
