"""Everything that is stored about a user, as JSON: rows of every table, files, runs.

Vectors are included: they are personal data.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jobmatch_dagster.core.profiles.user_keys import require_user_key
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.operations import personal
from jobmatch_dagster.db.profiles.users import require_user
from jobmatch_dagster.pipeline.profiles.user_files import files_of_user, read_regular_file

FORMAT = "jobmatch-export-1"


def export_user(
    database: Database,
    user_key: str,
    *,
    now: datetime,
    inboxes: Sequence[Path],
    runs: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """Every row of the user by table, and the files in the inbox.

    Links, pipes and other special files in the inbox are listed by name and not opened.

    Args:
        database: the project's database.
        user_key: whose data.
        now: the time of the export.
        inboxes: the folders that may have CVs.
        runs: the user's runs as Dagster lists them; they go into the export as they are.

    Raises:
        UserKeyError: if the text cannot be a user key.
        UnknownUserError: if no row and no file of the user exists.
    """
    require_user_key(user_key)
    files = [file for inbox in inboxes for file in files_of_user(inbox, user_key)]
    with database.read() as connection:
        places = personal.places_of_user(connection, user_key)
        tables = {
            place.table: [_plain(row) for row in personal.rows_at(connection, place)]
            for place in sorted(places, key=lambda place: place.table)
        }
        if not tables and not files:
            require_user(connection, user_key)
    return {
        "format": FORMAT,
        "user_key": user_key,
        "exported_at": now.isoformat(),
        "tables": tables,
        "files": [_file(file) for file in files],
        "runs": list(runs),
    }


def _file(file: Path) -> dict[str, str | None]:
    content = read_regular_file(file)
    return {"name": file.name, "content_base64": None if content is None else _base64(content)}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: _value(value) for column, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return {"base64": _base64(bytes(value))}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
