"""The CV inbox: a folder with `USERKEY.ext` or `USERKEY/anything.ext`.

Put here how files are found and which of them are news. What is read from them belongs in `stage.py`.
"""

import functools
import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobmatch_dagster.db.profiles import NO_DOCUMENTS, HeldDocuments

INBOX_VARIABLE = "CV_INBOX"
# A file that changed less than this ago may still be being written.
STILL_AFTER_SECONDS = 2.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class InboxError(ValueError):
    """A file cannot be put into the inbox; the message says why."""


@dataclass(frozen=True)
class InboxFile:
    """A CV in the inbox, by its content."""

    user_key: str
    path: Path
    modified_at: float
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the file, control characters removed."""
        return _CONTROL.sub("", self.path.name)


def inbox_folder() -> Path | None:
    """The configured inbox, or None when there is none."""
    folder = os.environ.get(INBOX_VARIABLE)
    return Path(folder) if folder else None


def list_inbox(folder: Path, *, user_key: str | None = None) -> list[InboxFile]:
    """Files (of all users, or of one) that are no longer being written, oldest first.

    Hidden files, links and names that cannot be a partition key are left out.
    """
    still_before = time.time() - STILL_AFTER_SECONDS
    files = []
    for key, path in _walk(folder):
        if not is_user_key(key) or (user_key is not None and key != user_key):
            continue
        try:
            stat = path.stat()
            if stat.st_mtime <= still_before:
                files.append(InboxFile(key, path, stat.st_mtime, _hash(path, stat.st_size, stat.st_mtime_ns)))
        except FileNotFoundError:
            continue  # taken away between the listing and the look
    return sorted(files, key=lambda file: (file.modified_at, file.path))


def news(files: list[InboxFile], held: Mapping[str, HeldDocuments]) -> list[InboxFile]:
    """Files whose content must be taken in.

    These are contents that are not held, and a user's newest file when it was put there after the current
    CV landed (the user went back to an older CV).
    """
    newest = {file.user_key: file for file in files}
    fresh = []
    for file in files:
        known = held.get(file.user_key, NO_DOCUMENTS)
        returned = (
            file is newest[file.user_key]
            and file.sha256 != known.current_sha256
            and file.modified_at > known.current_received_at
        )
        if file.sha256 not in known.sha256s or returned:
            fresh.append(file)
    return fresh


def put_into_inbox(folder: Path, user_key: str, file: Path) -> Path:
    """Copy a CV into the inbox so that it is there whole or not at all; gives its place there.

    Raises:
        InboxError: if the key can be no user key, or there is no such file.
    """
    if not is_user_key(user_key) or user_key.startswith(".") or "/" in user_key or "\\" in user_key:
        raise InboxError(f"{user_key!r} can be no user key: no slash, control character, leading dot or `...`.")
    if not file.is_file():
        raise InboxError(f"There is no file {file}.")
    place = folder / user_key / file.name.lstrip(".")
    place.parent.mkdir(parents=True, exist_ok=True)
    hidden = place.with_name(f".{place.name}.part")
    hidden.write_bytes(file.read_bytes())
    return hidden.rename(place)


def is_user_key(key: str) -> bool:
    """Whether Dagster can take the key as a partition: not empty, no control characters, no `...`."""
    return bool(key) and "..." not in key and not _CONTROL.search(key)


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_file():
            yield Path(entry.name).stem, Path(entry.path)
        else:
            for inner in os.scandir(entry.path):
                if inner.is_file() and not inner.name.startswith(".") and not inner.is_symlink():
                    yield entry.name, Path(inner.path)


@functools.lru_cache(maxsize=100_000)
def _hash(path: Path, _size: int, _modified_ns: int) -> str:
    """SHA-256 of a file, remembered until its size or time changes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
