"""The column schemas of the UI equal those of the database."""

import pytest
from sqlalchemy import text

from jobmatch_dagster.core.posting import POSTING_COLUMNS
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.observability.schemas import migrated_tables, read_tables, table_schema

CATALOG = text("""
    SELECT c.relname AS "table", a.attname AS name, a.atttypid AS type, NOT a.attnotnull AS nullable,
           col_description(c.oid, a.attnum) AS comment
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname !~ 'yoyo'
    ORDER BY c.relname, a.attnum
""")
UNIQUE_COLUMNS = text("""
    SELECT i.indrelid::regclass::text, a.attname FROM pg_index AS i
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    JOIN pg_class AS c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace AND c.relname !~ 'yoyo'
    WHERE i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL
""")


def test_columns_equal_those_of_the_migrated_database(database: Database) -> None:
    with database.begin() as connection:
        real = connection.execute(CATALOG).all()
        oids = {
            column.type: connection.scalar(text("SELECT to_regtype(:name)::oid"), {"name": column.type})
            for table in migrated_tables()
            for column in table_schema(table).columns
        }
    shown = [
        (table, column.name, oids[column.type], column.constraints.nullable, column.description)
        for table in sorted(migrated_tables())
        for column in table_schema(table).columns
    ]
    assert shown == [tuple(row) for row in real]
    assert len(shown) > 200


def test_unique_columns_equal_those_of_the_migrated_database(database: Database) -> None:
    with database.begin() as connection:
        real = {tuple(row) for row in connection.execute(UNIQUE_COLUMNS)}
    assert {(t, c.name) for t in migrated_tables() for c in table_schema(t).columns if c.constraints.unique} == real


def test_rules_are_shown_as_written_in_the_migration() -> None:
    rules = {column.name: column.constraints.other for column in table_schema("user_job_matches").columns}
    assert rules["semantic_score"] == ["CHECK (semantic_score BETWEEN 0 AND 100)"]
    assert rules["user_id"] == ["REFERENCES users (id) ON DELETE CASCADE"]
    assert rules["run_id"] == []
    constraints = table_schema("user_job_matches").constraints
    assert constraints is not None
    assert "PRIMARY KEY (user_id, job_id)" in (constraints.other or [])


def test_every_field_of_a_posting_is_described() -> None:
    described = {column.name for column in table_schema("jobs").columns if column.description}
    assert set(POSTING_COLUMNS) <= described


def test_later_migration_adds_columns_and_changes_a_comment() -> None:
    first = """
        CREATE TABLE t (a integer, -- a note; with (signs',
            b text DEFAULT 'x;,)' NOT NULL, UNIQUE (a));
        COMMENT ON TABLE t IS 'One row; it''s a test'; COMMENT ON COLUMN t.a IS 'first';
    """
    later = """
        DO $$ BEGIN CREATE ROLE r; ALTER TABLE t ADD COLUMN never text; END $$;
        /* two at once; */ ALTER TABLE IF EXISTS t ADD COLUMN IF NOT EXISTS c numeric(10, 2) CHECK (c > 0),
            ADD COLUMN "d" text[] NOT NULL DEFAULT '{}', ALTER COLUMN a SET STORAGE PLAIN;
        COMMENT ON COLUMN t.a IS 'second; it''s the later'; COMMENT ON COLUMN t.c IS 'third';
    """
    tables = read_tables([first, later])
    schema = tables["t"].schema()
    assert [(c.name, c.type, c.description, c.constraints.nullable, c.constraints.unique) for c in schema.columns] == [
        ("a", "integer", "second; it's the later", True, True),
        ("b", "text", None, False, False),
        ("c", "numeric(10, 2)", "third", True, False),
        ("d", "text[]", None, False, False),
    ]
    assert schema.columns[1].constraints.other == ["DEFAULT 'x;,)' NOT NULL"]


def test_later_migration_changes_constraints() -> None:
    first = (
        "CREATE TABLE t (a text NOT NULL CHECK (a IN ('x', 'y')), b integer NOT NULL, CONSTRAINT old CHECK (b > 0));"
    )
    later = """
        ALTER TABLE t DROP CONSTRAINT t_a_check; ALTER TABLE t DROP CONSTRAINT old;
        ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a IN ('x', 'y', 'z')),
            ADD CONSTRAINT both CHECK (a <> '' OR b > 1) NOT VALID;
        ALTER TABLE t VALIDATE CONSTRAINT both; ALTER TABLE t ALTER COLUMN b DROP NOT NULL;
    """
    schema = read_tables([first, later])["t"].schema()
    assert [(c.name, c.constraints.nullable, c.constraints.other) for c in schema.columns] == [
        ("a", False, ["CHECK (a IN ('x', 'y', 'z'))"]),
        ("b", True, []),
    ]
    assert schema.constraints is not None
    assert schema.constraints.other == ["CONSTRAINT both CHECK (a <> '' OR b > 1)"]


def test_unknown_table_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match=r"No migration creates a table 'job'; there are .*jobs"):
        table_schema("job")
