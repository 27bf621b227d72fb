"""Migrations up and down, their failures, and the rules that the schema enforces."""

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from jobmatch_dagster import api
from jobmatch_dagster.db.connection.engine import Database, DatabaseRefusedError, DatabaseUnavailableError, run_script
from jobmatch_dagster.db.connection.migrations import (
    MigrationError,
    SchemaVersionError,
    changing_schema,
    migrate,
    plan,
    require_schema,
    rollback,
)
from jobmatch_dagster.db.connection.schema_files import migration_names, project_views
from jobmatch_dagster.db.connection.yoyo_backend import apply_migrations
from jobmatch_dagster.db.matching.matches import decide
from jobmatch_dagster_tests.support.rows_of_users import FILL, JOBS
from jobmatch_dagster_tests.support.schema_text import RECORDED_SCHEMA, schema_text

SNAPSHOT = text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_class c "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '%yoyo%' ORDER BY 1, 2"
)


def schema(database: Database) -> list[tuple[object, ...]]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(SNAPSHOT)]


def test_every_migration_can_be_undone_and_applied_again(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert schema(database) == []
    applied = migrate(database)
    full = schema(database)
    assert len(full) > 100
    for _ in applied:
        assert len(rollback(database)) == 1
    assert schema(database) == []
    assert plan(database).applied == ()
    assert migrate(database) == applied
    assert schema(database) == full
    assert migrate(database) == ()
    database.dispose()


def test_the_schema_is_the_recorded_one(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.begin() as connection:
        found = schema_text(connection)
    database.dispose()
    recorded = RECORDED_SCHEMA.read_text(encoding="utf-8")
    assert found.splitlines() == recorded.splitlines(), "run `make schema` and look at what differs"


# Everything that migrations create, without object ids and positions. Row-level security comes after them.
_DEFINITIONS = text("""
    SELECT 'column', concat(c.relname, '.', a.attname),
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage,
                     pg_get_expr(d.adbin, d.adrelid), a.attidentity, col_description(c.oid, a.attnum))
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat('relation ', relkind), relname,
           concat_ws(' ', reloptions, obj_description(oid, 'pg_class'))
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')
    UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'constraint', concat(conrelid::regclass, '.', conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
    UNION ALL
    SELECT 'function', proname, pg_get_functiondef(oid) FROM pg_proc AS p
    WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend AS e WHERE e.objid = p.oid AND e.deptype = 'e')
""")


def definitions(database: Database) -> set[tuple[str, ...]]:
    with database.begin() as connection:
        return {tuple(row) for row in connection.execute(_DEFINITIONS) if "yoyo" not in row[1]}


def test_each_rollback_restores_the_schema_before_it(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    on_the_way, names = [definitions(database)], migration_names()
    for name in names:
        with changing_schema(database) as connection:
            apply_migrations(connection, (name,))
        on_the_way.append(definitions(database))
    migrate(database)
    with database.begin() as connection:
        run_script(connection, "".join([JOBS, *(FILL.format(key=key) for key in ("ada", "ben"))]))
    for name, expected in zip(names[::-1], on_the_way[-2::-1], strict=True):
        assert rollback(database) == (name,)
        found = definitions(database)
        assert sorted(found - expected) == sorted(expected - found) == [], name
    database.dispose()


def test_a_second_migration_at_once_is_refused(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7201001)"))
        with pytest.raises(MigrationError, match="Another process"):
            migrate(database)


@pytest.mark.parametrize("action", [migrate, rollback, plan])
def test_a_server_that_does_not_answer_is_one_sentence(action: Callable[[Database], object]) -> None:
    database = Database("postgresql://nobody:secret@127.0.0.1:9/none")
    with pytest.raises(DatabaseUnavailableError, match="does not answer") as caught:
        action(database)
    assert "secret" not in str(caught.value)


def test_jobs_has_no_column_of_a_user(database: Database) -> None:
    columns = {column for table, column, *_ in schema(database) if table == "jobs"}
    assert not columns & {"status", "priority", "user_id", "user_key", "match_score", "match_reasoning"}
    assert len(columns) > 50


def test_every_table_and_column_is_explained(database: Database) -> None:
    query = text(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "AND c.relname NOT LIKE '%yoyo%' "
        "AND (a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL "
        "OR obj_description(c.oid) IS NULL)"
    )
    with database.begin() as connection:
        assert connection.execute(query).all() == []


def as_administrator(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    as_administrator(
        database.url,
        "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('h', '0999.future'); "
        "UPDATE schema_compatibility SET needs_code = '0999.future'",
    )
    before = schema(database)
    for action in (migrate, rollback):
        with pytest.raises(MigrationError, match=r"does not know, last 0999\.future: .* newer version"):
            action(database)
    with pytest.raises(SchemaVersionError, match="Install that one"):
        require_schema(database)
    assert schema(database) == before


def test_a_database_with_pending_migrations_is_refused(database: Database) -> None:
    rollback(database)
    with pytest.raises(SchemaVersionError, match=rf"first {migration_names()[-1]}. Run `jobmatch migrate`"):
        require_schema(database)


def test_a_server_without_pgvector_is_one_sentence(empty_database_url: str) -> None:
    name = make_url(empty_database_url).database
    as_administrator(empty_database_url, f"ALTER DATABASE \"{name}\" SET extension_control_path = '/nowhere'")
    database = Database(empty_database_url)
    with pytest.raises(MigrationError, match=r"lacks the extension vector .*Install pgvector") as caught:
        migrate(database)
    assert "Nothing was changed" in str(caught.value)
    assert schema(database) == []
    database.dispose()


def test_a_read_only_database_is_one_sentence(database: Database) -> None:
    name = make_url(database.url).database
    before = schema(database)
    as_administrator(database.url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    standby = Database(database.url)
    with pytest.raises(MigrationError, match=r"is read-only .*Nothing was changed"):
        rollback(standby)
    with pytest.raises(DatabaseRefusedError, match="is read-only"):
        api.add_job(standby, {"id": "1", "title": "t", "organization": "o", "url": "u", "date_created": "2026-01-01"})
    assert plan(standby).pending == ()
    assert api.job_statistics(standby).total == 0
    assert schema(standby) == before
    standby.dispose()


def test_a_locked_table_is_one_sentence(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobmatch_dagster.db.connection.migrations.LOCK_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr("jobmatch_dagster.db.matching.matches.LOCK_TIMEOUT_SECONDS", 1)
    before = schema(database)
    with database.begin() as holder:
        holder.exec_driver_sql("LOCK TABLE jobs, user_job_matches IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(MigrationError, match=r"in use by another session .*Nothing was changed"):
            rollback(database, everything=True)
        with pytest.raises(DatabaseRefusedError, match="in use by another session"), database.begin() as connection:
            decide(connection, "ada", "1", "saved")
    assert schema(database) == before
    assert plan(database).applied == migration_names()


def test_a_migration_that_fails_leaves_everything_as_it_was(database: Database) -> None:
    as_administrator(database.url, "CREATE VIEW in_the_way AS SELECT title FROM jobs")
    before = schema(database)
    with pytest.raises(MigrationError, match=r"rolled back: cannot drop table jobs .*Nothing was changed"):
        rollback(database, everything=True)
    assert schema(database) == before
    with database.begin() as connection:
        for view in project_views():
            connection.execute(text(f"SELECT * FROM {view} LIMIT 1"))


def test_every_view_is_explained(database: Database) -> None:
    query = text(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' "
        "AND (obj_description(oid) IS NULL OR NOT reloptions @> ARRAY['security_invoker=true'])"
    )
    with database.begin() as connection:
        assert connection.scalars(query).all() == []


def test_rows_that_break_a_rule_are_refused(database: Database) -> None:
    api.add_job(database, {"id": "1", "title": "t", "organization": "o", "url": "u", "date_created": "2026-01-01"})
    for change in (
        "title = ''", "ai_key_skills = '{}'", "salary_min = 2, salary_max = 1", "ai_experience_level = 'expert'",
        "closed_at = now()", "ai_salary_value = -1", "page_id = 999",
    ):  # fmt: skip
        with pytest.raises(Exception, match="violates"), database.begin() as connection:
            connection.execute(text(f"UPDATE jobs SET {change}"))
