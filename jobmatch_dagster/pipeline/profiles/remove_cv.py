"""Removing one of a user's CVs: its files, its documents and what was read from them."""

from collections.abc import Sequence
from pathlib import Path

from jobmatch_dagster.core.profiles.cv_labels import DEFAULT_LABEL, CvLabelError, require_label
from jobmatch_dagster.core.profiles.user_keys import require_user_key
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.cv_profiles import remove_profiles
from jobmatch_dagster.db.profiles.users import lock_user, require_user
from jobmatch_dagster.pipeline.profiles.inbox import folder_of_cv
from jobmatch_dagster.pipeline.profiles.user_files import delete_folder


def remove_cv(database: Database, user_key: str, label: str, *, inboxes: Sequence[Path]) -> int:
    """Remove a CV that has a label of its own; returns the profile version with which the user is matched again.

    The files go while no run can read them, and before the rows: interrupted, it can be repeated.

    Raises:
        UnknownUserError: if there is no such user.
        CvLabelError: if the user has no such CV, or would have none left.
        UserKeyError: if the key cannot be a user key.
    """
    require_user_key(user_key)
    if require_label(label) == DEFAULT_LABEL:
        raise CvLabelError(
            "The default CV stays: `jobmatch cv add` replaces it, and `jobmatch forget` removes the user."
        )
    with database.begin() as connection:
        lock_user(connection, user_key)
        version = remove_profiles(connection, require_user(connection, user_key), label, None)
        for inbox in inboxes:
            delete_folder(folder_of_cv(inbox, user_key, label))
    return version
