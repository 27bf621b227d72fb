"""From the legacy project's database to this one's, and back: one transaction each way.

Put here the order of the steps and what is verified. How a row is read belongs in `core/catalog/legacy.py`, how tables
are set aside in `backup.py`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.legacy import Decision, LegacyStatus, choose_decisions
from jobmatch_dagster.db.catalog.records import catalogue_checksum
from jobmatch_dagster.db.connection.bulk import copy_into
from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.db.connection.locks import LOADING, lock
from jobmatch_dagster.db.connection.migrations import MigrationError, apply_all, changing_schema, undo
from jobmatch_dagster.db.legacy.backup import checksums, lock_tables, put_back, set_aside
from jobmatch_dagster.db.legacy.rows import Loaded, legacy_statuses, load_rows, undecided_statuses_of_jobs
from jobmatch_dagster.db.legacy.state import OLD_JOBS, OLD_USERS, RICH_JOBS, SUFFIX, Found, State, recognise, row_counts

Say = Callable[[str], None]


@dataclass(frozen=True)
class Conversion:
    """Rows of the conversion.

    Each of the `rows` of the rich table became one of the `postings`, is a copy of one, or was refused. Postings that
    a user decided on and that the rich table lacks, or holds in no usable form, are made of their thin record.
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
    statuses_of_nobody: int


def look(database: Database) -> tuple[Found, dict[str, int]]:
    """What the database is, and the rows of each legacy table. Changes nothing."""
    with database.begin() as connection:
        found = recognise(connection)
        return found, row_counts(connection, found.tables)


def convert(database: Database, say: Say) -> Conversion | None:
    """Convert a legacy database; None when there is nothing to convert, which is said.

    Raises:
        MigrationError: if the database is half legacy, or anything does not come out as it must; nothing is changed.
    """
    with changing_schema(database) as connection:
        found = recognise(connection)
        say(found.sentence)
        if found.state is State.HALF:
            raise MigrationError(found.sentence)
        return _convert(connection, found.tables, say) if found.state is State.LEGACY else None


def restore(database: Database, say: Say) -> tuple[str, ...]:
    """Bring the legacy state back exactly; gives the names of its tables. What was collected since is lost.

    Raises:
        MigrationError: if there are no backups, or they are not what they were; nothing is changed.
    """
    with changing_schema(database) as connection:
        found = recognise(connection)
        if found.state is not State.CONVERTED:
            raise MigrationError(f"{found.sentence} There is no legacy state to go back to. Nothing was changed.")
        query = r"SELECT relname FROM pg_class WHERE relname LIKE '%\_legacy\_backup' AND relkind IN ('r', 'p') "
        backups = sorted(connection.scalars(text(query + "AND relnamespace = CAST(current_schema() AS regnamespace)")))
        expected = connection.scalar(text("SELECT checksums FROM legacy_conversions ORDER BY id DESC LIMIT 1"))
        lock_tables(connection, backups)
        undo(connection, everything=True)
        connection.exec_driver_sql("DROP TABLE IF EXISTS _yoyo_log, _yoyo_migration, _yoyo_version, yoyo_lock")
        tables = put_back(connection, backups)
        if expected is not None:
            _same(expected, checksums(connection, tables), "the backups were changed since the conversion")
        say(f"Restored: {', '.join(tables)}; each has the checksum that it had before the conversion.")
        return tables


def _convert(connection: Connection, tables: tuple[str, ...], say: Say) -> Conversion:
    lock_tables(connection, tables)
    counts = row_counts(connection, tables)
    before = checksums(connection, tables)
    set_aside(connection, tables)
    apply_all(connection)
    lock(connection, LOADING)
    say(f"Set aside {len(tables)} tables as *{SUFFIX}, made the schema.")

    loaded = Loaded()
    load_rows(connection, RICH_JOBS + SUFFIX, loaded)
    rows, postings, refused = loaded.rows, len(loaded.record_hashes), loaded.refused
    say(f"{rows:,} rows of {RICH_JOBS} read: {postings:,} postings, {refused:,} refused.")
    users = _carry_users(connection, tables)
    statuses = legacy_statuses(connection, tables)
    wanted = {item.external_id for item in statuses if item.external_id} - loaded.record_hashes.keys()
    load_rows(connection, OLD_JOBS + SUFFIX, loaded, only=_decided(statuses, wanted))
    decisions = choose_decisions(statuses, frozenset(loaded.record_hashes))
    _carry_decisions(connection, decisions)
    outcomes = [decision.outcome for decision in decisions]
    result = Conversion(
        tables=counts, rows=rows, postings=postings, duplicates=rows - postings - refused,
        refused=refused, postings_of_decisions=len(loaded.record_hashes) - postings, users=users,
        decisions_carried=outcomes.count("carried"), decisions_older=outcomes.count("older"),
        decisions_left=outcomes.count("left"),
        statuses_of_nobody=undecided_statuses_of_jobs(connection, tables),
    )  # fmt: skip
    _verify(connection, result, loaded, before, tables)
    copy_into(connection, "legacy_conversions", ("counts", "checksums"), [(asdict(result), before)])
    connection.exec_driver_sql("ANALYZE jobs")
    connection.exec_driver_sql("ANALYZE user_job_matches")
    return result


def _decided(statuses: list[LegacyStatus], missing: set[str]) -> list[str]:
    """Postings that a user decided on and that the rich table lacks: their thin record is better than none."""
    decided = choose_decisions(statuses, frozenset(missing))
    return sorted({d.found.external_id for d in decided if d.outcome == "carried" and d.found.external_id})


def _carry_users(connection: Connection, tables: tuple[str, ...]) -> int:
    """A legacy user's id becomes the user key; names and addresses stay in the backup."""
    if OLD_USERS not in tables:
        return 0
    return len(run_query(connection, "legacy/carry_legacy_users"))


def _carry_decisions(connection: Connection, decisions: list[Decision]) -> None:
    keys = sorted({decision.found.user_key for decision in decisions})
    connection.execute(
        text("INSERT INTO users (user_key) SELECT unnest(CAST(:keys AS text[])) ON CONFLICT (user_key) DO NOTHING"),
        {"keys": keys},
    )
    ids: dict[str, int] = {
        row.user_key: row.id
        for row in connection.execute(
            text("SELECT id, user_key FROM users WHERE user_key = ANY(:keys)"), {"keys": keys}
        )
    }
    copy_into(
        connection,
        "legacy_decisions",
        ("user_id", "legacy_match_id", "external_id", "legacy_status", "decided_at", "outcome", "reason"),
        (
            (ids[d.found.user_key], d.found.match_id, d.found.external_id, d.found.status, d.found.changed_at,
             d.outcome, d.reason)
            for d in decisions
        ),
    )  # fmt: skip
    carried = [d for d in decisions if d.outcome == "carried"]
    run_query(
        connection,
        "legacy/carry_legacy_decisions",
        {
            "user_ids": [ids[d.found.user_key] for d in carried],
            "external_ids": [d.found.external_id for d in carried],
            "statuses": [d.status for d in carried],
            "times": [d.found.changed_at for d in carried],
        },
    )


def _verify(
    connection: Connection, result: Conversion, loaded: Loaded, before: dict[str, str], tables: tuple[str, ...]
) -> None:
    """Nothing is committed that does not add up."""
    _same(before, checksums(connection, [name + SUFFIX for name in tables]), "a backup is not the table that it was")
    held = {
        row.external_id: row.record_hash
        for row in connection.execute(text("SELECT external_id, record_hash FROM jobs"))
    }
    expected = {"postings": catalogue_checksum(loaded.record_hashes)}
    _same(expected, {"postings": catalogue_checksum(held)}, "jobs is not what was read")
    counted = run_query(connection, "legacy/legacy_carried_counts")[0]
    numbers = {
        "rows": (result.rows, result.tables[RICH_JOBS]),
        "refused records": (loaded.refused, counted.refused),
        "decisions carried": (result.decisions_carried, counted.decisions),
    }
    for what, (told, found) in numbers.items():
        if told != found:
            raise MigrationError(
                f"The conversion does not add up: {told:,} {what}, {found:,} found. Nothing was changed."
            )


def _same(expected: dict[str, str], found: dict[str, str], what: str) -> None:
    if expected != found:
        differing = sorted(name for name in expected | found if expected.get(name) != found.get(name))
        raise MigrationError(f"Checksums differ for {', '.join(differing)}: {what}. Nothing was changed.")
