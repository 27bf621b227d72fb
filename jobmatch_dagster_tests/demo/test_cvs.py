"""CVs of the user's own folder."""

from pathlib import Path

from jobmatch_dagster.core.profiles.documents import CV_SUFFIXES
from jobmatch_dagster.demo.cvs import read_cv_sources

_RESUME = '{"basics": {"name": "Ada"}, "work": [{"position": "Nurse in a large ward of a hospital"}]}'
_TEXT = "Nurse, five years in a hospital of a large town"


def test_folder_gives_a_cv_for_each_kind_of_file(tmp_path: Path) -> None:
    for suffix in CV_SUFFIXES:
        (tmp_path / f"user-{suffix[1:]}{suffix}").write_text(_RESUME if suffix == ".json" else _TEXT, "utf-8")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    found = read_cv_sources(tmp_path)
    assert {cv.suffix for cv in found.cvs} == CV_SUFFIXES
    assert found.skipped == [("photo.png", "files of type .png are not read")]
