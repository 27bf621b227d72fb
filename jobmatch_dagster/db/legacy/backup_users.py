"""To whom the rows of the backups belong. Erasing and exporting a user is in `db/operations/personal.py`."""

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.legacy import USER_COLUMNS
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.legacy.state import OLD_JOBS, SUFFIX


def user_columns(connection: Connection) -> list[tuple[str, str]]:
    """Each backup with its column of legacy user ids, with or without a foreign key; the users first."""
    return [(row.table_name, row.column_name) for row in run_query(connection, "legacy/user_columns")]


def columns_of_the_only_user(connection: Connection, user_key: str) -> tuple[str, tuple[str, ...]]:
    """The backup of the legacy `jobs`, and those of its columns that belong to this user.

    The table names no user: the columns are the user's if the backups name no other user, or no longer do.
    """
    keys: set[str] = set()
    for table, column in user_columns(connection):
        query = f'SELECT DISTINCT CAST("{column}" AS text) FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT 2'
        keys.update(connection.scalars(text(query)))
    if keys != {user_key}:
        return OLD_JOBS + SUFFIX, ()
    query = (
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = ANY(:names) "
        "AND NOT attisdropped AND NOT attnotnull ORDER BY attnum"
    )
    found = connection.scalars(text(query), {"table": OLD_JOBS + SUFFIX, "names": list(USER_COLUMNS)})
    return OLD_JOBS + SUFFIX, tuple(found)
