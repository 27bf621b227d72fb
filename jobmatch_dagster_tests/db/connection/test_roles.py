"""One user's role sees no row of another, in whatever table or view; the pipeline needs no superuser."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import migrate, rollback
from jobmatch_dagster.db.connection.roles import (
    RoleMissingError,
    reading_as,
    reading_for_statistics,
    unprotected_tables,
)
from jobmatch_dagster.db.connection.schema_files import migration_names, project_tables, project_views
from jobmatch_dagster.db.matching.matches import decide
from jobmatch_dagster.db.statistics.jobs_and_users import job_statistics, user_statistics
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster_tests.support.rows_of_users import FILL, JOBS
from jobmatch_dagster_tests.support.world import NURSE_CV, build_world

USERS = ("ada", "ben", "cleo")


@pytest.fixture
def isolated(database: Database) -> Iterator[Database]:
    """A database with its own roles and three users who have something in every table."""
    migrate(database)
    with database.begin() as connection:
        connection.exec_driver_sql(JOBS)
        for key in USERS:
            connection.exec_driver_sql(FILL.format(key=key))
    yield database
    name = make_url(database.url).database
    with database.begin() as connection:
        for purpose in ("pipeline", "reader", "statistics"):
            connection.exec_driver_sql(f'DROP OWNED BY "{name}_{purpose}"; DROP ROLE "{name}_{purpose}"')


def personal(database: Database) -> list[str]:
    with database.begin() as connection:
        return list(connection.scalars(text("SELECT personal_tables(:t)"), {"t": list(project_tables())}).one())


def login(database: Database, purpose: str) -> Database:
    """The same database, for a login that is nothing but a member of the role."""
    name = make_url(database.url).database
    user = f"{name}_{purpose}_login"
    with database.begin() as connection:
        if not connection.scalar(text("SELECT to_regrole(:user)"), {"user": user}):
            connection.exec_driver_sql(f'CREATE ROLE "{user}" LOGIN IN ROLE "{name}_{purpose}"')
    url = make_url(database.url).set(username=user)
    return Database(url.render_as_string(hide_password=False))


def leaks(database: Database, key: str, relations: list[str]) -> int:
    """Number of rows with another user's secret that the user's role sees in these relations.

    A relation that the role may not read is no leak.
    """
    others = "|".join(f"{other}-secret" for other in USERS if other != key)
    with reading_as(database, key) as connection:
        return sum(
            connection.scalars(
                text(f'SELECT count(*) FROM "{name}" AS t WHERE CAST(t AS text) ~ :others'), {"others": others}
            ).one()
            for name in relations
            if connection.scalar(text("SELECT has_table_privilege(:name, 'SELECT')"), {"name": name})
        )


def test_every_table_and_view_shows_the_own_rows_and_no_others(isolated: Database) -> None:
    relations = [*project_tables(), *project_views()]
    tables = personal(isolated)
    assert {"users", "cv_profiles", "profile_embeddings", "user_job_matches", "claude_requests"} <= set(tables)
    for key in USERS:
        assert leaks(isolated, key, relations) == 0
        with reading_as(isolated, key) as connection:
            assert list(connection.scalars(text("SELECT user_key FROM users"))) == [key]
            assert connection.scalar(text("SELECT count(*) FROM profile_embeddings")) == 1
            assert connection.scalar(text("SELECT count(*) FROM current_matches")) == 3
            assert connection.scalar(text("SELECT count(*) FROM match_lineage")) == 3
            assert connection.scalar(text("SELECT count(*) FROM digest_entries")) == 3
            assert connection.scalar(text("SELECT count(*) FROM open_jobs")) == 3
            assert connection.scalar(text("SELECT sum(cost_usd) FROM cost_by_day")) == 1.875
    # Where nothing is restricted, the secrets of all are there: a leak would have been seen.
    with isolated.begin() as connection:
        for name in set(tables) - {"users", "digest_entries"} | {"current_matches", "match_lineage"}:
            content = " ".join(connection.scalars(text(f'SELECT CAST(t AS text) FROM "{name}" AS t')))
            assert all(f"{key}-secret" in content for key in USERS), name


def test_interleaved_transactions_on_pooled_connections(isolated: Database) -> None:
    relations = [*personal(isolated), *project_views()]
    rng = random.Random(4)  # noqa: S311 (seeded, no secret)
    work = [(rng.choice(USERS), rng.sample(relations, 3)) for _ in range(1_000)]
    seen: set[int] = set()

    def one(item: tuple[str, list[str]]) -> int:
        key, names = item
        with isolated.begin() as connection:
            seen.add(connection.scalars(text("SELECT pg_backend_pid()")).one())
            assert connection.scalar(text("SELECT current_user")) == "postgres"
            assert connection.scalar(text("SELECT reader_key()")) is None
        return leaks(isolated, key, names)

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(one, work)) == 0
    assert len(seen) <= 8  # connections were used again and again


def test_without_a_key_nobody_is_seen(isolated: Database) -> None:
    reader = login(isolated, "reader")
    with reader.begin() as connection:
        for name in personal(isolated):
            assert connection.scalar(text(f'SELECT count(*) FROM "{name}"')) == 0, name
        assert connection.scalar(text("SELECT count(*) FROM open_jobs")) == 3
    for statement in (
        "UPDATE user_job_matches SET status = 'new'", "DELETE FROM users", "INSERT INTO users (user_key) VALUES ('x')",
        "SELECT * FROM _yoyo_log", "SET ROLE postgres",
    ):  # fmt: skip
        with pytest.raises(ProgrammingError, match="permission denied"), reader.begin() as connection:
            connection.exec_driver_sql(statement)
    reader.dispose()


def test_a_readers_login_may_name_any_user(isolated: Database) -> None:
    """What the role does not defend against, as docs/threat-model.md says: the holder of the login chooses the key."""
    reader = login(isolated, "reader")
    for key in USERS:
        with reader.begin() as connection:
            connection.execute(text("SELECT set_config('jobmatch.user_key', :key, true)"), {"key": key})
            assert list(connection.scalars(text("SELECT user_key FROM users"))) == [key]
    reader.dispose()


def test_statistics_count_and_see_no_words(isolated: Database) -> None:
    with reading_for_statistics(isolated) as connection:
        assert job_statistics(connection, wall_time()).total == 3
        assert [user.saved for user in user_statistics(connection)] == [3, 3, 3]
        assert connection.scalar(text("SELECT sum(cost_usd) FROM cost_by_day")) == 3 * 1.875
        assert connection.scalar(text("SELECT sum(lost_usd) FROM cost_by_day")) == 3 * 0.375
        assert connection.scalar(text("SELECT sum(claude_requests) FROM cost_by_day")) == 6
    for statement in (
        "SELECT text FROM cv_documents", "SELECT skills FROM cv_profiles", "SELECT answer FROM claude_requests",
        "SELECT answer FROM profile_requests", "SELECT match_reasoning FROM user_job_matches",
        "SELECT * FROM current_matches",
    ):  # fmt: skip
        with pytest.raises(ProgrammingError, match="permission denied"), reading_for_statistics(isolated) as connection:
            connection.exec_driver_sql(statement)


def test_the_pipeline_runs_without_a_superuser(isolated: Database, tmp_path: Path) -> None:
    pipeline = login(isolated, "pipeline")
    with pipeline.begin() as connection:
        flags = connection.execute(
            text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        assert tuple(flags) == (False, False)
    with build_world(pipeline.url, tmp_path) as world:
        assert world.collect().success
        world.take_in("dora", NURSE_CV)
        posting = world.scalar("SELECT external_id FROM current_matches WHERE user_key = 'dora' LIMIT 1")
        with pipeline.begin() as connection:
            assert decide(connection, "dora", posting, "saved")
            assert len(user_statistics(connection)) == 4
    with pytest.raises(ProgrammingError, match="must be owner"), pipeline.begin() as connection:
        connection.exec_driver_sql("DROP TABLE user_job_matches")
    pipeline.dispose()


def test_a_table_of_users_without_a_policy_is_found_and_fixed(isolated: Database) -> None:
    with isolated.begin() as connection:
        assert unprotected_tables(connection) == []
        connection.exec_driver_sql("CREATE TABLE notes (id integer PRIMARY KEY, user_id bigint REFERENCES users (id))")
        connection.exec_driver_sql("CREATE TABLE note_words (note_id integer REFERENCES notes (id), word text)")
        assert unprotected_tables(connection) == ["note_words", "notes"]
        connection.execute(
            text("SELECT isolate_users(:tables, :views)"),
            {"tables": [*project_tables(), "notes", "note_words"], "views": list(project_views())},
        )
        assert unprotected_tables(connection) == []
        connection.exec_driver_sql(
            "INSERT INTO notes SELECT id, id FROM users; INSERT INTO note_words SELECT id FROM notes"
        )
    with reading_as(isolated, "ada") as connection:
        assert connection.scalar(text("SELECT count(*) FROM note_words")) == 1


def test_a_login_without_membership_is_refused(database: Database) -> None:
    # A copy of a database has another name, and no roles of its own until it is migrated.
    with pytest.raises(RoleMissingError, match="Run `jobmatch migrate`"), reading_as(database, "ada"):
        pass


@pytest.fixture(params=["CREATEROLE", "NOCREATEROLE"])
def owner(request: pytest.FixtureRequest, empty_database_url: str) -> Iterator[Database]:
    """An empty database for its plain owner, who may or may not create roles."""
    server = create_engine(empty_database_url, isolation_level="AUTOCOMMIT")
    name = make_url(empty_database_url).database
    login = f"{name}_{request.param.lower()}"
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE ROLE "{login}" LOGIN {request.param}')
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" OWNER TO "{login}"')
        connection.exec_driver_sql("CREATE EXTENSION vector")
        connection.exec_driver_sql(f'ALTER SCHEMA public OWNER TO "{login}"')
    database = Database(make_url(empty_database_url).set(username=login).render_as_string(hide_password=False))
    yield database
    database.dispose()
    server.dispose()


def test_a_plain_owner_works_with_and_without_roles(owner: Database) -> None:
    assert migrate(owner) == migration_names()
    with owner.begin() as connection:
        connection.exec_driver_sql(JOBS + FILL.format(key="ada") + FILL.format(key="ben"))
        assert len(user_statistics(connection)) == 2
        may_create = connection.scalar(text("SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user"))
        assert (unprotected_tables(connection) == []) == may_create
    if may_create:
        assert leaks(owner, "ada", [*project_tables(), *project_views()]) == 0
        with reading_as(owner, "ada") as connection:
            assert connection.scalar(text("SELECT count(*) FROM user_job_matches")) == 3
    else:
        with pytest.raises(RoleMissingError), reading_as(owner, "ada"):
            pass
    assert migrate(owner) == ()
    assert rollback(owner) == migration_names()[-1:]


def test_roles_are_made_by_a_later_migrate(owner: Database, empty_database_url: str) -> None:
    migrate(owner)
    with create_engine(empty_database_url).begin() as administrator:
        administrator.exec_driver_sql(f'ALTER ROLE "{make_url(owner.url).username}" CREATEROLE')
    assert migrate(owner) == ()
    with owner.begin() as connection:
        assert unprotected_tables(connection) == []
    with reading_as(owner, "ada") as connection:
        assert connection.scalar(text("SELECT count(*) FROM current_matches")) == 0


def test_grants_that_a_restore_left_out_come_back(database: Database) -> None:
    migrate(database)
    name = make_url(database.url).database
    with database.begin() as connection:
        for purpose in ("pipeline", "reader", "statistics"):
            connection.exec_driver_sql(f'DROP OWNED BY "{name}_{purpose}"')
        assert unprotected_tables(connection) != []
    migrate(database)
    with database.begin() as connection:
        assert unprotected_tables(connection) == []
