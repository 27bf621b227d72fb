"""Everything that is held on a user, as JSON.

Put here what belongs to an export. Where the user's rows are belongs in `db/operations/personal.py`; nothing is left
out but what can be computed from the rest (vectors are given too: they are personal data).
"""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.operations import personal
from jobmatch_dagster.db.profiles.profiles import UnknownUserError
from jobmatch_dagster.pipeline.profiles.inbox import files_of, read_regular, require_user_key

FORMAT = "jobmatch-export-1"


def export_user(
    database: Database, user_key: str, *, inbox: Path | None, instance: dg.DagsterInstance | None = None
) -> dict[str, Any]:
    """Every row of the user by table, the files in the inbox, and the runs that were made for the user.

    Links, pipes and the like in the inbox are named, not opened.

    Raises:
        InboxError: if the key can be no user key.
        UnknownUserError: if neither a row nor a file of the user is held.
    """
    require_user_key(user_key)
    files = files_of(inbox, user_key) if inbox else []
    with database.begin() as connection:
        places = personal.places_of_user(connection, user_key)
        tables = {
            place.table: [_plain(row) for row in personal.rows_at(connection, place)]
            for place in sorted(places, key=lambda place: place.table)
        }
    if not tables and not files:
        raise UnknownUserError(f"Nothing is held on user {user_key!r}.")
    return {
        "format": FORMAT,
        "user_key": user_key,
        "exported_at": datetime.now(UTC).isoformat(),
        "tables": tables,
        "files": [_file(file) for file in files],
        "runs": [] if instance is None else _runs(instance, user_key),
    }


def _file(file: Path) -> dict[str, str | None]:
    content = read_regular(file)
    return {"name": file.name, "content_base64": None if content is None else _base64(content)}


def _runs(instance: dg.DagsterInstance, user_key: str) -> list[dict[str, Any]]:
    return [
        {
            "run_id": record.dagster_run.run_id,
            "job": record.dagster_run.job_name,
            "status": record.dagster_run.status.value,
            "created_at": record.create_timestamp.isoformat(),
        }
        for record in instance.get_run_records(dg.RunsFilter(tags={names.TAG_USER: user_key}))
    ]


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
