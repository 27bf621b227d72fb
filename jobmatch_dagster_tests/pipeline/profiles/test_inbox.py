"""The listing of the inbox."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from jobmatch_dagster.pipeline.profiles.inbox import InboxError, list_inbox, put_into_inbox
from jobmatch_dagster_tests.support.world import NOW


@pytest.mark.parametrize(("seconds_ago", "being_written"), [(0, 1), (1.9, 1), (2.1, 0), (-60, 0)])
def test_fresh_file_is_still_being_written(tmp_path: Path, seconds_ago: float, being_written: int) -> None:
    file = tmp_path / "ada.txt"
    file.touch()
    written_at = (NOW - timedelta(seconds=seconds_ago)).timestamp()
    os.utime(file, (written_at, written_at))
    inbox = list_inbox(tmp_path, NOW)
    assert (inbox.being_written, len(inbox.files)) == (being_written, 1 - being_written)


_LEFT_BEHIND = [
    "Thumbs.db", "desktop.ini", "~$ada.docx", "ada.docx.part", "ada.pdf.crdownload", "ada.pdf.download", "ada.txt~",
    "#ada.txt#", "ada.txt.swp", ".~lock.ada.docx#", ".ada.txt.swp", "ada.png", "ada.JPEG", "ada.lnk", "ada.tmp",
]  # fmt: skip


@pytest.mark.parametrize("name", _LEFT_BEHIND)
@pytest.mark.parametrize("inside", [False, True])
def test_what_is_no_cv_makes_no_user(tmp_path: Path, name: str, *, inside: bool) -> None:
    folder = tmp_path / "ada" if inside else tmp_path
    folder.mkdir(exist_ok=True)
    for file in (folder / name, folder / "ben.txt"):
        file.touch()
        os.utime(file, (0, 0))
    inbox = list_inbox(tmp_path, NOW)
    assert [file.path.name for file in inbox.files] == ["ben.txt"]


@pytest.mark.parametrize("name", ["cv.png", "cv.doc", "cv", "cv.zip"])
def test_a_file_that_is_no_cv_is_refused_with_the_kinds(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Ada Example")
    with pytest.raises(InboxError, match=r"give PDF, DOCX, .*\.pdf"):
        put_into_inbox(tmp_path / "inbox", "ada", tmp_path / name)
    assert not (tmp_path / "inbox").exists()
