"""Shared fixtures: a real PostgreSQL for the session, a fresh migrated database for each test."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from jobmatch_dagster.db.connection.embedded import embedded_postgres
from jobmatch_dagster.db.connection.engine import Database, ensure_database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.db.connection.urls import with_database
from jobmatch_dagster_tests.support.world import World, build_world

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a migrated database on an embedded server of this session; the template of the others."""
    # A folder of its own under the system's temporary folder: pytest's own path is too long for a socket.
    with tempfile.TemporaryDirectory(prefix="jobmatch-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder)) as url:
            ensure_database(url)
            template = Database(url)
            migrate(template)
            template.dispose()
            yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """URL of a fresh database without any table."""
    yield from fresh_database(postgres_url, template="template0")


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of a fresh, migrated, empty database."""
    yield from fresh_database(postgres_url, template="jobmatch")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated, empty database."""
    fresh = Database(database_url)
    yield fresh
    fresh.dispose()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """The code location on a fresh database, a local API server and an empty inbox."""
    with build_world(database_url, tmp_path) as built:
        yield built


def fresh_database(server_url: str, *, template: str) -> Iterator[str]:
    """URL of a copy of a database of the server, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    server = create_engine(with_database(server_url, "postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    yield with_database(server_url, name)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()
