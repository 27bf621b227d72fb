"""Shared fixtures: a real PostgreSQL for the session, a fresh migrated database for each test."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobmatch_dagster.db.connection.embedded import embedded_postgres
from jobmatch_dagster.db.connection.engine import Database, ensure_database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.chaos.table import write_table
from jobmatch_dagster_tests.support.databases import as_template, forgo_durability, fresh_database
from jobmatch_dagster_tests.support.world import NURSE_CV, World, build_world

_LONG_FIRST = ("e2e", "cli", "defs", "pipeline", "db", "resources")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a migrated database on an embedded server of this session; the template of the others."""
    # A folder of its own under the system's temporary folder: pytest's own path is too long for a socket.
    with tempfile.TemporaryDirectory(prefix="jobmatch-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder), FolderSettings.read().data_folder) as url:
            forgo_durability(url)
            ensure_database(url)
            template = Database(url)
            migrate(template)
            template.dispose()
            yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """URL of a fresh database without any table."""
    with fresh_database(postgres_url, template="template0") as url:
        yield url


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of a fresh, migrated, empty database."""
    with fresh_database(postgres_url, template="jobmatch") as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated, empty database."""
    fresh = Database(database_url)
    yield fresh
    fresh.dispose()


@pytest.fixture(scope="session")
def collected_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with one collected hour."""
    with fresh_database(postgres_url, template="jobmatch") as url:
        with build_world(url, tmp_path_factory.mktemp("collected")) as built:
            built.collect()
        yield as_template(url)


@pytest.fixture(scope="session")
def matched_template(
    postgres_url: str, collected_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Name of a database with one collected hour and the matches of a nurse, ada."""
    with fresh_database(postgres_url, template=collected_template) as url:
        with build_world(url, tmp_path_factory.mktemp("matched")) as built:
            built.take_in("ada", NURSE_CV)
        yield as_template(url)


@pytest.fixture
def world(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Iterator[World]:
    """The code location on a database of its own, a local API server and an inbox.

    It begins empty, or as the test's marker `collected` or `matched` says. Dagster's history and the server's list
    of calls always begin empty.
    """
    begins = next((name for name in ("collected", "matched") if request.node.get_closest_marker(name)), None)
    template = request.getfixturevalue(f"{begins}_template") if begins else "jobmatch"
    with fresh_database(postgres_url, template=template) as url, build_world(url, tmp_path) as built:
        if begins == "matched":
            built.put_cv("ada", NURSE_CV)
            built.instance.add_dynamic_partitions(USERS.name or "", ["ada"])
        yield built


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The upper floors first: their tests are the long ones, and the short ones fill up what is left at the end."""
    items.sort(key=lambda item: next((n for n, floor in enumerate(_LONG_FIRST) if floor in item.path.parts), 99))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the table of the chaos tests, if any ran."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    path = config.rootpath / "build" / "chaos.md"
    calls = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "call"]
    if write_table(calls, path):
        terminalreporter.write_line(f"The table of faults is in {path.relative_to(config.rootpath)}.")
