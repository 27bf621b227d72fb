"""The release before is taken over: its database, Dagster's history and inbox, with the same matches as a new start."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database, packaged_path
from jobmatch_dagster.db.connection.urls import dagster_url
from jobmatch_dagster_tests.chaos.table import note
from jobmatch_dagster_tests.support.databases import fresh_database
from jobmatch_dagster_tests.support.world import ENGINEER_CV, NOW, NURSE_CV, World, build_world

# The commit that counts as the release before: the next release names that of its predecessor here.
_RELEASE = "7b1a7ff"
_SECONDS = 240
_HERE = packaged_path("sql").parent
_MAIN = "from jobmatch_dagster.cli.main import main; main()"
# What the daemon does with the inbox.
_READ_CVS = """
from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.cli.runs import run_requested
from jobmatch_dagster.cli.runtime import open_runtime
with open_runtime() as runtime, runtime.dagster_instance() as instance:
    defs, resources = build_defs(), default_resources()
    given = {name: resources[name] for name in ("database", "claude")}
    for sensor in ("cv_inbox_sensor", "cv_profile_sensor"):
        run_requested(defs, instance, sensor, given)
"""
_MATCHES = """
    SELECT user_key, external_id, match_score, semantic_score, status
    FROM user_job_matches AS m JOIN users ON users.id = m.user_id JOIN jobs ON jobs.id = m.job_id
    ORDER BY 1, 2
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the release before."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed: the release before cannot be checked out")
    archive = subprocess.run([git, "-C", str(_HERE), "archive", _RELEASE], check=False, capture_output=True)
    if archive.returncode:
        pytest.skip(f"this copy of the repository has no commit {_RELEASE}: its history is cut off or missing")
    folder = tmp_path_factory.mktemp("release")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


@pytest.fixture
def empty_world(empty_database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world whose database has no table yet."""
    with build_world(empty_database_url, tmp_path) as world:
        yield world


@pytest.mark.chaos
def test_the_release_before_is_taken_over(
    empty_world: World, release: Path, postgres_url: str, tmp_path: Path, record_property: Any
) -> None:
    world = empty_world
    _jobmatch(release, world, "migrate")
    _jobmatch(release, world, "collect", "--run-once")
    world.put_cv("ada", NURSE_CV)
    _run(release, world, "-c", _READ_CVS)
    before = _matches(world.database)
    assert before
    decided = before[0][1]
    _jobmatch(release, world, "decide", "ada", decided, "saved")
    # A CV that landed before the upgrade and was not read.
    world.put_cv("ben", ENGINEER_CV)
    runs = _runs(world)

    _jobmatch(_HERE, world, "migrate")
    _an_hour_later(world)
    upgraded = _matches(world.database)
    assert {row[:2] for row in before} <= {row[:2] for row in upgraded}
    assert [row[4] for row in upgraded if row[:2] == ("ada", decided)] == ["saved"]
    assert _runs(world)[: len(runs)] == runs

    with fresh_database(postgres_url, template="jobmatch") as url:
        new = tmp_path / "new"
        new.mkdir()
        with build_world(url, new) as fresh:
            _jobmatch(_HERE, fresh, "collect", "--run-once")
            fresh.put_cv("ada", NURSE_CV)
            _run(_HERE, fresh, "-c", _READ_CVS)
            fresh.put_cv("ben", ENGINEER_CV)
            _an_hour_later(fresh)
            assert [row[:4] for row in _matches(fresh.database)] == [row[:4] for row in upgraded]

    knows_the_rule = (release / "sql" / "migrations" / "0045.compatibility.sql").exists()
    # A release before that rule refuses every newer schema, and changes nothing.
    back = _jobmatch(release, world, "collect", "--run-once", code=0 if knows_the_rule else 1)
    assert knows_the_rule or "newer version" in back
    assert _matches(world.database) == upgraded
    outcome = "works on the new schema" if knows_the_rule else "refuses the new schema in one sentence"
    where = f"{_RELEASE}: {len(before)} matches, then {len(upgraded)}"
    note(record_property, "upgrade from the release before", where, f"same matches as a new start; it {outcome}")


def _an_hour_later(world: World) -> None:
    later = NOW + timedelta(hours=1)
    world.server.now = lambda: later
    world.variables["JOBMATCH_CLOCK"] = later.isoformat()
    _jobmatch(_HERE, world, "collect", "--run-once")
    _run(_HERE, world, "-c", _READ_CVS)


def _matches(database: Database) -> list[tuple[Any, ...]]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text(_MATCHES))]


def _runs(world: World) -> list[tuple[Any, ...]]:
    """Runs in Dagster's history, oldest first."""
    history = Database(dagster_url(world.database.url))
    with history.begin() as connection:
        found = connection.execute(text("SELECT run_id, pipeline_name, status FROM runs ORDER BY id"))
        rows = [tuple(row) for row in found]
    history.dispose()
    return rows


def _jobmatch(code_folder: Path, world: World, *arguments: str, code: int = 0) -> str:
    """Run `jobmatch` of that checkout."""
    return _run(code_folder, world, "-c", _MAIN, *arguments, code=code)


def _run(code_folder: Path, world: World, *arguments: str, code: int = 0) -> str:
    """Run Python on that checkout; gives what it printed."""
    child = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        cwd=code_folder,
        env={**os.environ, **world.variables, "PYTHONPATH": str(code_folder)},
    )
    assert child.returncode == code, child.stdout
    return child.stdout
