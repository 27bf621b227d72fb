"""The checker: every table of the database as it must be after the same work, whatever happened on the way.

The tables and columns come from PostgreSQL's catalog, so that a new table is compared without a change here. Left out
are ids, times and run ids; a reference is compared by what the row that it points to says.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import Database

_COLUMNS = text("""
    SELECT c.relname AS table_name, a.attname AS name
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname !~ 'yoyo' AND a.attidentity = '' AND a.attname <> 'run_id'
      AND a.atttypid NOT IN ('timestamptz'::regtype, 'uuid'::regtype, 'tsvector'::regtype)
    ORDER BY 1, a.attnum
""")
_REFERENCES = text("""
    SELECT c.relname AS table_name, a.attname AS name, f.relname AS target
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid AND NOT c.relispartition
    JOIN pg_class AS f ON f.oid = k.confrelid
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND c.relnamespace = current_schema()::regnamespace
""")
_IGNORED = {
    # A page that was fetched again after a kill is a second row with the same bytes.
    ("jobs", "page_id"): "provenance",
    ("jobs", "page_position"): "provenance",
    ("job_sightings", "last_page_id"): "provenance",
    ("job_sightings", "sightings"): "an interrupted sweep reads its last page again",
    ("job_pages", "headers"): "quota and time of the answer",
    ("job_pages", "request"): "limits that a resumed sweep asks with",
    ("quarantined_records", "page_id"): "provenance",
    ("cv_documents", "landing"): "a counter",
    ("cv_documents", "file_modified_ns"): "a time",
    ("claude_requests", "group_id"): "a random name",
    ("claude_requests", "batch_id"): "the vendor's name of a batch",
    ("claude_requests", "attempts"): "what was in flight is asked again; the money is compared instead",
    ("claude_requests", "failures"): "calls that failed",
    ("claude_requests", "lost_usd"): "what was in flight; the money is compared instead",
    ("claude_requests", "usage"): "cached tokens depend on what was asked before",
    ("claude_requests", "cost_usd"): "cached tokens depend on what was asked before",
    ("claude_requests", "reserved_usd"): "cached tokens depend on what was asked before",
    ("digest_deliveries", "attempts"): "a delivery that was cut off is repeated",
    ("forgotten_users", "salt"): "random",
    ("forgotten_users", "key_hash"): "salted",
}
"""Columns that are not compared, and why."""
# Of an answer what it says; its id and its tokens are the vendor's.
_PARTS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("claude_requests", "answer"): lambda answer: answer and answer["content"],
}
# An answer that is no page is stored, too, and nothing reads it.
_CONDITIONS = {"job_pages": "record_count IS NOT NULL"}
# Rows of these may be there twice after a fault: the same page, fetched again.
_SETS = {"job_pages"}
_CALIBRATION = re.compile(r"calibration-\d+")
# The files are compared by themselves.
_FILES_ERASED = re.compile(r"'files_erased': \d+")
Row = tuple[str, ...]
Rows = dict[str, list[Row]]


def all_rows(database: Database) -> Rows:
    """The rows of every table, each as texts `column=value`, sorted."""
    with database.read() as connection:
        tables = _read(connection)
        references = {(row.table_name, row.name): row.target for row in connection.execute(_REFERENCES)}
    columns = {
        name: [key for key in (rows[0] if rows else {}) if key != "id" and (name, key) not in _IGNORED]
        for name, rows in tables.items()
    }
    by_id = {name: {row["id"]: row for row in rows if "id" in row} for name, rows in tables.items()}

    @cache
    def said(table: str, identity: Any) -> str:
        return hashlib.sha256(repr(line(table, by_id[table][identity])).encode()).hexdigest()[:12]

    def line(table: str, row: dict[str, Any]) -> Row:
        values = []
        for column in columns[table]:
            value, target = row[column], references.get((table, column))
            value = _PARTS.get((table, column), lambda given: given)(value)
            if target and value is not None:
                value = said(target, value)
            elif isinstance(value, memoryview | bytes):
                value = hashlib.sha256(value).hexdigest()
            shown = _CALIBRATION.sub("calibration", f"{column}={value}")
            values.append(_FILES_ERASED.sub("'files_erased': some", shown))
        return tuple(values)

    return {
        name: sorted({line(name, row) for row in rows} if name in _SETS else [line(name, row) for row in rows])
        for name, rows in tables.items()
    }


def differences(expected: Rows, found: Rows) -> list[str]:
    """What is not the same, a line for each table; empty when everything is."""
    lines = []
    for table in sorted(expected.keys() | found.keys()):
        before, after = expected.get(table, []), found.get(table, [])
        if before != after:
            lost = [row for row in before if row not in set(after)]
            new = [row for row in after if row not in set(before)]
            lines.append(f"{table}: {len(before)} rows, now {len(after)}; {len(lost)} lost, {len(new)} new")
            lines += [f"  {cell[:300]}" for cell in _unlike(lost[:1], new[:1])]
    return lines


def all_files(*folders: Path) -> dict[str, bytes]:
    """Every file below these folders."""
    return {
        str(path.relative_to(folder.parent)): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _unlike(lost: Sequence[Row], new: Sequence[Row]) -> list[str]:
    """What one row has and the other has not."""
    one, other = (set(rows[0]) if rows else set() for rows in (lost, new))
    return [f"-{cell}" for cell in sorted(one - other)] + [f"+{cell}" for cell in sorted(other - one)]


def _read(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    names: dict[str, list[str]] = {}
    for row in connection.execute(_COLUMNS):
        names.setdefault(row.table_name, []).append(row.name)
    found = {}
    for table, columns in names.items():
        has_id = connection.scalar(
            text(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = 'id' "
                "AND NOT attisdropped"
            ),
            {"table": table},
        )
        listed = ", ".join(f'"{name}"' for name in (["id"] if has_id and "id" not in columns else []) + columns)
        condition = _CONDITIONS.get(table, "true")
        found[table] = [
            dict(row._mapping)
            for row in connection.exec_driver_sql(f'SELECT {listed} FROM "{table}" WHERE {condition}')
        ]
    return found
