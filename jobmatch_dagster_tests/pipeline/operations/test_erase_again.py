"""Notes of erasures, and who is erased again because of them."""

import os
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.db.operations.run_failures import RunFailure, note_run_failure
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.pipeline.operations import erase as erasing
from jobmatch_dagster.pipeline.operations.erase_again import UsersToErase, find_users_to_erase_again
from jobmatch_dagster.pipeline.operations.erasure_notes import (
    ErasureNotesError,
    count_erasures,
    erased_at,
    note_erasure,
)
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.canaries import find_canary
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import NOW, NURSE_CV, World

_PARTITIONS = USERS.name or ""
_KEY = "u-4711"
_SOON = timedelta(minutes=5)


def _find(world: World) -> UsersToErase:
    folders = FolderSettings.read()
    return find_users_to_erase_again(
        world.database,
        inboxes=folders.folders_of_users,
        erasures=folders.erasure_folder,
        partitions=world.instance.get_dynamic_partitions(_PARTITIONS),
    )


def _note(world: World, user_key: str, moment: datetime) -> None:
    note_erasure(FolderSettings.read().erasure_folder, user_key, moment)


def _killed(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _execute(statements: str, world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql(statements)


def _fail_a_run(world: World) -> None:
    failure = RunFailure(
        run_id="r", job_name="ingest_cv", partition_key=_KEY, user_key=None, inputs={}, step_key=None,
        error_class="E", next_step="n", failed_at=NOW,
    )  # fmt: skip
    with world.database.begin() as connection:
        note_run_failure(connection, failure)


def _leave_a_file(folder: str, name: str, world: World) -> None:
    path = getattr(FolderSettings.read(), folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("left")


_PLACES: dict[str, Callable[[World], None]] = {
    "a row": partial(_execute, f"INSERT INTO users (user_key) VALUES ('{_KEY}')"),
    "a legacy backup": partial(
        _execute,
        "CREATE TABLE users_legacy_backup (id text PRIMARY KEY);"
        f"INSERT INTO users_legacy_backup VALUES ('{_KEY}'), ('another')",
    ),
    "a failed run": _fail_a_run,
    "a partition": lambda world: world.instance.add_dynamic_partitions(_PARTITIONS, [_KEY]),
    "a CV": partial(_leave_a_file, "inbox", f"{_KEY}.pdf"),
    "half a CV": partial(_leave_a_file, "inbox", f".{_KEY}.pdf.part"),
    "preferences": partial(_leave_a_file, "inbox", f"{_KEY}.preferences.toml"),
    "a folder": partial(_leave_a_file, "inbox", f"{_KEY}/nurse/cv.pdf"),
    "a digest": partial(_leave_a_file, "digest_folder", f"{_KEY}/feed.json"),
}


@pytest.mark.parametrize("place", _PLACES)
def test_who_is_back_anywhere_is_found_and_erased(place: str, world: World) -> None:
    _PLACES[place](world)
    assert _find(world).user_keys == [], "without a note"
    _note(world, _KEY, datetime.now(UTC) + _SOON)
    _note(world, "somebody else", datetime.now(UTC) + _SOON)
    found = _find(world)
    assert (found.user_keys, found.erasures) == ([_KEY], 2)
    assert erase(world, _KEY).hits == 0
    assert _find(world).user_keys == []


@pytest.mark.matched
@pytest.mark.parametrize("step", ["_withdraw", "_erase_rows_and_files", "erase_history"])
def test_killed_erasure_is_found_again(step: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        if step != "erase_history":
            patched.setattr(erasing, step, _killed)
        with pytest.raises(KeyboardInterrupt):
            erase(world, "ada", _killed)
    assert _find(world).user_keys == ["ada"]
    assert erase(world, "ada").hits == 0
    assert _find(world).user_keys == []


@pytest.mark.matched
def test_who_came_back_by_choice_is_left_alone(world: World) -> None:
    run_job(
        world.defs,
        world.instance,
        "forget_user",
        run_config={"ops": {"erase_one_user": {"config": {"user_key": "ada"}}}},
    )
    waiting = world.put_cv("ada", NURSE_CV)
    later = datetime.now(UTC) + _SOON
    os.utime(waiting, (later.timestamp(), later.timestamp()))
    assert _find(world).user_keys == [], "a CV that waits in the inbox"
    world.take_in("ada", NURSE_CV)
    assert _find(world).user_keys == [], "a user with matches"
    _note(world, "ada", later)
    assert _find(world).user_keys == ["ada"]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_notes_name_nobody_and_are_private(umask: int, tmp_path: Path) -> None:
    folder, before = tmp_path / "far" / "erasures", os.umask(umask)
    try:
        note_erasure(folder, _KEY, NOW)
    finally:
        os.umask(before)
    assert find_canary([], [folder], _KEY) == []
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {0o700}
    (note,) = folder.glob("*/*")
    assert (stat.S_IMODE(note.stat().st_mode), note.read_text()) == (0o600, NOW.isoformat())


def test_notes_of_two_machines_are_put_together(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for number in range(3):
        note_erasure(one, f"user-{number}", NOW)
    note_erasure(one, "user-1", NOW + _SOON)
    assert count_erasures(one) == 3, "a second erasure of a user replaces the note"
    note_erasure(two, "user-1", NOW)
    note_erasure(two, "user-9", NOW)
    shutil.copytree(two, one, dirs_exist_ok=True)
    # What a killed note and other programs leave is none.
    for folder in [path for path in one.iterdir() if path.is_dir()]:
        (folder / "lost+found").mkdir()
        (folder / ".half").write_text("2026-")
    (one / ".DS_Store").touch()
    keys = {f"user-{number}" for number in range(12)}
    assert erased_at(one, keys) == {"user-0": NOW, "user-1": NOW + _SOON, "user-2": NOW, "user-9": NOW}
    assert erased_at(tmp_path / "none", keys) == {}


@pytest.mark.parametrize("content", ["", "yesterday", "2026-11-20T09:15:00", "\0"])
def test_damaged_note_is_named(content: str, tmp_path: Path) -> None:
    note_erasure(tmp_path, _KEY, NOW)
    (note,) = tmp_path.glob("*/*")
    note.write_text(content)
    with pytest.raises(ErasureNotesError, match="is damaged") as caught:
        erased_at(tmp_path, {_KEY})
    assert str(note) in str(caught.value)
    assert erased_at(tmp_path, {"another"}) == {}


@pytest.mark.matched
def test_without_a_note_nothing_is_erased(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "erasures").write_text("a file where the folder should be")
    with pytest.raises(ErasureNotesError, match="JOBMATCH_ERASURES"):
        erase(world, "ada")
    assert world.scalar("SELECT count(*) FROM users WHERE active") == 1
    assert (world.inbox / "ada.txt").exists()
    with pytest.raises(ErasureNotesError, match="make the folder readable"):
        _find(world)
