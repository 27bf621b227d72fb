"""A real `dagster dev` for the tests of this folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobmatch_dagster.db.connection.engine import ensure_database
from jobmatch_dagster.db.connection.urls import dagster_url
from jobmatch_dagster_tests.support.graphql import Dagster, stand_up_dagster
from jobmatch_dagster_tests.support.world import World

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dagster(world: World, database_url: str, tmp_path: Path) -> Iterator[Dagster]:
    """`dagster dev` on the world's database and server, with the project's dagster.yaml."""
    home = tmp_path / "dagster-home"
    home.mkdir()
    shutil.copy(_ROOT / "dagster.yaml", home)
    storage = dagster_url(database_url)
    ensure_database(storage)
    variables = {**world.variables, "DAGSTER_HOME": str(home), "DAGSTER_DATABASE_URL": storage}
    with stand_up_dagster(variables, tmp_path) as running:
        yield running
