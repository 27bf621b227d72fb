"""Where the embedded server keeps its files."""

from pathlib import Path

import pytest

from jobmatch_dagster.db.connection import embedded
from jobmatch_dagster.db.connection.embedded import server_folder

_LONG = "a-folder-with-a-long-name/" * 5


@pytest.mark.parametrize(
    ("home", "is_root", "parent"),
    [
        ("/home/x", False, "/home/x"),
        (f"/home/{_LONG}", False, "/data/jobmatch"),
        (f"/{_LONG}", True, "/var/lib/jobmatch"),
    ],
)
def test_long_home_has_its_files_elsewhere(
    home: str, is_root: bool, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_is_root", lambda: is_root)
    folder = server_folder(Path(home), Path("/data"))
    assert folder.name == "postgres"
    assert folder.is_relative_to(parent)
    assert server_folder(Path(home) / "other", Path("/data")) != folder
