"""Conversion of a legacy database and the way back: nothing is lost, and nothing is half done."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg2
import pytest
from sqlalchemy import Connection, create_engine, event, text

from jobmatch_dagster.db.connection.engine import Database, run_script
from jobmatch_dagster.db.connection.migrations import MigrationError, apply_all, migrate, plan, rollback
from jobmatch_dagster.db.legacy.backup import checksums
from jobmatch_dagster.db.legacy.state import SUFFIX, State
from jobmatch_dagster.db.operations.personal import count_rows, erase_rows, places_of_user, rows_at
from jobmatch_dagster.pipeline.operations.legacy import (
    Conversion,
    convert_legacy,
    inspect_legacy,
    restore_legacy,
)
from jobmatch_dagster_tests.support.legacy_database import build_legacy_database

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LEGACY_TABLES = ("applications", "jobs", "raw_jobs_test", "user_job_matches", "users")
# What the checksum of a table would not see: which tables and other relations there are.
RELATIONS = text(
    "SELECT relkind, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname COLLATE \"C\""
)


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    """A database without any table."""
    database = Database(empty_database_url)
    yield database
    database.dispose()


def state(database: Database) -> tuple[list[str], dict[str, str]]:
    """Everything of a legacy database: its relations, and the checksum of each of its tables."""
    with database.begin() as connection:
        relations = [f"{row.relkind} {row.relname}" for row in connection.execute(RELATIONS)]
        return relations, checksums(connection, (*LEGACY_TABLES, "not_of_the_project"))


def converted(database: Database) -> Conversion:
    """Convert; it must find something to convert."""
    result = convert_legacy(database, NOW, _quiet)
    assert result is not None
    return result


def query(database: Database, sql: str, **parameters: Any) -> list[Any]:
    with database.begin() as connection:
        return list(connection.execute(text(sql), parameters).all())


def test_a_conversion_can_be_reverted_and_repeated(empty: Database) -> None:
    build_legacy_database(empty, jobs=3_882)
    before = state(empty)

    result = converted(empty)
    assert result.rows == result.tables["raw_jobs_test"] == 3_882
    assert result.postings + result.duplicates + result.refused == 3_882
    assert result.refused == 3 * 39
    assert result.postings_of_decisions >= 4
    assert result.duplicates == 0
    assert inspect_legacy(empty)[0].state is State.CONVERTED
    with empty.begin() as connection:
        backups = checksums(connection, [name + SUFFIX for name in LEGACY_TABLES])
    assert backups == {name: before[1][name] for name in LEGACY_TABLES}
    first = _postings(empty)

    assert restore_legacy(empty, _quiet) == LEGACY_TABLES
    assert state(empty) == before
    assert inspect_legacy(empty)[0].state is State.LEGACY

    assert converted(empty) == result
    assert _postings(empty) == first
    assert convert_legacy(empty, NOW, _quiet) is None  # a second time there is nothing to do


def test_types_are_converted(empty: Database) -> None:
    build_legacy_database(empty, jobs=200)
    converted(empty)
    rows = {row.external_id: row for row in query(empty, "SELECT * FROM jobs")}
    old = {row.external_id: row for row in query(empty, f"SELECT * FROM raw_jobs_test{SUFFIX} ORDER BY id")}
    numbers = {external_id: number for number, external_id in enumerate(old)}
    for external_id, row in rows.items():
        if external_id not in old or row.source == "activejobs":
            continue  # from the thin record
        assert row.ai_key_skills is None or all("[" not in s and "{" not in s and s for s in row.ai_key_skills)
        assert row.date_created.tzinfo is not None
        if numbers[external_id] % 6 == 0 and numbers[external_id] % 5:
            assert (row.salary_min, row.salary_max, row.salary_currency, row.salary_unit) == (
                55_000,
                65_000,
                "EUR",
                "YEAR",
            )
        if numbers[external_id] % 6 == 2 and numbers[external_id] % 5:
            assert row.salary_min is None
            assert row.extra["_unusable"]["salary_raw"]["value"] == '"Competitive"'
        if numbers[external_id] % 100 == 45 and numbers[external_id] % 5:
            assert row.extra["_unusable"]["ai_experience_level"]["value"] == '"expert"'
    same = [rows[e].ai_key_skills for e, n in numbers.items() if n % 5 == 0 and e in rows]
    assert sum(skills is not None for skills in same) > 30
    assert query(empty, "SELECT count(*) FROM jobs WHERE extra::text ~ 'SECRET|Muster' OR extra ? 'status'")[0][0] == 0
    assert query(empty, "SELECT count(*) FROM job_pages WHERE convert_from(body, 'UTF8') ~ 'SECRET'")[0][0] == 0
    reasons = {(row.field, row.reason) for row in query(empty, "SELECT field, reason FROM quarantined_records")}
    assert {field for field, _ in reasons} == {"url", "organization", "date_created"}


def test_decisions_are_carried_by_external_id(empty: Database) -> None:
    build_legacy_database(empty, jobs=200)
    result = converted(empty)
    expected = query(
        empty,
        f"""
        SELECT DISTINCT ON (m.user_id, j.job_id) m.user_id::text AS user_key, j.job_id AS external_id,
               CASE WHEN lower(trim(m.status)) IN ('saved', 'shortlisted') THEN 'saved'
                    WHEN m.status IN ('applied', 'applying') THEN 'applied' ELSE 'rejected' END AS status,
               m.last_updated AT TIME ZONE 'UTC' AS decided_at
        FROM user_job_matches{SUFFIX} AS m JOIN jobs{SUFFIX} AS j ON j.id = m.job_id
        WHERE m.status NOT IN ('new', 'viewed', 'strange')
          AND j.job_id <> 'jsearch-0'
        ORDER BY m.user_id, j.job_id, m.last_updated DESC, m.id DESC
        """,
    )
    carried = query(
        empty,
        "SELECT user_key, external_id, status, decided_at FROM user_job_matches "
        "JOIN users ON users.id = user_id JOIN jobs ON jobs.id = job_id",
    )
    assert sorted(map(tuple, carried)) == sorted(map(tuple, expected))
    assert len(carried) == result.decisions_carried > 100
    outcomes = {
        row.outcome: row.n for row in query(empty, "SELECT outcome, count(*) AS n FROM legacy_decisions GROUP BY 1")
    }
    assert outcomes == {
        "carried": result.decisions_carried,
        "older": result.decisions_older,
        "left": result.decisions_left,
    }
    reasons = {
        row.reason for row in query(empty, "SELECT DISTINCT reason FROM legacy_decisions WHERE outcome = 'left'")
    }
    assert len(reasons) == 3
    assert [row.active for row in query(empty, "SELECT active FROM users ORDER BY user_key")] == [True, False, True]
    assert result.decisions_without_user > 0


def test_statuses_of_legacy_jobs_belong_to_the_only_user(empty: Database) -> None:
    build_legacy_database(empty, jobs=60, users=1)
    result = converted(empty)
    assert result.decisions_without_user == 0
    query_ = "SELECT count(*) FROM legacy_decisions WHERE legacy_match_id LIKE 'jobs %'"
    assert query(empty, query_)[0][0] > 0


def test_row_that_the_database_refuses_is_quarantined_alone(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def stricter(connection: Connection) -> tuple[str, ...]:
        applied = apply_all(connection)
        connection.exec_driver_sql("ALTER TABLE jobs ADD CHECK (title <> 'cursed')")
        return applied

    monkeypatch.setattr("jobmatch_dagster.pipeline.operations.legacy.apply_all", stricter)
    build_legacy_database(empty, jobs=40)
    _execute(empty, "UPDATE raw_jobs_test SET title = 'cursed', raw_data = NULL WHERE id = 7")
    before = state(empty)
    result = converted(empty)
    assert (result.rows, result.postings, result.refused) == (40, 39, 1)
    reasons = [row.reason for row in query(empty, "SELECT reason FROM quarantined_records")]
    assert sum(reason.startswith("the database refuses it: new row") for reason in reasons) == 1
    restore_legacy(empty, _quiet)
    assert state(empty) == before


def test_a_conversion_that_does_not_verify_is_undone(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def meddling(connection: Connection) -> tuple[str, ...]:
        applied = apply_all(connection)
        run_script(
            connection,
            "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.record_hash := 'other'; RETURN NEW; END $$; CREATE TRIGGER meddle BEFORE INSERT ON jobs "
            "FOR EACH ROW WHEN (NEW.title = 'cursed') EXECUTE FUNCTION meddle();",
        )
        return applied

    monkeypatch.setattr("jobmatch_dagster.pipeline.operations.legacy.apply_all", meddling)
    build_legacy_database(empty, jobs=20)
    _execute(empty, "UPDATE raw_jobs_test SET title = 'cursed', raw_data = NULL WHERE id = 7")
    before = state(empty)
    cursed = query(empty, "SELECT external_id FROM raw_jobs_test WHERE id = 7")[0].external_id
    with pytest.raises(MigrationError, match=rf"inconsistent: 1 postings .*first {cursed}\. Nothing was changed"):
        convert_legacy(empty, NOW, _quiet)
    assert state(empty) == before


def _nothing(database: Database) -> None:
    """Leave the database empty."""


def _without_rich_table(database: Database) -> None:
    build_legacy_database(database, jobs=20)
    _execute(database, "DROP TABLE raw_jobs_test")


def _rich_table_alone(database: Database) -> None:
    build_legacy_database(database, jobs=20)
    _execute(database, "DROP TABLE jobs CASCADE")


def _other_jobs(database: Database) -> None:
    _execute(database, "CREATE TABLE jobs (id integer, title text)")


def _converted_by_another_program(database: Database) -> None:
    build_legacy_database(database, jobs=20)
    _execute(database, "ALTER TABLE jobs RENAME TO jobs_legacy_backup; ALTER TABLE raw_jobs_test RENAME TO jobs")


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (_without_rich_table, "raw_jobs_test, which has the full records, is missing"),
        (_rich_table_alone, "raw_jobs_test exists, the legacy table jobs does not"),
        (_other_jobs, "jobs has no job_id"),
        (_converted_by_another_program, "come from another program's conversion"),
    ],
)
def test_a_half_legacy_database_is_left_alone(prepare: Callable[[Database], None], said: str, empty: Database) -> None:
    prepare(empty)
    before = query(empty, str(RELATIONS))
    with pytest.raises(MigrationError, match=said):
        convert_legacy(empty, NOW, _quiet)
    assert query(empty, str(RELATIONS)) == before


@pytest.mark.parametrize(("prepare", "said"), [(_nothing, "no tables of the legacy"), (migrate, "no legacy tables")])
def test_where_nothing_is_legacy_nothing_happens(
    prepare: Callable[[Database], object], said: str, empty: Database
) -> None:
    prepare(empty)
    before = query(empty, str(RELATIONS))
    sentences: list[str] = []
    assert convert_legacy(empty, NOW, sentences.append) is None
    assert said in sentences[0]
    with pytest.raises(MigrationError, match="no legacy state to go back to"):
        restore_legacy(empty, sentences.append)
    assert query(empty, str(RELATIONS)) == before


def test_a_changed_backup_is_not_restored(empty: Database) -> None:
    build_legacy_database(empty, jobs=20)
    converted(empty)
    _execute(empty, f"UPDATE jobs{SUFFIX} SET title = 'other' WHERE id = 1")
    with pytest.raises(MigrationError, match="Checksums differ for jobs: the backups were changed"):
        restore_legacy(empty, _quiet)
    assert inspect_legacy(empty)[0].state is State.CONVERTED


def _forget(database: Database, user_key: str) -> dict[str, int]:
    """Erase a user's rows as a login of the pipeline does; gives what was found."""
    with database.begin() as connection:
        role = connection.scalar(text("SELECT isolation_role('pipeline')"))
        connection.exec_driver_sql(f'SET LOCAL ROLE "{role}"')
        places = places_of_user(connection, user_key)
        found = count_rows(connection, places)
        assert sum(len(list(rows_at(connection, place))) for place in places) == sum(found.values())
        erase_rows(connection, places)
        assert set(count_rows(connection, places).values()) == {0}
        assert places_of_user(connection, user_key) == []
    return found


def test_an_erasure_covers_the_backups_and_keeps_the_restore(empty: Database) -> None:
    build_legacy_database(empty, jobs=40)
    converted(empty)
    found = _forget(empty, "1")
    assert {f"{name}{SUFFIX}" for name in ("users", "user_job_matches", "applications")} | {"users"} <= found.keys()
    assert f"jobs{SUFFIX}" not in found  # there are other users, whose the statuses may be
    restore_legacy(empty, _quiet)
    assert [row.id for row in query(empty, "SELECT id FROM users ORDER BY id")] == [2, 3]
    assert query(empty, "SELECT count(*) FROM user_job_matches WHERE user_id = 1")[0][0] == 0
    assert query(empty, "SELECT count(*) FROM jobs WHERE match_reasoning IS NOT NULL")[0][0] > 0


def test_an_erasure_does_not_excuse_a_changed_backup(empty: Database) -> None:
    build_legacy_database(empty, jobs=20)
    converted(empty)
    _execute(empty, f"UPDATE users{SUFFIX} SET name = 'other' WHERE id = 2")
    _forget(empty, "1")
    with pytest.raises(MigrationError, match="Checksums differ for users: the backups were changed"):
        restore_legacy(empty, _quiet)


def test_an_erasure_of_the_only_user_covers_the_legacy_jobs(empty: Database) -> None:
    build_legacy_database(empty, jobs=20, users=1)
    converted(empty)
    assert _forget(empty, "1")[f"jobs{SUFFIX}"] > 0
    restore_legacy(empty, _quiet)
    said = query(empty, "SELECT match_score, match_reasoning, priority, status FROM jobs")
    assert {tuple(row) for row in said} == {(None,) * 4}


def test_an_erasure_finds_users_without_table_or_key(empty: Database) -> None:
    build_legacy_database(empty, jobs=20)
    _execute(empty, "DROP TABLE users CASCADE")
    converted(empty)
    found = _forget(empty, "2")
    assert found[f"user_job_matches{SUFFIX}"] > 0
    restore_legacy(empty, _quiet)
    users = query(empty, "SELECT DISTINCT user_id FROM user_job_matches ORDER BY 1")
    assert [row.user_id for row in users] == [1, 3]


def test_a_second_conversion_at_once_is_refused(empty: Database) -> None:
    build_legacy_database(empty, jobs=20)
    with empty.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7201001)"))
        with pytest.raises(MigrationError, match="Another process"):
            convert_legacy(empty, NOW, _quiet)


def test_a_rollback_never_removes_the_way_back(empty: Database) -> None:
    build_legacy_database(empty, jobs=60)
    before = state(empty)
    converted(empty)
    with pytest.raises(MigrationError, match="Use `jobmatch rollback --to-legacy`"):
        rollback(empty, everything=True)
    while plan(empty).applied != ("0001.schema",):
        assert len(rollback(empty)) == 1
    with pytest.raises(MigrationError, match="Use `jobmatch rollback --to-legacy`"):
        rollback(empty)
    assert inspect_legacy(empty)[0].state is State.CONVERTED
    migrate(empty)
    restore_legacy(empty, _quiet)
    assert state(empty) == before


@pytest.mark.parametrize("way", ["over", "back"])
def test_a_kill_at_any_conversion_statement_changes_nothing(way: str, empty: Database) -> None:
    """At a sample of the statements; at all of them nightly."""
    _kill_along_the_way(empty, way, every=91)


@pytest.mark.nightly
@pytest.mark.parametrize("way", ["over", "back"])
def test_a_kill_at_every_statement_changes_nothing(way: str, empty: Database) -> None:
    _kill_along_the_way(empty, way, every=1)


_ALIKE = ("COMMENT", "SAVEPOINT", "CREATE", "ALTER", "DROP", 'INSERT INTO "_yoyo')


def _kill_along_the_way(database: Database, way: str, *, every: int) -> None:
    """Terminate the backend at statement after statement, until one run gets through."""
    build_legacy_database(database, jobs=12)
    legacy = state(database)
    if way == "back":
        converted(database)
    before = state(database) if way == "over" else _whole(database)
    statement, kills = 1, 0
    while True:
        killed = _run_and_kill(database, _convert if way == "over" else _restore, statement)
        if not killed:
            break
        assert (state(database) if way == "over" else _whole(database)) == before, f"killed at statement {statement}"
        kills += 1
        # The statements of yoyo, one for each comment and index, are alike.
        statement += every if killed.startswith(_ALIKE) else 1
    assert kills > 5
    if way == "over":
        assert inspect_legacy(database)[0].state is State.CONVERTED
        restore_legacy(database, _quiet)
    assert state(database) == legacy


def _run_and_kill(database: Database, work: Callable[[Database], object], statement: int) -> str:
    """Run the work on connections that die at this statement; gives the statement, or nothing when it got through."""
    doomed = Database(database.url)
    seen: list[str] = []

    class Doomed(psycopg2.extensions.cursor):
        def execute(self, query: Any, variables: Any = None) -> None:
            seen.append(str(query).strip())
            if len(seen) == statement:
                _terminate(database, self.connection.info.backend_pid)
            super().execute(query, variables)

        def copy_expert(self, sql: Any, *arguments: Any) -> None:
            seen.append(str(sql).strip())
            if len(seen) == statement:
                _terminate(database, self.connection.info.backend_pid)
            super().copy_expert(sql, *arguments)

    # The first statements are SQLAlchemy's own on a new connection.
    @event.listens_for(doomed.engine, "connect")
    def doom(connection: Any, _: Any) -> None:
        connection.cursor_factory = Doomed

    try:
        work(doomed)
    except Exception:  # noqa: BLE001 - whatever the dead connection raises
        return seen[statement - 1]
    finally:
        doomed.dispose()
    return ""


def _terminate(database: Database, pid: int) -> None:
    with database.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def _whole(database: Database) -> list[Any]:
    relations = query(database, str(RELATIONS))
    names = [row.relname for row in relations if row.relkind == "r"]
    with database.begin() as connection:
        return [*relations, checksums(connection, names)]


def _convert(database: Database) -> object:
    return convert_legacy(database, NOW, _quiet)


def _restore(database: Database) -> object:
    return restore_legacy(database, _quiet)


def _quiet(_: str) -> None:
    """Say nothing."""


def _postings(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in query(database, "SELECT external_id, record_hash FROM jobs ORDER BY external_id")]


def _execute(database: Database, statements: str) -> None:
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statements)
    engine.dispose()
