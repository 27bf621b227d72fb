"""Conversion of a legacy database, and the way back: one transaction each.

Belongs here: the order of the steps and their verification. What a legacy row means is in `core/catalog/legacy.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.legacy import LegacyStatus, choose_decisions
from jobmatch_dagster.db.catalog.jobs import record_hashes
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import LOADING, lock
from jobmatch_dagster.db.connection.migrations import MigrationError, apply_all, changing_schema, undo
from jobmatch_dagster.db.connection.yoyo_backend import drop_bookkeeping
from jobmatch_dagster.db.legacy.backup import backup_tables, checksums, lock_tables, put_back, set_aside
from jobmatch_dagster.db.legacy.conversions import (
    count_written_rows,
    insert_decisions,
    insert_legacy_users,
    record_conversion,
    recorded_checksums,
)
from jobmatch_dagster.db.legacy.state import (
    OLD_JOBS,
    OLD_USERS,
    RICH_JOBS,
    SUFFIX,
    Recognition,
    State,
    recognise,
    row_counts,
)
from jobmatch_dagster.pipeline.operations.legacy_rows import (
    LoadedRows,
    count_unowned_decisions,
    legacy_statuses,
    load_backup,
)

Report = Callable[[str], None]


@dataclass(frozen=True)
class Conversion:
    """Numbers of a conversion.

    Each of the `rows` of the rich table became a posting, is a duplicate, or was refused. `postings_of_decisions` are
    postings that a user decided on and that the rich table lacks or has in no usable form; they come from `jobs`.
    """

    tables: dict[str, int]
    rows: int
    postings: int
    duplicates: int
    refused: int
    postings_of_decisions: int
    users: int
    decisions_carried: int
    decisions_older: int
    decisions_left: int
    decisions_without_user: int


def inspect_legacy(database: Database) -> tuple[Recognition, dict[str, int]]:
    """The kind of the database, and the number of rows in each legacy table. Changes nothing."""
    with database.begin() as connection:
        found = recognise(connection)
        return found, row_counts(connection, found.tables)


def convert_legacy(database: Database, now: datetime, report: Report) -> Conversion | None:
    """Convert a legacy database; None if it is not one, which is reported.

    Raises:
        MigrationError: if the database is only half a legacy database, or the verification fails; nothing is changed.
    """
    with changing_schema(database) as connection:
        found = recognise(connection)
        if found.state is State.HALF:
            raise MigrationError(found.sentence)
        report(found.sentence)
        return _convert(connection, found.tables, now, report) if found.state is State.LEGACY else None


def restore_legacy(database: Database, report: Report) -> tuple[str, ...]:
    """Restore the exact legacy state; everything collected since the conversion is lost.

    Returns:
        Names of the legacy tables.

    Raises:
        MigrationError: if there are no backups, or they were changed since the conversion; nothing is changed.
    """
    with changing_schema(database) as connection:
        found = recognise(connection)
        if found.state is not State.CONVERTED:
            raise MigrationError(f"{found.sentence} There is no legacy state to go back to. Nothing was changed.")
        backups = backup_tables(connection)
        expected = recorded_checksums(connection)
        lock_tables(connection, backups)
        undo(connection, everything=True)
        drop_bookkeeping(connection)
        tables = put_back(connection, backups)
        if expected is not None:
            _require_same(expected, checksums(connection, tables), "the backups were changed since the conversion")
        report(f"Restored: {', '.join(tables)}. Each table has the checksum that it had before the conversion.")
        return tables


def _convert(connection: Connection, tables: tuple[str, ...], now: datetime, report: Report) -> Conversion:
    lock_tables(connection, tables)
    counts = row_counts(connection, tables)
    before = checksums(connection, tables)
    set_aside(connection, tables)
    apply_all(connection)
    lock(connection, LOADING)
    report(f"Renamed {len(tables)} tables to *{SUFFIX} and created the schema.")

    loaded = LoadedRows()
    load_backup(connection, RICH_JOBS + SUFFIX, loaded, now)
    rows, postings, refused = loaded.rows, len(loaded.hashes), loaded.refused
    report(f"Read {rows:,} rows of {RICH_JOBS}: {postings:,} postings, {refused:,} refused.")
    users = insert_legacy_users(connection) if OLD_USERS in tables else 0
    statuses = legacy_statuses(connection, tables)
    if missing := _missing_postings(statuses, loaded.hashes):
        load_backup(connection, OLD_JOBS + SUFFIX, loaded, now, missing)
    decisions = choose_decisions(statuses, frozenset(loaded.hashes))
    insert_decisions(connection, decisions)
    outcomes = [decision.outcome for decision in decisions]
    result = Conversion(
        tables=counts, rows=rows, postings=postings, duplicates=rows - postings - refused,
        refused=refused, postings_of_decisions=len(loaded.hashes) - postings, users=users,
        decisions_carried=outcomes.count("carried"), decisions_older=outcomes.count("older"),
        decisions_left=outcomes.count("left"),
        decisions_without_user=count_unowned_decisions(connection, tables),
    )  # fmt: skip
    _verify(connection, result, loaded, before)
    record_conversion(connection, asdict(result), before)
    return result


def _missing_postings(statuses: Sequence[LegacyStatus], hashes: Mapping[str, str]) -> list[str]:
    """Postings that a user decided on and that the rich table lacks: the thin record in `jobs` is better than none."""
    missing = frozenset(item.external_id for item in statuses if item.external_id).difference(hashes)
    decided = choose_decisions(statuses, missing)
    return sorted({d.found.external_id for d in decided if d.outcome == "carried" and d.found.external_id})


def _verify(connection: Connection, result: Conversion, loaded: LoadedRows, before: Mapping[str, str]) -> None:
    """Let nothing be committed that is inconsistent."""
    backups = [name + SUFFIX for name in result.tables]
    _require_same(before, checksums(connection, backups), "a backup differs from its table")
    if loaded.hashes != (stored := record_hashes(connection)):
        differing = sorted(dict(loaded.hashes.items() ^ stored.items()))
        raise MigrationError(
            f"The conversion is inconsistent: {len(differing):,} postings are not in jobs as they were read, first "
            f"{differing[0]}. Nothing was changed."
        )
    written = count_written_rows(connection)
    numbers = {
        "rows": (result.rows, result.tables[RICH_JOBS]),
        "refused records": (loaded.refused, written.refused),
        "decisions": (result.decisions_carried, written.decisions),
    }
    for what, (expected, found) in numbers.items():
        if expected != found:
            raise MigrationError(
                f"The conversion is inconsistent: {expected:,} {what} expected, {found:,} found. Nothing was changed."
            )


def _require_same(expected: Mapping[str, str], found: Mapping[str, str], reason: str) -> None:
    if expected != found:
        differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        raise MigrationError(f"Checksums differ for {', '.join(differing)}: {reason}. Nothing was changed.")
