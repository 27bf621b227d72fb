"""The CV inbox: a folder with `USERKEY.ext` or `USERKEY/anything.ext`, and a side file of preferences for each user.

Put here how files are found and which of them are news. What is read from them belongs in `stage.py`. Names and
contents are untrusted: links are not followed, and nothing but regular files is opened.
"""

import functools
import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES
from jobmatch_dagster.db.profiles.profiles import NOTHING_HELD, Held
from jobmatch_dagster.errors import InputError

INBOX_VARIABLE = "CV_INBOX"
# A file that changed less than this ago may still be being written.
STILL_AFTER_SECONDS = 2.0
PREFERENCES_FILE = "preferences.toml"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class InboxError(InputError):
    """A key can be no user's, or a file cannot be put into the inbox; the message says why."""


@dataclass(frozen=True)
class InboxFile:
    """A file in the inbox, as it was when it was looked at."""

    user_key: str
    path: Path
    size: int
    modified_ns: int
    changed_ns: int
    is_preferences: bool = False

    @property
    def file_name(self) -> str:
        """Name of the file without characters that a terminal would obey."""
        return _CONTROL.sub("", os.fsencode(self.path.name).decode("utf-8", "replace"))

    @property
    def stamp(self) -> tuple[str, int, int]:
        """What tells it from other files without reading it."""
        return self.file_name, self.size, self.modified_ns

    @property
    def is_too_large(self) -> bool:
        """Whether it is larger than any CV: it is not read, and known by its stamp alone."""
        return self.size > MAX_BYTES

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, remembered as long as the file stays as it is."""
        return _hash(self)

    def read(self) -> bytes | None:
        """The content; None when the file is gone or no longer as it was looked at."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as stream:
            before = os.fstat(descriptor)
            content = stream.read(MAX_BYTES + 1) if stat.S_ISREG(before.st_mode) else b""
            after = os.fstat(descriptor)
        seen = {(state.st_size, state.st_mtime_ns) for state in (before, after)}
        return content if seen == {(self.size, self.modified_ns)} else None


@dataclass(frozen=True)
class Inbox:
    """Files that are no longer being written, oldest first, and how many entries were passed over."""

    files: Sequence[InboxFile]
    being_written: int = 0
    passed_over: int = 0


def inbox_folder() -> Path | None:
    """The configured inbox, or None when there is none."""
    folder = os.environ.get(INBOX_VARIABLE)
    return Path(folder) if folder else None


def list_inbox(folder: Path, *, user_key: str | None = None) -> Inbox:
    """Look at the files of all users, or of one; nothing is read.

    Passed over are links, sockets and the like, what may not be looked at, and names that can be no user key.
    """
    now = time.time()
    files: list[InboxFile] = []
    being_written = passed_over = 0
    for key, entry, is_preferences in _walk(folder):
        if user_key is not None and key != user_key:
            continue
        try:
            state = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # taken away between the listing and the look
        except OSError:
            passed_over += 1
            continue
        if not stat.S_ISREG(state.st_mode) or not is_user_key(key):
            passed_over += 1
        # A time ahead of the clock is no sign of writing: the clock was set back.
        elif abs(now - state.st_mtime) < STILL_AFTER_SECONDS:
            being_written += 1
        else:
            path, times = Path(entry.path), (state.st_mtime_ns, state.st_ctime_ns)
            files.append(InboxFile(key, path, state.st_size, *times, is_preferences))
    files.sort(key=lambda file: (file.modified_ns, file.path))
    return Inbox(files, being_written, passed_over)


def news(files: Sequence[InboxFile], held: Mapping[str, Held]) -> Iterator[InboxFile]:
    """Files whose content must be taken in, oldest first; only what may be news is read.

    News are contents that are not held; a user's newest CV when it was put there again after another CV (the user went
    back to an older one); and a side file of preferences other than the one that was last looked at.
    """
    newest = {file.user_key: file for file in files if not file.is_preferences}
    for file in files:
        known = held.get(file.user_key, NOTHING_HELD)
        try:
            if file.is_preferences:
                is_news = file.sha256 != known.preferences_sha256
            else:
                is_news = file.stamp not in known.stamps and (
                    file.sha256 not in known.sha256s
                    or (file is newest[file.user_key] and file.sha256 != known.current_sha256)
                )
        except OSError:
            continue  # gone, or closed to us: the next look may find it
        if is_news:
            yield file


def put_into_inbox(folder: Path, user_key: str, file: Path) -> Path:
    """Copy a CV or a `preferences.toml` into the inbox so that it is there whole or not at all; gives its place there.

    Raises:
        InboxError: if the key can be no user key, or there is no such file.
    """
    require_user_key(user_key)
    if not file.is_file():
        raise InboxError(f"There is no file {file}.")
    if file.stat().st_size > MAX_BYTES:
        raise InboxError(f"{file} is larger than {MAX_BYTES // 2**20} MiB: no CV is.")
    place = folder / user_key / file.name.lstrip(".")
    place.parent.mkdir(parents=True, exist_ok=True)
    hidden = place.with_name(f".{place.name}.part")
    hidden.write_bytes(file.read_bytes())
    return hidden.rename(place)


def is_user_key(key: str) -> bool:
    """Whether the key can be a partition and a folder: one line of text without slash, leading dot or `...`."""
    return (
        bool(key)
        and len(key) <= 200
        and not key.startswith(".")
        and not any(mark in key for mark in ("...", "/", "\\"))
        and not _CONTROL.search(key)
        and key.isprintable()
    )


def require_user_key(key: str) -> None:
    """Refuse what would lead out of a user's place in the inbox.

    Raises:
        InboxError: if the key can be no user key.
    """
    if not is_user_key(key):
        raise InboxError(
            f"{key!r} can be no user key: it is one line of text, not empty, without slash, control character, leading "
            "dot or `...`."
        )


def read_regular(path: Path) -> bytes | None:
    """The content of a regular file; None for a link, a pipe, a device, and what is gone or closed to us."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def delete_files_of(folder: Path, user_key: str) -> int:
    """Delete everything that lies in the inbox under a user's key, links themselves; gives how many files it was.

    Only what the inbox lists is deleted, so no key leads out of it.

    Raises:
        InboxError: if the key can be no user key.
    """
    require_user_key(user_key)
    files = files_of(folder, user_key)
    for file in files:
        file.unlink(missing_ok=True)
    for entry in list(os.scandir(folder)) if folder.is_dir() else ():
        if entry.name == user_key and entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
    return len(files)


def files_of(folder: Path, user_key: str) -> list[Path]:
    """Everything that lies in the inbox under a user's key, hidden and half-written files too."""
    found = []
    for entry in os.scandir(folder) if folder.is_dir() else ():
        name = entry.name.removeprefix(".").removesuffix(".part")
        if entry.is_dir(follow_symlinks=False) and entry.name == user_key:
            found += [path for path in sorted(Path(entry.path).rglob("*")) if not path.is_dir() or path.is_symlink()]
        elif not entry.is_dir(follow_symlinks=False) and _key_of(name)[0] == user_key:
            found.append(Path(entry.path))
    return found


def _walk(folder: Path) -> Iterator[tuple[str, os.DirEntry[str], bool]]:
    """(user key, entry, whether it is a side file of preferences)."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if not entry.is_dir(follow_symlinks=False):
            key, is_preferences = _key_of(entry.name)
            yield key, entry, is_preferences
            continue
        try:
            inner_entries = list(os.scandir(entry.path))
        except OSError:
            continue  # taken away, or closed to us
        for inner in inner_entries:
            if not inner.name.startswith(".") and not inner.is_dir(follow_symlinks=False):
                yield entry.name, inner, inner.name == PREFERENCES_FILE


def _key_of(name: str) -> tuple[str, bool]:
    """User key of `USERKEY.ext` and `USERKEY.preferences.toml`, and whether it is the latter."""
    is_preferences = name.endswith(f".{PREFERENCES_FILE}")
    return (name.removesuffix(f".{PREFERENCES_FILE}") if is_preferences else Path(name).stem), is_preferences


@functools.lru_cache(maxsize=100_000)
def _hash(file: InboxFile) -> str:
    if file.is_too_large:
        return hashlib.sha256(repr(file.stamp).encode()).hexdigest()
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
