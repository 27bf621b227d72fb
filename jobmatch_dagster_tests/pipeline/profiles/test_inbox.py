"""The listing of the inbox."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from jobmatch_dagster.pipeline.profiles.inbox import list_inbox
from jobmatch_dagster_tests.support.world import NOW


@pytest.mark.parametrize(("seconds_ago", "being_written"), [(0, 1), (1.9, 1), (2.1, 0), (-60, 0)])
def test_fresh_file_is_still_being_written(tmp_path: Path, seconds_ago: float, being_written: int) -> None:
    file = tmp_path / "ada.txt"
    file.touch()
    written_at = (NOW - timedelta(seconds=seconds_ago)).timestamp()
    os.utime(file, (written_at, written_at))
    inbox = list_inbox(tmp_path, NOW)
    assert (inbox.being_written, len(inbox.files)) == (being_written, 1 - being_written)
