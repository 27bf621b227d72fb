"""Everything in the inbox that belongs to one user, for export and erasure: hidden and half-written files too."""

import os
import shutil
import stat
from pathlib import Path

from jobmatch_dagster.core.profiles.user_keys import is_user_key, require_user_key
from jobmatch_dagster.pipeline.profiles.inbox import key_of_name


def keys_with_files(folder: Path) -> set[str]:
    """The user keys under which a folder has something."""
    entries = os.scandir(folder) if folder.is_dir() else ()
    keys = {
        entry.name
        if entry.is_dir(follow_symlinks=False)
        else key_of_name(entry.name.removeprefix(".").removesuffix(".part"))[0]
        for entry in entries
    }
    return set(filter(is_user_key, keys))


def files_of_user(folder: Path, user_key: str) -> list[Path]:
    """All files under a user's key; links are listed and not followed."""
    found = []
    for entry in os.scandir(folder) if folder.is_dir() else ():
        name = entry.name.removeprefix(".").removesuffix(".part")
        if entry.is_dir(follow_symlinks=False) and entry.name == user_key:
            found += [path for path in sorted(Path(entry.path).rglob("*")) if not path.is_dir() or path.is_symlink()]
        elif not entry.is_dir(follow_symlinks=False) and key_of_name(name)[0] == user_key:
            found.append(Path(entry.path))
    return found


def delete_files_of_user(folder: Path, user_key: str) -> int:
    """Delete all files under a user's key, links themselves; returns their number.

    Only listed files are deleted, so that no key leads out of the inbox.

    Raises:
        UserKeyError: if the key cannot be a user key.
    """
    require_user_key(user_key)
    files = files_of_user(folder, user_key)
    for file in files:
        file.unlink(missing_ok=True)
    for entry in list(os.scandir(folder)) if folder.is_dir() else ():
        if entry.name == user_key and entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
    return len(files)


def delete_folder(folder: Path) -> None:
    """Delete a folder of the inbox with its files; a link in its place is left alone."""
    if folder.is_dir() and not folder.is_symlink() and not folder.parent.is_symlink():
        shutil.rmtree(folder)


def read_regular_file(path: Path) -> bytes | None:
    """The content of a regular file; None for a link, a pipe, a device, or a file that is gone or unreadable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
