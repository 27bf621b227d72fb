"""Other users of the machine read no CV, no run's log and no table, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobmatch_dagster.cli.runtime import configured_inbox, open_runtime
from jobmatch_dagster.environment import environment
from jobmatch_dagster_tests.support.world import World

_each_umask = pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@_each_umask
def test_new_folders_with_data_of_people_are_private(umask: int, world: World, tmp_path: Path) -> None:
    home = tmp_path / "new"
    with environment({"JOBMATCH_HOME": str(home), "CV_INBOX": None}), _umask(umask):
        with open_runtime(prepare_dagster=False):
            pass
        assert {_mode(home / name) for name in ("inbox", "dagster")} == {0o700}
    with environment({"CV_INBOX": str(tmp_path / "elsewhere")}), _umask(umask):
        assert _mode(configured_inbox()) == 0o700


def test_a_folder_that_exists_keeps_its_mode(world: World, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    with environment({"CV_INBOX": str(shared)}):
        assert _mode(configured_inbox()) == 0o2770


def test_files_of_the_embedded_server_are_private(world: World) -> None:
    assert _mode(Path(world.scalar("SHOW data_directory"))) == 0o700
