"""Notes of erasures outside the database: a restored backup brings users back, and these say who was erased.

A note is the file `SALT/HASH` of a folder, its content the time of the erasure. It has a salted hash of the user key
and not the key: a list of the people who asked to be forgotten would itself be personal data for ever. All notes of a
folder share a salt, so that a comparison takes one hash for each stored user, however many were erased; the notes of
several folders can be put together by copying. A note is written before anything is erased, whole or not at all, and a
second erasure of a key replaces it.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path

from jobmatch_dagster.core.profiles.user_keys import hash_user_key
from jobmatch_dagster.errors import ConfigurationError

_SALT = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{128}")


class ErasureNotesError(ConfigurationError):
    """The notes of erasures cannot be written or read."""


def note_erasure(folder: Path, user_key: str, moment: datetime) -> None:
    """Note that a user is to be erased; only the owner of the process may read it.

    Raises:
        ErasureNotesError: if the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        salts = _salts(folder)
        salt = salts[0] if salts else secrets.token_hex(16)
        path = folder / salt / hash_user_key(user_key, salt)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor, part = tempfile.mkstemp(prefix=".", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(moment.isoformat())
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).replace(path)
        for parent in (path.parent, folder):
            _sync(parent)
    except OSError as error:
        raise ErasureNotesError(
            f"The erasure cannot be noted in {folder} ({error.strerror}), so nothing is erased: a restore "
            "would bring the user back. Make the folder writable, or set JOBMATCH_ERASURES to one that is."
        ) from None


def count_erasures(folder: Path) -> int:
    """Number of notes.

    Raises:
        ErasureNotesError: if the folder cannot be read.
    """
    return sum(len(hashes) for hashes in _hashes(folder).values())


def erased_at(folder: Path, user_keys: Collection[str]) -> dict[str, datetime]:
    """Those of the keys that were erased, with the time of their last erasure. About 20 ms of one core for each key.

    Raises:
        ErasureNotesError: if a note cannot be read; it is named.
    """
    found: dict[str, datetime] = {}
    keys = sorted(user_keys)
    for salt, noted in _hashes(folder).items():
        if not noted:
            continue
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # scrypt runs without the interpreter's lock
            hashes = pool.map(partial(hash_user_key, salt=salt), keys)
            for key, hashed in zip(keys, hashes, strict=True):
                if hashed in noted:
                    moment = _read_note(folder / salt / hashed)
                    found[key] = max(moment, found.get(key, moment))
    return found


def _read_note(path: Path) -> datetime:
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ErasureNotesError(
            f"The note {path} is damaged: its content is the time of an erasure, such as 2026-11-27T15:30:00+00:00. "
            "Write a time at which the user was erased, at the latest now, into it."
        )
    return moment


def _hashes(folder: Path) -> dict[str, set[str]]:
    """Hashes of keys by salt; files of other names are none."""
    try:
        return {salt: set(_names(folder / salt, _HASH)) for salt in _salts(folder)}
    except OSError as error:
        raise ErasureNotesError(
            f"The erasures in {folder} cannot be read ({error.strerror}): make the folder readable."
        ) from None


def _salts(folder: Path) -> list[str]:
    return sorted(_names(folder, _SALT)) if folder.exists() else []


def _names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    return [path.name for path in folder.iterdir() if pattern.fullmatch(path.name)]


def _sync(folder: Path) -> None:
    """Make what is in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
