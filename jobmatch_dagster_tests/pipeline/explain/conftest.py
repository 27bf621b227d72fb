"""Fixtures of explanations: a market with two matched users, made once and copied for each test."""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster_tests.support.databases import as_template, fresh_database
from jobmatch_dagster_tests.support.explained_pair import BEST_MATCH, PER_HOUR, Pair
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NOW, NURSE_CV, build_world


@pytest.fixture(scope="package")
def market(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with a market, two users, and three hours that nobody answered for."""
    with fresh_database(postgres_url, template="jobmatch") as url:
        with build_world(url, tmp_path_factory.mktemp("market"), per_hour=PER_HOUR) as world:
            for hours_ago in (4, 0):
                then = NOW - timedelta(hours=hours_ago)
                world.server.now = lambda then=then: then
                os.environ["JOBMATCH_CLOCK"] = then.isoformat()
                world.collect(HOUR - timedelta(hours=hours_ago))
            world.take_in("ada", NURSE_CV)
            world.take_in("ben", ENGINEER_CV)
        yield as_template(url)


@pytest.fixture
def pair(market: str, postgres_url: str) -> Iterator[Pair]:
    """The best match of a nurse, in a copy of the market."""
    with fresh_database(postgres_url, template=market) as url:
        database = Database(url)
        with database.begin() as connection:
            posting = connection.scalar(text(BEST_MATCH), {"user": "ada"})
        yield Pair(database, "ada", posting)
        database.dispose()
