"""Fixtures of the chaos tests: the stage, made once."""

from collections.abc import Iterator

import pytest

from jobmatch_dagster_tests.chaos.postgres import Server
from jobmatch_dagster_tests.chaos.stage import Stage, build_stage


@pytest.fixture(scope="session")
def stage(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Databases before each step of the night."""
    with build_stage(postgres_url, tmp_path_factory.mktemp("chaos")) as built:
        yield built


@pytest.fixture(scope="session")
def server(postgres_url: str) -> Server:
    """The server of all databases, which may be stopped and started."""
    return Server.of(postgres_url)
