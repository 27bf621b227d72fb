"""What is put around a production database: a pooler in transaction mode, a standby for readers, TLS."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from jobmatch_dagster import api
from jobmatch_dagster.db.connection.engine import Database, DatabaseUnavailableError
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.db.connection.roles import reading_as
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.pipeline.explain.page import explain
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster_tests.support.servers import pgbouncer, standby_of
from jobmatch_dagster_tests.support.world import HOUR, NOW, NURSE_CV, World, build_world


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the servers' own user can reach; pytest's is closed to others."""
    with tempfile.TemporaryDirectory(prefix="servers-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_pipeline_runs_through_a_transaction_pooler(
    database_url: str, world: World, folder: Path, tmp_path: Path
) -> None:
    world.take_in("ada", NURSE_CV)
    world.collect()
    (tmp_path / "pooled").mkdir()
    # Two connections of the server for all: what is set for a session would reach another one's.
    with (
        pgbouncer(database_url, folder, server_connections=2) as url,
        build_world(url, tmp_path / "pooled") as pooled,
    ):
        pooled.take_in("ada", NURSE_CV)
        pooled.collect(HOUR)
        assert pooled.rows() == world.rows()
        with pooled.database.begin() as one, pooled.database.read() as other:
            assert {connection.scalar(text("SHOW timezone")) for connection in (one, other)} == {"UTC"}
        migrate(pooled.database)  # a copy of a database lacks the roles
        with reading_as(pooled.database, "ada") as connection:
            assert connection.scalar(text("SELECT count(*) FROM current_matches")) > 0
        with reading_as(pooled.database, "ben") as connection:
            assert connection.scalar(text("SELECT count(*) FROM user_job_matches")) == 0


@pytest.mark.matched
def test_readers_ask_a_standby(world: World, folder: Path) -> None:
    migrate(world.database)  # a copy of a database lacks the roles
    settings = match_settings(EmbedderResource(), MatchingResource())
    best = world.scalar("SELECT external_id FROM current_matches ORDER BY exact_score DESC LIMIT 1")
    with standby_of(world.database.url, folder) as url:
        standby = Database(url)
        assert api.user_statistics(standby, "ada") == api.user_statistics(world.database, "ada")
        pages = [explain(database, settings, "ada", best, now=NOW).page for database in (standby, world.database)]
        assert pages[0] == pages[1]
        with reading_as(standby, "ada") as connection:
            assert connection.scalar(text("SELECT count(*) FROM current_matches")) > 0
        with pytest.raises(Exception, match="read-only"), standby.begin() as connection:
            connection.exec_driver_sql("UPDATE users SET active = false")
        standby.dispose()


def test_tls_is_verified_against_authority_and_name(database_url: str, folder: Path) -> None:
    def answers(url: str, mode: str, authority: Path) -> bool:
        database = Database(f"{url}?sslmode={mode}&sslrootcert={authority}")
        try:
            with database.begin() as connection:
                return connection.scalar(text("SELECT 1")) == 1
        except DatabaseUnavailableError:
            return False
        finally:
            database.dispose()

    with pgbouncer(database_url, folder, server_connections=1, tls=True) as url:
        authority, other = folder / "authority.crt", folder / "server.crt"
        assert answers(url, "verify-full", authority)
        assert not answers(url.replace("localhost", "127.0.0.1"), "verify-full", authority)
        assert not answers(url, "verify-full", other)
        assert not answers(url, "verify-full", folder / "missing.crt")
        assert not answers(url, "disable", authority)
