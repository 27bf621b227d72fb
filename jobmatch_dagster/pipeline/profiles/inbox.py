"""The CV inbox: a folder with `USERKEY.ext` or `USERKEY/anything.ext`, preferences and own facts for each user.

A further CV of a user is `USERKEY/LABEL/anything.ext`.

Names and contents are untrusted. Links are not followed, and only regular files are opened.
"""

import functools
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from jobmatch_dagster.core.profiles.cv_labels import DEFAULT_LABEL, MAX_CVS, is_label, require_label
from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES, MIB
from jobmatch_dagster.core.profiles.documents import CV_SUFFIXES
from jobmatch_dagster.core.profiles.user_keys import CONTROL_CHARACTERS, is_user_key, require_user_key
from jobmatch_dagster.db.profiles.documents import NO_STORED_CV, NO_STORED_FILES, StoredFiles
from jobmatch_dagster.errors import InputError

# A file that changed less than this ago may still be being written.
STILL_AFTER_SECONDS = 2.0
# What systems, browsers and editors leave in a folder, and kinds of file that hold no text.
_NO_CV = re.compile(
    r"~\$.*|.*~|#.*#|Thumbs\.db|desktop\.ini|Icon\r?"
    r"|.*\.(?:part|partial|crdownload|download|opdownload|tmp|temp|swp|swo|swx|lck|lock|bak|lnk|url|webloc|ini|db|log"
    r"|png|jpe?g|gif|bmp|webp|svg|ico|heic|tiff?|mp3|mp4|mov|avi|exe|dll|dmg|iso)",
    re.IGNORECASE | re.DOTALL,
)
PREFERENCES_FILE = "preferences.toml"
FACTS_FILE = "profile.toml"
FileKind = Literal["cv", "preferences", "facts"]
_KIND_OF_NAME: Mapping[str, FileKind] = {PREFERENCES_FILE: "preferences", FACTS_FILE: "facts"}


class InboxError(InputError):
    """A file that cannot be put into the inbox."""


@dataclass(frozen=True)
class InboxFile:
    """A file in the inbox, as it was when it was listed."""

    user_key: str
    path: Path
    size: int
    modified_ns: int
    changed_ns: int
    kind: FileKind = "cv"
    label: str = DEFAULT_LABEL

    @property
    def file_name(self) -> str:
        """Name of the file without control characters, which a terminal would obey."""
        return CONTROL_CHARACTERS.sub("", os.fsencode(self.path.name).decode("utf-8", "replace"))

    @property
    def stamp(self) -> tuple[str, int, int]:
        """What distinguishes it from other files without reading it."""
        return self.file_name, self.size, self.modified_ns

    @property
    def is_too_large(self) -> bool:
        """Whether it is larger than any CV. Then it is not read, and its stamp identifies it."""
        return self.size > MAX_BYTES

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, cached as long as the file does not change."""
        return _hash(self)

    def read(self) -> bytes | None:
        """The content; None if the file is gone or has changed since it was listed."""
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
    """Complete files, oldest first, and the numbers of files still being written and of skipped entries."""

    files: Sequence[InboxFile]
    being_written: int = 0
    skipped: int = 0


def list_inbox(folder: Path, now: datetime, *, user_key: str | None = None) -> Inbox:
    """List the files of all users, or of one, without reading them.

    Skipped are links, sockets and other special files, unreadable entries, names that cannot be a user key or the label
    of a CV, labels beyond those that a user may have, and files that are no CV by their name: pictures, and what
    systems, browsers and editors leave behind.
    A file that changed just before `now`, the time of the machine, is still being written.
    """
    looked_at = now.timestamp()
    files: list[InboxFile] = []
    being_written = skipped = 0
    for key, entry, kind, label in _entries(folder):
        if user_key is not None and key != user_key:
            continue
        try:
            state = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # deleted since the folder was listed
        except OSError:
            skipped += 1
            continue
        is_named = is_user_key(key) and is_label(label) and not _NO_CV.fullmatch(entry.name)
        if not stat.S_ISREG(state.st_mode) or not is_named:
            skipped += 1
        # A time in the future does not mean that the file is being written: the clock was set back.
        elif abs(looked_at - state.st_mtime) < STILL_AFTER_SECONDS:
            being_written += 1
        else:
            path, times = Path(entry.path), (state.st_mtime_ns, state.st_ctime_ns)
            files.append(InboxFile(key, path, state.st_size, *times, kind, label))
    files.sort(key=lambda file: (file.modified_ns, file.path))
    return Inbox(files, being_written, skipped)


def new_files(files: Sequence[InboxFile], stored: Mapping[str, StoredFiles]) -> Iterator[InboxFile]:
    """Files whose content must be processed, oldest first. Only files that may be new are read.

    A CV is new if its content is not stored, a file of preferences or own facts if it is not the one that was read
    last. The newest version of a CV is also new if it is an earlier one that was put there again: the user went back to
    it.
    """
    newest = {(file.user_key, file.label): file for file in files if file.kind == "cv"}
    for file in files:
        known = stored.get(file.user_key, NO_STORED_FILES)
        try:
            if file.kind == "preferences":
                is_new = file.sha256 != known.preferences_sha256
            elif file.kind == "facts":
                is_new = file.sha256 != known.facts_sha256
            else:
                cv = known.cvs.get(file.label, NO_STORED_CV)
                is_new = file.stamp not in cv.stamps and (
                    file.sha256 not in cv.sha256s
                    or (file is newest[file.user_key, file.label] and file.sha256 != cv.current_sha256)
                )
        except OSError:
            continue  # deleted or unreadable; a later listing may find it
        if is_new:
            yield file


def put_into_inbox(folder: Path, user_key: str, file: Path, label: str = DEFAULT_LABEL) -> Path:
    """Copy a CV, `preferences.toml` or `profile.toml` into the inbox, in one step at the end; returns its place there.

    Raises:
        UserKeyError: if the key cannot be a user key.
        CvLabelError: if the label cannot be one.
        InboxError: if there is no such file, no CV is of its kind, or it is larger than any CV.
    """
    require_user_key(user_key)
    require_label(label)
    if not file.is_file():
        raise InboxError(f"There is no file {file}.")
    if file.suffix.lower() not in CV_SUFFIXES and not file.name.endswith(tuple(_KIND_OF_NAME)):
        raise InboxError(
            f"{file} is not a kind of file that a CV comes in: give PDF, DOCX, HTML, text, Markdown or JSON Resume "
            f"({', '.join(sorted(CV_SUFFIXES))}), or a {PREFERENCES_FILE} or {FACTS_FILE}."
        )
    if file.stat().st_size > MAX_BYTES:
        raise InboxError(f"{file} is larger than {MAX_BYTES // MIB} MiB: no CV is.")
    if label != DEFAULT_LABEL and file.name.endswith(tuple(_KIND_OF_NAME)):
        raise InboxError(f"{file.name} is about the person, whatever the CV: leave out the label.")
    place = folder_of_cv(folder, user_key, label) / file.name.lstrip(".")
    if label != DEFAULT_LABEL and not place.parent.is_dir():
        others = [entry.name for entry in _visible(str(folder / user_key)) if entry.is_dir(follow_symlinks=False)]
        if len(_labels(others)) >= MAX_CVS - 1:
            raise InboxError(f"A user has at most {MAX_CVS} CVs: remove one with `jobmatch cv remove`.")
    place.parent.mkdir(parents=True, exist_ok=True)
    hidden = place.with_name(f".{place.name}.part")
    hidden.write_bytes(file.read_bytes())
    return hidden.rename(place)


def folder_of_cv(folder: Path, user_key: str, label: str) -> Path:
    """Where the files of a user's CV are."""
    return folder / user_key / label if label != DEFAULT_LABEL else folder / user_key


def key_of_name(name: str) -> tuple[str, FileKind]:
    """User key of `USERKEY.ext`, `USERKEY.preferences.toml` or `USERKEY.profile.toml`, and which of them it is."""
    for ending, kind in _KIND_OF_NAME.items():
        if name.endswith(f".{ending}"):
            return name.removesuffix(f".{ending}"), kind
    return Path(name).stem, "cv"


def _entries(folder: Path) -> Iterator[tuple[str, os.DirEntry[str], FileKind, str]]:
    """(user key, entry, kind of file, label of the CV)."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if not entry.is_dir(follow_symlinks=False):
            key, kind = key_of_name(entry.name)
            yield key, entry, kind, DEFAULT_LABEL
            continue
        inside = _visible(entry.path)
        known = {DEFAULT_LABEL, *_labels(inner.name for inner in inside if inner.is_dir(follow_symlinks=False))}
        for inner in inside:
            if not inner.is_dir(follow_symlinks=False):
                yield entry.name, inner, _KIND_OF_NAME.get(inner.name, "cv"), DEFAULT_LABEL
                continue
            for of_cv in _visible(inner.path):
                if not of_cv.is_dir(follow_symlinks=False) and of_cv.name not in _KIND_OF_NAME:
                    yield entry.name, of_cv, "cv", inner.name if inner.name in known else ""


def _labels(names: Iterable[str]) -> list[str]:
    """Names of folders that are CVs beside the default one: labels, as many as a user may have."""
    return sorted(name for name in names if is_label(name) and name != DEFAULT_LABEL)[: MAX_CVS - 1]


def _visible(folder: str) -> list[os.DirEntry[str]]:
    """Entries of a folder that are not hidden; none if it is deleted or unreadable."""
    try:
        return [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError:
        return []


@functools.lru_cache(maxsize=100_000)
def _hash(file: InboxFile) -> str:
    if file.is_too_large:
        return hashlib.sha256(repr(file.stamp).encode()).hexdigest()
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
