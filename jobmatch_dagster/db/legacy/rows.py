"""Rows of the legacy tables, read from their backups. What their values mean is in `core/catalog/legacy.py`."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.legacy import USER_COLUMNS, LegacyStatus, read_moment
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.legacy.state import OLD_USERS, SUFFIX


def stream_rows(
    connection: Connection, backup: str, rows_per_page: int, only: Collection[str] | None = None
) -> Iterator[Sequence[str]]:
    """Rows of a backup as JSON without the columns of users, in pages; with `only` those with these `job_id`."""
    parameters: dict[str, list[str]] = {"personal": list(USER_COLUMNS)}
    where = ""
    if only is not None:
        parameters["only"] = list(only)
        where = "WHERE job_id = ANY(:only)"
    query = f'SELECT CAST(to_jsonb(t) - CAST(:personal AS text[]) AS text) FROM "{backup}" AS t {where} ORDER BY ctid'
    streamed = connection.execute(text(query), parameters, execution_options={"stream_results": True})
    yield from streamed.scalars().partitions(rows_per_page)


def match_statuses(connection: Connection) -> list[LegacyStatus]:
    """Status of every legacy match that names its user."""
    return _statuses(connection, "legacy/match_statuses", {})


def job_statuses(connection: Connection, user_key: str) -> list[LegacyStatus]:
    """Status of every row of the legacy `jobs`, which names no user, attributed to this one."""
    return _statuses(connection, "legacy/job_statuses", {"user_key": user_key})


def only_user(connection: Connection) -> str | None:
    """Key of the legacy user if there is exactly one."""
    keys = connection.scalars(text(f'SELECT CAST(id AS text) FROM "{OLD_USERS}{SUFFIX}" LIMIT 2')).all()
    return keys[0] if len(keys) == 1 else None


def _statuses(connection: Connection, query: str, parameters: Mapping[str, str]) -> list[LegacyStatus]:
    return [
        LegacyStatus(row.match_id or "", row.user_key, row.external_id, row.status, read_moment(row.changed_at))
        for row in run_query(connection, query, parameters)
    ]
