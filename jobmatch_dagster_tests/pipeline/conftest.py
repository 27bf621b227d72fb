"""Fixtures of Claude's tests: users with pairs that wait, made once and copied for each test."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text

from jobmatch_dagster.build import build_defs
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.environment import environment
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster_tests.support.claude_stand_in import KEY, ClaudeStandIn
from jobmatch_dagster_tests.support.claude_world import PLANTED_CV, ClaudeWorld
from jobmatch_dagster_tests.support.databases import as_template, fresh_database
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NOW, NURSE_CV, build_world

_USERS = {"ada": NURSE_CV, "ben": ENGINEER_CV, "u-1": PLANTED_CV}


@pytest.fixture(scope="session")
def claude_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with three matched users, every kept pair of theirs waiting for Claude."""
    with fresh_database(postgres_url, template="jobmatch") as url:
        with build_world(url, tmp_path_factory.mktemp("claude"), per_hour=12) as world:
            world.collect(HOUR - timedelta(hours=1))
            for user_key, cv in _USERS.items():
                world.take_in(user_key, cv)
            with world.database.begin() as connection:
                connection.execute(text("UPDATE user_job_matches SET claude_status = 'waiting'"))
        yield as_template(url)


@pytest.fixture
def claude_world(postgres_url: str, claude_template: str, tmp_path: Path) -> Iterator[ClaudeWorld]:
    """The code location on a copy of that database, with a key and a stand-in for Claude."""
    with (
        fresh_database(postgres_url, template=claude_template) as url,
        ClaudeStandIn() as stand_in,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        instance.add_dynamic_partitions(USERS.name or "", list(_USERS))
        database = Database(url)
        variables = {
            "JOBMATCH_DATABASE_URL": url,
            "JOBMATCH_HOME": str(tmp_path),
            "JOBMATCH_CLOCK": NOW.isoformat(),
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": stand_in.url,
        }
        with environment(variables):
            yield ClaudeWorld(database, instance, build_defs(), stand_in)
        database.dispose()


@pytest.fixture
def claude(claude_world: ClaudeWorld) -> ClaudeStandIn:
    """The stand-in of that world."""
    return claude_world.claude
